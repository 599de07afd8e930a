//! WASI, as far as it makes sense for an actor: preview 1, and the part of 0.2 that toolchains
//! link into every module.
//!
//! An actor has a log instead of standard output, the host's clock and random numbers, and the
//! manifest's `[env]`. It has no arguments, no files and no sockets, and it never exits. Files are in
//! `footlight:host/files` and in Theater's `filesystem`.
//!
//! - [`preview1`]: `wasi_snapshot_preview1`, and [`poll`], its `poll_oneoff`.
//! - [`preview2`]: the interfaces `wasi:…@0.2.x`.
//! - [`process`]: what an instance has of its own for WASI: lines, clock, random numbers. [`program`]: a
//!   guest that uses it.
//! - [`call`]: the guest's memory in a call of a function. [`answers`]: what functions of both answer.

mod answers;
mod call;
mod poll;
pub mod preview1;
pub mod preview2;
pub mod process;
mod program;

use super::row::Import;
use crate::interfaces::Interface;

/// Every function of WASI that an actor may import.
pub fn all() -> impl Iterator<Item = &'static Import> {
    [preview1::ROWS, preview1::ABSENT, preview2::ROWS].into_iter().flatten()
}

/// The function that an import's two names mean.
pub(super) fn find(module: &str, name: &str) -> Option<&'static Import> {
    all().find(|row| row.name == name && row.interface.has(module))
}

/// Whether a module's name is one of WASI's, of whatever version.
pub(super) fn is_named(module: &str) -> bool {
    module.starts_with("wasi_") || module.starts_with("wasi:")
}

/// An interface of WASI 0.2: every `0.2.x` of it.
const fn interface(name: &'static str, modules: &'static [&'static str]) -> Interface {
    Interface { name, modules }
}

/// The most bytes that a call writes or reads.
const MOST_BYTES: u32 = 1 << 16;
/// The cost of a byte that is written, or random.
const BYTE: u64 = 2;

#[cfg(test)]
mod tests;
