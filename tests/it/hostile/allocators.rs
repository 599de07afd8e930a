//! `cabi_realloc` and `cabi_post` that lie, trap, or do more than they should.

use super::{
    guest::{Guest, fails, harmless},
    stage::act,
};

/// Returns this pointer for the six bytes of `attack`.
fn gives(guest: Guest, pointer: i64) -> Guest {
    guest.realloc(&format!("(return (i32.const {pointer}))"))
}

#[test]
fn allocators_that_give_what_is_not_theirs_are_refused() {
    let grown = "(drop (memory.grow (i32.const 3)))";
    act(&[
        gives(
            fails(
                "gives-what-is-beyond",
                &["cabi_realloc returned 0x10000 for the 6 bytes of \
            text, which is beyond the memory's 65536 bytes"],
            ),
            65536,
        ),
        gives(fails("gives-the-last-byte", &["cabi_realloc returned 0xffff for the 6"]), 65535),
        gives(fails("gives-one-byte-too-few", &["cabi_realloc returned 0xfffb"]), 65531),
        gives(fails("gives-what-wraps", &["cabi_realloc returned 0xffffffff"]), -1),
        gives(fails("gives-the-signs-edge", &["cabi_realloc returned 0x80000000"]), 1 << 31),
        fails("grows-and-gives-what-is-beyond", &["cabi_realloc returned 0x40000"])
            .realloc(&format!("{grown} (return (i32.const 0x40000))")),
        fails("realloc-traps", &["it trapped in cabi_realloc", "unreachable"])
            .realloc("(unreachable)"),
        fails("realloc-divides-by-zero", &["it trapped in cabi_realloc", "divide by zero"])
            .realloc("(return (i32.div_u (local.get $size) (i32.const 0)))"),
    ]);
}

#[test]
fn allocators_that_give_what_is_theirs_are_believed() {
    act(&[
        // An address like any other: only the guest's own convention makes it a failure.
        gives(harmless("gives-null"), 0),
        gives(harmless("gives-the-very-end"), 65530),
        gives(harmless("gives-an-odd-address"), 5001),
        // The place of the result: the guest only overwrites its own data.
        gives(harmless("gives-what-is-in-use"), 48),
        harmless("grows-and-gives-new-memory")
            .realloc("(return (i32.shl (memory.grow (i32.const 3)) (i32.const 16)))"),
        harmless("grows-to-the-limit")
            .realloc("(loop $g (br_if $g (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0))))"),
    ]);
}

#[test]
fn a_fault_in_post_undoes_the_whole_event() {
    act(&[
        fails("post-traps", &["it trapped in cabi_post_ntwk", "unreachable"]).post("(unreachable)"),
        fails("post-runs-over", &["it trapped in cabi_post_ntwk", "out of bounds"])
            .post("(i32.store (i32.const -4) (i32.const 0))"),
        // The host already has its copy.
        harmless("post-overwrites-the-answer").post(
            "(memory.fill (i32.const 28) (i32.const 255) (i32.const 8))
                (memory.fill (i32.const 39) (i32.const 255) (i32.const 57))",
        ),
        harmless("post-grows").post("(drop (memory.grow (i32.const 10)))"),
    ]);
}
