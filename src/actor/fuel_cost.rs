//! The fuel that all imports cost. It follows the time that they take the host: arithmetic takes up
//! to a nanosecond for a unit, and an import should take at most three times that. Costs of a
//! single import stand beside its function in `imports`. `cargo bench --bench prices` measures all
//! of them.

use wit_core::host::Lifted;

use crate::convert::to_u64;

/// The cost of any call: the guest is suspended and resumed.
const CALL: u64 = 1000;
/// The cost of placing one block of a result, beside the fuel of the guest's allocator.
pub(crate) const BLOCK: u64 = 300;
/// The cost of a line in the log, without its text.
pub(crate) const LINE: u64 = 300;
/// The bytes that the host copies for a unit.
const COPIED: u64 = 16;
/// The bytes of text that the host checks for UTF-8 for a unit.
const READ: u64 = 1;

/// The cost of a call with these parameters.
pub(crate) fn of_call(lifted: Lifted) -> u64 {
    CALL.saturating_add(of_copy(lifted.bytes)).saturating_add(of_text(to_u64(lifted.text)))
}

/// The cost of copying this many bytes.
pub(crate) fn of_copy(bytes: usize) -> u64 {
    to_u64(bytes) / COPIED
}

/// The cost of checking this many bytes of text.
pub(crate) fn of_text(bytes: u64) -> u64 {
    bytes / READ
}
