//! The interfaces `websocket-server` and `http-server` of `ntwk:theater`, the imports that an actor
//! may use, and the part of the [canonical ABI] that they need.
//!
//! This crate converts between bytes and Rust values. It contains no interpreter, no socket and
//! no clock. The host calls the guest and hands this crate the guest's memory.
//!
//! # Layout
//! - [`http`]: the types of `http-server` and `http-client`.
//! - [`types`]: the interface's types in Rust: [`Message`], [`MessageType`].
//! - [`shape`]: the four forms that the interface has had, and how to recognise a module's form
//!   by its core signatures.
//! - [`layout`]: the offset of each field in memory, for each shape.
//! - [`memory`]: the guest's memory, with every access checked.
//! - [`mod@lower`]: from Rust to the guest: the parameters of `handle-message`, `handle-request` and
//!   `init`.
//! - [`lift`]: from the guest to Rust: their results, within a byte budget.
//! - [`host`]: the imports: `footlight:host`, and Theater's `filesystem`.
//! - [`migrate`]: the export that converts an older version's state.
//! - [`names`]: the names that the exports may have.
//! - [`error`]: what is wrong with a guest's value, and where.
//!
//! The WIT files are under `wit/`. There is a folder for each shape, and one for
//! `footlight:host`.
//!
//! # A call
//! ```
//! use wit_core::{lift, lower, Budget, MessageRef, Shape};
//!
//! # let mut guest_memory = vec![0u8; 256];
//! # let mut bump = 64u32;
//! # let mut realloc = |len: usize| { let at = bump; bump += len as u32; at };
//! let message = MessageRef::text("hello");
//! let mut call = lower::handle_message(Shape::Guide, message, Some(b"state"));
//! while let Some(block) = call.next_block() {
//!     let ptr = realloc(block.len()); // the guest's cabi_realloc(0, 0, 1, len)
//!     call.place(guest_memory.as_mut_slice(), ptr)?;
//! }
//! let parameters: &[u32] = call.parameters();
//! assert_eq!(parameters.len(), 10);
//! // ... call `handle-message` with them; it returns a pointer:
//! # let result = 0;
//! let outcome = lift::handle_message(Shape::Guide, guest_memory.as_slice(), result, &Budget::default())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [canonical ABI]: https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod error;
pub mod host;
pub mod http;
pub mod layout;
pub mod lift;
pub mod lower;
pub mod memory;
pub mod migrate;
pub mod names;
pub mod shape;
pub mod types;

pub use error::{Field, LiftError, LowerError};
pub use http::{HeaderField, HttpRequest, HttpResponse};
pub use lift::Budget;
pub use memory::Memory;
pub use names::Names;
pub use shape::{InitForm, Shape, Signature};
pub use types::{Message, MessageRef, MessageType};
