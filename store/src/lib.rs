//! Keeps the state of many owners through restarts and power cuts: one append-only log in two files.

pub mod changes;
mod creation;
mod disk;
pub mod file;
mod folder;
mod image;
pub mod log;
mod log_error;
mod offline;
mod open_error;
mod opening;
mod operation;
mod reading;
mod record;
mod spare;
mod turn_over;
mod which;

pub use changes::{Changes, StoredAlarm};
pub use creation::create;
pub use folder::Folder;
pub use image::{Contents, Image};
pub use log_error::LogError;
pub use offline::Offline;
pub use open_error::{OpenError, OpenErrorKind};
pub use opening::Opened;
pub use reading::{read, read_partial};
pub use spare::Sizes;
pub use which::Which;
