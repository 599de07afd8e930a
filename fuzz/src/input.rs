//! Makes values from the fuzzer's bytes. They are only read from the front, so that a change in an
//! input does not affect anything before it. After the end there are zeroes.

use std::time::Duration;

use arbitrary::Unstructured;
use footlight::limits::Limits;
use wit_core::Shape;

/// A number below 256.
pub fn byte(u: &mut Unstructured<'_>) -> u8 {
    u.arbitrary().unwrap_or_default()
}

/// One of these choices.
pub fn pick<T: Copy>(u: &mut Unstructured<'_>, choices: &[T]) -> T {
    choices[usize::from(byte(u)) % choices.len()]
}

/// At most 255 bytes. Their number comes first.
pub fn bytes(u: &mut Unstructured<'_>) -> Vec<u8> {
    let len = usize::from(byte(u)).min(u.len());
    u.bytes(len).unwrap_or_default().to_vec()
}

/// Text of at most 255 bytes.
pub fn text(u: &mut Unstructured<'_>) -> String {
    String::from_utf8_lossy(&bytes(u)).into_owned()
}

/// One of the four shapes.
pub fn shape(u: &mut Unstructured<'_>) -> Shape {
    pick(u, &Shape::ALL)
}

/// Limits that the usual actions of the test guests do not reach.
pub fn roomy_limits(u: &mut Unstructured<'_>) -> Limits {
    Limits {
        fuel: Some(600_000),
        slice: pick(u, &[1_000, 20_000, 40_000]),
        watermark: pick(u, &[64 << 10, 4 << 20]),
        hibernate_after: pick(u, &[Duration::ZERO, Duration::MAX]),
        ..Limits::default()
    }
}

/// Limits that may each be too small for anything to succeed.
pub fn tight_limits(u: &mut Unstructured<'_>) -> Limits {
    let fuel = pick(u, &[300_000, 30_000, 3_000, 100, 1]);
    Limits {
        fuel: Some(fuel),
        slice: pick(u, &[20_000, 1_000, 100, 1]).max(fuel / 1_000),
        state: pick(u, &[1 << 20, 4_096, 16, 1]),
        answer: pick(u, &[256 << 10, 4_096, 64, 5, 1]),
        answers: pick(u, &[64, 2, 1]),
        memory: pick(u, &[16 << 20, 1 << 20, 3 << 16, 2 << 16, 1 << 16]),
        watermark: pick(u, &[4 << 20, 1 << 16, 1]),
        table: pick(u, &[16_384, 100, 1]),
        tables: pick(u, &[4, 1]),
        mailbox: pick(u, &[1 << 20, 300, 1]),
        outbox: pick(u, &[64 << 10, 100, 5, 1]),
        connections: pick(u, &[4, 2, 1]),
        log_line: pick(u, &[1_024, 5, 1]),
        log_rate: pick(u, &[20, 1]),
        // Zero or the maximum, so that no clock is needed.
        hibernate_after: pick(u, &[Duration::ZERO, Duration::MAX]),
        ..Limits::default()
    }
}
