//! Configuration files: TOML is read, and every mistake in it is told with its line.
//!
//! - [`table`]: walks over the parsed TOML, and keeps account of what is wrong with it.
//! - [`units`]: sizes, durations and counts as people write them.
//! - [`nearest`]: finds what a misspelt word was meant to be.
//! - [`error`]: the mistakes, and how they are printed.
//! - [`handler_type`]: what a type of handler says about itself.
//!
//! Nothing here knows any key. Each key is read where its value is used.

pub mod error;
pub mod handler_type;
pub mod nearest;
pub mod table;
pub mod units;

pub use error::{ManifestError, Mistake};
pub use handler_type::{Capability, HandlerType};
pub use table::{Document, Place, Table, Value};
