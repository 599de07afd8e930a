//! QuickJS as an actor: runs a script that the host has handed to `footlight:script/load`.
//!
//! `engine` has the script and calls its handlers, `natives` what the glue may call in Rust, and the folder
//! `glue` the part in JavaScript. What a handler asks for is in `event` until the script is done.

#[rustfmt::skip]
#[allow(unsafe_code, clippy::all, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod bindings;
mod engine;
mod event;
mod exports;
mod failure;
mod ffi;
mod load;
mod modules;
mod natives;

/// What the module exports: see `exports`.
struct Actor;

#[allow(unsafe_code)]
mod abi {
    use super::{Actor, bindings, engine};

    bindings::export!(Actor with_types_in bindings);

    /// What the build calls before it keeps the memory: see [`engine::prepare`]. Returns 0 if that has
    /// worked.
    #[unsafe(no_mangle)]
    extern "C" fn prepare() -> i32 {
        i32::from(engine::prepare().is_err())
    }
}
