//! What can't be done without `unsafe`: the engine's clock, what the build calls, and bytes that the engine
//! owns.

#![allow(unsafe_code)]

use std::{ffi::CStr, ptr};

use rquickjs::{Ctx, Error, Result, TypedArray, Value, qjs};

use crate::event;

/// The engine's only import of its own: the time in microseconds since 1970.
#[unsafe(no_mangle)]
extern "C" fn __rquickjs_host_now_us() -> f64 {
    event::now_ms() * 1000.0
}

/// Evaluates a source that ends with a NUL, and keeps no copy of it. So `toString()` of its functions has no code.
///
/// # Errors
/// It throws. Or there is too little memory.
pub fn eval_without_source<'js>(ctx: &Ctx<'js>, source: &[u8]) -> Result<Value<'js>> {
    let source = CStr::from_bytes_with_nul(source).map_err(|_| Error::Unknown)?;
    let raw = ctx.as_raw().as_ptr();
    let eval = (qjs::JS_EVAL_TYPE_GLOBAL | qjs::JS_EVAL_FLAG_COMPILE_ONLY) as i32;
    let write = (qjs::JS_WRITE_OBJ_BYTECODE | qjs::JS_WRITE_OBJ_STRIP_SOURCE) as i32;
    let mut len = 0;
    // SAFETY: the context is alive. The text ends with a NUL, which `len` doesn't count. QuickJS makes each value
    // for this function, which gives each back once: the compiled one and the bytes here, the one that was read
    // to JS_EvalFunction, and the result to `Value`.
    unsafe {
        let name = c"footlight:glue".as_ptr();
        let compiled = qjs::JS_Eval(raw, source.as_ptr(), source.count_bytes() as _, name, eval);
        if qjs::JS_IsException(compiled) {
            return Err(Error::Exception);
        }
        let bytes = qjs::JS_WriteObject(raw, &mut len, compiled, write);
        qjs::JS_FreeValue(raw, compiled);
        if bytes.is_null() {
            return Err(Error::Exception);
        }
        let read = qjs::JS_ReadObject(raw, bytes, len, qjs::JS_READ_OBJ_BYTECODE as i32);
        qjs::js_free(raw, bytes.cast());
        let value = qjs::JS_EvalFunction(raw, read);
        if qjs::JS_IsException(value) {
            return Err(Error::Exception);
        }
        Ok(Value::from_raw(ctx.clone(), value))
    }
}

/// What the build calls next, when the memory can't grow any more. Fills the memory that QuickJS has freed with
/// zeroes, so that a copy is small.
#[unsafe(no_mangle)]
extern "C" fn clear_free_memory() {
    unsafe extern "C" {
        fn malloc(size: usize) -> *mut u8;
        fn free(block: *mut u8);
    }
    let mut taken = Vec::with_capacity(1024);
    for size in (4..16).rev().map(|bits| 1 << bits) {
        // SAFETY: a block has as many bytes as were asked for, and is freed once.
        unsafe {
            loop {
                let block = malloc(size);
                if block.is_null() {
                    break;
                }
                block.write_bytes(0, size);
                taken.push(block);
            }
        }
    }
    // SAFETY: as above.
    taken.into_iter().for_each(|block| unsafe { free(block) });
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
