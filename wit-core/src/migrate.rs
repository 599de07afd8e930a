//! The optional export `migrate` of `footlight:host`, which converts an older version's state.
//!
//! It is the same in all shapes. Its result lies in memory like that of `init` in the later shapes.

use alloc::{string::String, vec::Vec};

use crate::{
    error::LiftError,
    lift::{self, Budget},
    memory::Memory,
    shape::{Shape, Signature},
};

/// The name and the flat signature of `migrate`.
pub const MIGRATE: (&str, Signature) =
    ("footlight:host/migration@0.1.0#migrate", Signature { params: 3, results: 1 });

/// The export to call after its result has been lifted.
pub const MIGRATE_POST: &str = "cabi_post_footlight:host/migration@0.1.0#migrate";

/// Lifts the result: the new state. The inner error is the actor's own.
///
/// # Errors
/// The result is invalid or exceeds the budget.
pub fn lift<M: Memory + ?Sized>(
    memory: &M,
    ptr: u32,
    budget: &Budget,
) -> Result<Result<Option<Vec<u8>>, String>, LiftError> {
    lift::init(Shape::Result, memory, ptr, budget)
}
