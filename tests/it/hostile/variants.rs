//! Answers that are invalid values, in the shapes that have variants and a `result`.

use super::{
    guest::{Guest, fails},
    stage::act,
};

/// Returns the usual answer, with this byte of the result changed.
fn result(name: &'static str, at: u32, value: u8, says: &'static [&'static str]) -> Guest {
    fails(name, says).variant().attack(format!(
        "(drop (call $answer (i32.const 33)))
         (i32.store8 (i32.const {}) (i32.const {value})) (i32.const 40)",
        40 + at
    ))
}

/// The same for this word of the only message.
fn message(name: &'static str, at: u32, value: i64, says: &'static [&'static str]) -> Guest {
    fails(name, says).variant().attack(format!(
        "(drop (call $answer (i32.const 33)))
         (i32.store (i32.const {}) (i32.const {value})) (i32.const 40)",
        64 + at
    ))
}

/// Returns an error with this text.
fn error(name: &'static str, ptr: i64, len: i64, says: &'static [&'static str]) -> Guest {
    fails(name, says).variant().attack(format!(
        "(i32.store (i32.const 40) (i32.const 1))
         (i32.store (i32.const 44) (i32.const {ptr}))
         (i32.store (i32.const 48) (i32.const {len})) (i32.const 40)"
    ))
}

#[test]
fn cases_that_no_variant_has_are_refused() {
    act(&[
        result("result-of-no-case", 0, 2, &["result at offset 0x28 has discriminant 2"]),
        result("result-of-case-255", 0, 255, &["result at offset 0x28 has discriminant 255"]),
        result("state-of-no-case", 4, 2, &["state at offset 0x2c has discriminant 2"]),
        message("type-of-no-case", 0, 7, &["messages[0].ty at offset 0x40 has discriminant 7"]),
        message("type-of-case-255", 0, 255, &["messages[0].ty", "discriminant 255"]),
        message("data-of-no-case-2", 12, 2, &["messages[0].data", "has discriminant 2"]),
        message("text-of-no-case-2", 24, 3, &["messages[0].text", "has discriminant 3"]),
    ]);
}

#[test]
fn errors_that_are_not_where_the_guest_says_or_too_long_are_refused() {
    act(&[
        error("error-beyond", 65536, 1, &["error at offset 0x10000 is 1 bytes long"]),
        error("error-wraps", -1, 2, &["error at offset 0xffffffff is 2 bytes long"]),
        error("error-of-4-gib", 0, -1, &["error at offset 0x0 is 4294967295 bytes long"]),
        error("error-past-the-limit", 4096, 1001, &["error", "past the limit of 1000"])
            .limit("answer", 1000),
        error("error-not-utf-8", 2048, 1, &["error at offset 0x800 is not UTF-8"])
            .with(r#"(data (i32.const 2048) "\ff")"#),
    ]);
}

#[test]
fn a_type_with_a_name_that_is_not_there_is_refused() {
    let other = |name, ptr: i64, len: i64, says| {
        fails(name, says).variant().attack(format!(
            "(drop (call $answer (i32.const 33)))
             (i32.store (i32.const 64) (i32.const 6))
             (i32.store (i32.const 68) (i32.const {ptr}))
             (i32.store (i32.const 72) (i32.const {len})) (i32.const 40)"
        ))
    };
    act(&[
        other("name-beyond", 65536, 1, &["messages[0].ty at offset 0x10000 is 1 bytes long"]),
        other("name-wraps", -1, 2, &["messages[0].ty at offset 0xffffffff is 2 bytes long"]),
        other("name-of-4-gib", 0, -1, &["messages[0].ty at offset 0x0 is 4294967295 bytes"]),
    ]);
}
