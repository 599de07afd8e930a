//! Keeps the state of many owners through restarts and power cuts: one append-only log in two files.

pub mod changes;
pub mod file;
pub mod folder;
pub mod image;
pub mod log;

pub use changes::{Changes, StoredAlarm};
pub use folder::{Folder, OpenError, OpenErrorKind};
pub use image::{Contents, Image};
