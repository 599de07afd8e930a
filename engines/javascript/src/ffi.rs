//! What can't be done without `unsafe`: the engine's clock, its limit of the stack, and bytes that it owns.

#![allow(unsafe_code)]

use std::ptr;

use rquickjs::{Ctx, TypedArray, qjs};

use crate::event;

/// The engine's only import of its own: the time in microseconds since 1970.
#[unsafe(no_mangle)]
extern "C" fn __rquickjs_host_now_us() -> f64 {
    event::now_ms() * 1000.0
}

/// Sets how many bytes of the stack the engine may use, from where it was made.
pub fn set_stack_limit(ctx: &Ctx<'_>, bytes: usize) {
    // SAFETY: the context is alive, so its runtime is. The engine is not in the middle of anything that
    // uses the limit: it reads it at each call.
    unsafe { qjs::JS_SetMaxStackSize(qjs::JS_GetRuntime(ctx.as_raw().as_ptr()), bytes as _) }
}

/// A copy of an array's bytes; `None` if its buffer is gone.
pub fn bytes(array: &TypedArray<'_, u8>) -> Option<Vec<u8>> {
    // SAFETY: no script runs before the bytes are copied.
    unsafe { array.as_bytes() }.map(<[u8]>::to_vec)
}

/// Writes bytes to the beginning of an array. Returns how many there was room for.
pub fn write(array: &TypedArray<'_, u8>, bytes: &[u8]) -> usize {
    let Some(room) = array.as_raw() else { return 0 };
    let count = room.len().min(bytes.len());
    // SAFETY: the engine owns `room`, which has at least `count` bytes and no reference to it, and `bytes`
    // is Rust's own memory.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), room.as_ptr().cast::<u8>(), count) };
    count
}
