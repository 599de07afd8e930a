//! What the operator says about state on the disk.
//!
//! - [`config`]: the manifest's `[storage]`.
//! - [`data_folder`]: the folder that `--data` or the service manager names.

pub mod config;
pub mod data_folder;

pub use config::{Durability, StorageConfig};
