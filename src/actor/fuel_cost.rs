//! What all imports cost in fuel: about what they cost the host in time. Arithmetic takes up to a
//! nanosecond for a unit; no import is to take more than three times that. What an import costs
//! beyond this stands beside its function, in `imports`. `cargo bench --bench prices` measures it.

use wit_core::host::Lifted;

use crate::convert::to_u64;

/// What any call costs: the guest is suspended for it and goes on.
const CALL: u64 = 1000;
/// What it costs to place one block of a result, beside what the guest's allocator spends.
pub const BLOCK: u64 = 300;
/// The bytes that are copied for a unit.
const COPIED: u64 = 16;
/// The bytes of text that are looked through for a unit, whether they are UTF-8.
const READ: u64 = 1;

/// What a call with such parameters costs.
pub fn of_call(lifted: Lifted) -> u64 {
    CALL.saturating_add(of_copy(lifted.bytes)).saturating_add(of_text(to_u64(lifted.text)))
}

/// What it costs to copy so many bytes.
pub fn of_copy(bytes: usize) -> u64 {
    to_u64(bytes) / COPIED
}

/// What it costs to look through so many bytes of text.
pub fn of_text(bytes: u64) -> u64 {
    bytes / READ
}
