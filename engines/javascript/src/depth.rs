//! How deep calls may go. The interpreter below, wasmi, ends a call that is 1,000 functions deep with a trap,
//! and QuickJS counts bytes of the stack. A call of a script needs about 160 bytes for one function, and its
//! parsers of sources and of JSON 9 to 16. So there is a limit for everything and a smaller one for parsers.

use std::cell::Cell;

use rquickjs::Ctx;

use crate::ffi;

/// The bytes of the stack for everything: about 200 calls of a script in each other.
const ALL: usize = 32 * 1024;
/// The bytes of the stack for a parser, beside what is in use: JSON that is nested 380 deep, or
/// expressions in 35 parentheses.
const PARSER: usize = 6 * 1024;

thread_local! {
    /// Where the stack was when the engine was made.
    static TOP: Cell<usize> = const { Cell::new(0) };
    /// What QuickJS has been told.
    static LIMIT: Cell<usize> = const { Cell::new(ALL) };
}

/// Begins to count here. The stack grows downwards.
pub fn begin(ctx: &Ctx<'_>) {
    TOP.set(here());
    ffi::set_stack_limit(ctx, ALL);
}

/// Runs a parser, or what else needs little of the stack for each of its functions.
pub fn shallow<T>(ctx: &Ctx<'_>, work: impl FnOnce() -> T) -> T {
    let before = LIMIT.get();
    let used = TOP.get().saturating_sub(here());
    set(ctx, before.min(used + PARSER));
    let result = work();
    set(ctx, before);
    result
}

fn set(ctx: &Ctx<'_>, limit: usize) {
    LIMIT.set(limit);
    ffi::set_stack_limit(ctx, limit);
}

#[inline(never)]
fn here() -> usize {
    let local = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&local)).addr()
}
