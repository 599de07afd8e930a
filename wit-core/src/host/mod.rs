//! The package `footlight:host`, and what of Theater's `filesystem` the same code serves: the
//! imports of an actor in core form.
//!
//! An import is dealt with in three steps, of which the middle one is the host's:
//! 1. [`Request::lift`] makes a [`Request`] of the import's flat parameters.
//! 2. The host does what is asked for, and has a [`Response`].
//! 3. [`Response::lower`] says what has to be placed in the guest; the host calls the guest's
//!    allocator for each block, and writes the result where the guest wants it.
//!
//! - [`import`]: every function, with its name and its flat form.
//! - [`request`]: from the guest to Rust.
//! - [`response`]: from Rust to the guest; [`lower_result`] is how it gets there.
//!
//! The WIT file is `wit/host/host.wit`; `filesystem` is in the file of each shape.

pub mod import;
pub mod lower_result;
pub mod request;
pub mod response;

pub use import::{Area, Flat, FunctionType, Import, Interface};
pub use lower_result::LoweredResult;
pub use request::{Payload, Request};
pub use response::{Entry, FileError, Info, Kind, Refusal, Response};
