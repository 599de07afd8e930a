//! The codec of an actor's imports: the part of the canonical ABI that the package
//! `footlight:host` and Theater's `filesystem` need. Which functions there are, and what each one
//! does, is the host's to say.
//!
//! An import is dealt with in three steps, of which the middle one is the host's:
//! 1. [`Parameters`] lifts the import's flat parameters, one after the other, and ends with a
//!    [`Place`] for the result, which has been checked.
//! 2. The host does what is asked for, and has a value of the result's type.
//! 3. [`Place::lower`] says what has to be placed in the guest; the host calls the guest's
//!    allocator for each block, and writes the result where the guest wants it.
//!
//! - [`parameters`]: from the guest to Rust.
//! - [`types`]: the WIT's types, as Rust has them.
//! - [`lower`]: from Rust to the guest; [`lower_result`] is how it gets there.
//! - [`function_type`]: the core type of an import.
//!
//! The WIT file is `wit/host/host.wit`; `filesystem` is in the file of each shape.

pub mod function_type;
pub mod lower;
pub mod lower_result;
pub mod parameters;
pub mod types;

pub use function_type::{Area, Flat, FunctionType};
pub use lower::Lower;
pub use lower_result::{LoweredResult, Place};
pub use parameters::{Lifted, Parameters};
pub use types::{Entry, FileError, Info, Kind, Payload, Refusal};
