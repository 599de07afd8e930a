//! The interface `ntwk:theater/websocket-server`, what an actor may import beside it, and the
//! part of the [canonical ABI] that these need: nothing else.
//!
//! This crate takes bytes and gives bytes. It knows no interpreter, no socket and no clock;
//! a host calls the guest itself and hands this crate the guest's memory.
//!
//! # Layout
//! - [`types`]: the interface's types as Rust has them: [`Message`], [`MessageType`].
//! - [`shape`]: the four forms that the interface had over time, and how a module's core
//!   signatures tell which one it speaks.
//! - [`layout`]: where each field stands in memory, per shape.
//! - [`memory`]: the guest's memory as this crate sees it, with every access checked.
//! - [`mod@lower`]: from Rust to the guest: the parameters of `handle-message` and `init`.
//! - [`lift`]: from the guest to Rust: their results, under a byte budget.
//! - [`host`]: what an actor may import: `footlight:host`, and Theater's `filesystem`.
//! - [`error`]: what can be wrong with what a guest gave, and where.
//!
//! The WIT files themselves are under `wit/`, a folder for each shape and one for
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
pub mod layout;
pub mod lift;
pub mod lower;
pub mod memory;
pub mod shape;
pub mod types;

pub use error::{Field, LiftError, LowerError};
pub use lift::Budget;
pub use memory::Memory;
pub use shape::{Shape, Signature};
pub use types::{Message, MessageRef, MessageType};
