//! Reads configuration files in TOML, and reports every mistake with its line.
//!
//! - [`table`]: walks over the parsed TOML and collects mistakes.
//! - [`units`]: sizes, durations and counts as people write them.
//! - [`nearest`]: finds the word that a misspelt one was meant to be.
//! - [`error`]: the mistakes, and how they are printed.
//! - [`handler_type`]: the description of a type of handler.
//!
//! This folder knows no keys. Each key is read where its value is used.

pub mod error;
pub mod handler_type;
pub mod nearest;
pub mod table;
pub mod units;

pub use error::{ManifestError, Mistake};
pub use handler_type::{Capability, HandlerType};
pub use table::{Document, Location, Table, Value};
