//! Answers that are invalid values or exceed a limit.

use super::{
    guest::{Guest, fails, harmless},
    stage::act,
};

/// A state that is fine.
const STATE: &str = "(i32.const 32) (i32.const 1)";

/// Returns this pointer.
fn result(name: &'static str, pointer: i64, says: &'static [&'static str]) -> Guest {
    fails(name, says).attack(format!("(call $answer (i32.const 33)) (drop) (i32.const {pointer})"))
}

/// Returns this state.
fn state(name: &'static str, ptr: i64, len: i64, says: &'static [&'static str]) -> Guest {
    fails(name, says).attack(format!(
        "(call $reply (i32.const {ptr}) (i32.const {len}) (i32.const 64) (i32.const 0))"
    ))
}

/// Returns this list of messages.
fn messages(name: &'static str, ptr: i64, len: i64, says: &'static [&'static str]) -> Guest {
    fails(name, says).attack(format!("(call $reply {STATE} (i32.const {ptr}) (i32.const {len}))"))
}

/// Returns a good message, and one with this change.
fn message(name: &'static str, change: &str, says: &'static [&'static str]) -> Guest {
    fails(name, says).attack(format!(
        "(call $text (i32.const 64) (i32.const 36) (i32.const 4))
         (call $text (i32.const 96) (i32.const 36) (i32.const 4))
         {change}
         (call $reply {STATE} (i32.const 64) (i32.const 2))"
    ))
}

/// Changes a word of the second message.
fn word(offset: u32, value: i64) -> String {
    format!("(i32.store (i32.const {}) (i32.const {value}))", 96 + offset)
}

/// Gives the second message a text of these bytes.
fn bytes(name: &'static str, bytes: &str, says: &'static [&'static str]) -> Guest {
    let len = bytes.len() / 3;
    message(name, &format!("(call $text (i32.const 96) (i32.const 2048) (i32.const {len}))"), says)
        .with(format!(r#"(data (i32.const 2048) "{bytes}")"#))
}

#[test]
fn results_that_are_not_where_the_guest_says_are_refused() {
    act(&[
        result(
            "result-beyond",
            65536,
            &["result at offset 0x10000 is 16 bytes long, which is \
            beyond the memory's 65536 bytes"],
        ),
        result("result-at-the-last-word", 65532, &["result at offset 0xfffc is 16 bytes long"]),
        result("result-at-the-last-byte", 65535, &["result at offset 0xffff is not aligned"]),
        result("result-wraps", -4, &["result at offset 0xfffffffc is 16 bytes long"]),
        result("result-misaligned", 50, &["result at offset 0x32 is not aligned to 4 bytes"]),
        result("result-at-the-signs-edge", 0x8000_0000, &["offset 0x80000000 is 16 bytes long"]),
    ]);
}

#[test]
fn states_that_are_not_there_or_too_large_are_refused_and_the_last_good_one_stands() {
    act(&[
        state("state-beyond", 65536, 1, &["state at offset 0x10000 is 1 bytes long"]),
        state("state-past-the-last-byte", 65535, 2, &["state at offset 0xffff is 2 bytes long"]),
        state("state-wraps", -1, 2, &["state at offset 0xffffffff is 2 bytes long"]),
        state("state-wraps-to-its-start", 16, -8, &["is 4294967288 bytes long, which is beyond"]),
        state("state-of-4-gib", 0, -1, &["state at offset 0x0 is 4294967295 bytes long"]),
        state("state-past-the-limit", 0, 1001, &["comes to 1001, past the limit of 1000"])
            .limit("state", 1000),
    ]);
}

#[test]
fn lists_of_messages_that_are_not_there_or_too_long_are_refused() {
    act(&[
        messages("messages-beyond", 65536, 1, &["messages at offset 0x10000 is 32 bytes long"]),
        messages("messages-past-the-end", 65500, 2, &["messages at offset 0xffdc is 64 bytes"]),
        messages("messages-misaligned", 66, 1, &["messages at offset 0x42 is not aligned"]),
        messages("messages-nowhere-misaligned", 1, 0, &["messages at offset 0x1 is not aligned"]),
        messages("messages-wrap", -32, 1, &["messages at offset 0xffffffe0 is 32 bytes long"]),
        messages("four-billion-messages", 64, -1, &["is 137438953440 bytes long"]),
        // In 32 bits, 32 times these numbers is 0 and 32.
        messages("messages-overflow-to-0", 64, 0x800_0000, &["is 4294967296 bytes long"]),
        messages("messages-overflow-to-1", 64, 0x800_0001, &["is 4294967328 bytes long"]),
        messages("too-many-messages", 64, 65, &["comes to 65, past the limit of 64"]),
    ]);
}

#[test]
fn messages_whose_parts_are_not_there_or_of_no_known_kind_are_refused() {
    act(&[
        message("type-beyond", &word(0, 65533), &["messages[1].message-type at offset 0xfffd"]),
        message("type-wraps", &word(0, -2), &["messages[1].message-type at offset 0xfffffffe"]),
        message("type-of-4-gib", &word(4, -1), &["messages[1].message-type", "4294967295 bytes"]),
        message("data-of-no-case", &word(8, 2), &["messages[1].data", "has discriminant 2"]),
        message(
            "data-beyond",
            &(word(8, 1) + &word(12, 65536) + &word(16, 1)),
            &["messages[1].data at offset 0x10000 is 1 bytes long"],
        ),
        message(
            "data-of-4-gib",
            &(word(8, 1) + &word(12, 8) + &word(16, -1)),
            &["messages[1].data at offset 0x8 is 4294967295 bytes long"],
        ),
        message("text-of-no-case", &word(20, 255), &["messages[1].text", "discriminant 255"]),
        message("text-wraps", &word(24, -4), &["messages[1].text at offset 0xfffffffc"]),
        message("text-of-2-gib", &word(28, 1 << 31), &["messages[1].text", "2147483648 bytes"]),
    ]);
}

#[test]
fn texts_that_are_not_utf_8_are_refused() {
    const SAYS: &[&str] = &["messages[1].text at offset 0x800 is not UTF-8 from its byte 0 on"];
    act(&[
        bytes("utf-8-impossible", r"\ff", SAYS),
        bytes("utf-8-overlong", r"\c0\80", SAYS),
        bytes("utf-8-surrogate", r"\ed\a0\80", SAYS),
        bytes("utf-8-past-unicode", r"\f4\90\80\80", SAYS),
        bytes("utf-8-cut-short", r"\e2\82", SAYS),
        bytes("utf-8-bad-in-the-end", r"\61\62\80", &["not UTF-8 from its byte 2 on"]),
        message("utf-8-in-a-type", &word(0, 2048), &["messages[1].message-type", "not UTF-8"])
            .with(r#"(data (i32.const 2048) "\ff\ff\ff\ff")"#),
    ]);
}

#[test]
fn answers_that_overlap_count_as_often_as_they_are_sent() {
    // 64 messages that share one text of 60,000 bytes, so 60 KB would become 3.8 MB.
    let overlap = "(local $n i32) (loop $l
        (call $text (i32.add (i32.const 64) (i32.shl (local.get $n) (i32.const 5)))
            (i32.const 4096) (i32.const 60000))
        (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1)))
            (i32.const 64))))
        (call $reply (i32.const 32) (i32.const 1) (i32.const 64) (i32.const 64))";
    // The state is the whole memory. The only message is in the state, and so is the result.
    let all = "(call $text (i32.const 64) (i32.const 0) (i32.const 65536))
        (call $reply (i32.const 0) (i32.const 65536) (i32.const 64) (i32.const 1))";
    act(&[
        fails("messages-share-a-text", &["messages[4].text", "past the limit of 262144"])
            .attack(overlap),
        fails("answer-is-all-of-memory", &["messages[0].text", "is not UTF-8"])
            .with(r#"(data (i32.const 65535) "\ff")"#)
            .attack(all),
        fails("answer-past-the-limit", &["messages[0].text", "comes to 300004"])
            .memory("8")
            .attack(
                "(call $text (i32.const 64) (i32.const 65536) (i32.const 300000))
                (call $reply (i32.const 32) (i32.const 1) (i32.const 64) (i32.const 1))",
            ),
        // State, text and result share the same bytes, and all are valid.
        harmless("answer-overlaps-itself").first(""),
    ]);
}
