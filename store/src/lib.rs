//! Keeps the state of many owners through restarts and power cuts: one append-only log in two files.

mod blocks;
pub mod changes;
mod deadline_file;
pub mod file;
pub mod folder;
pub mod image;
pub mod log;
mod owner;
mod owner_state;
mod plan;
mod queue;
mod shared;
mod stats;
mod store;
mod ticket;
mod wear;
mod writer;

pub use changes::{Changes, StoredAlarm};
pub use folder::{Folder, OpenError, OpenErrorKind};
pub use image::{Contents, Image};
pub use owner::Owner;
pub use owner_state::Durability;
pub use stats::Stats;
pub use store::{Opened, Options, Store};
pub use ticket::{Failed, Ticket};
