//! The codec for an actor's imports: the part of the canonical ABI that the package
//! `footlight:host` and Theater's `filesystem` and `http-client` need. The host decides which functions there are and
//! what they do.
//!
//! A call of an import has three steps. The second one is the host's:
//! 1. [`Parameters`] lifts the flat parameters in order. Its end is a checked [`ResultSlot`] for the
//!    result.
//! 2. The host does its work, and has a value of the result's type.
//! 3. [`ResultSlot::lower`] lays out the result. The host calls the guest's allocator for each block,
//!    and writes the result to its place.
//!
//! - [`parameters`]: from the guest to Rust.
//! - [`types`]: the WIT's types in Rust.
//! - [`lower`]: from Rust to the guest. [`lower_result`] places the result.
//! - [`http`]: requests to servers, in both directions. [`mqtt`]: the same for messages of brokers.
//! - [`function_type`]: the core type of an import.
//!
//! The WIT file is `wit/host/host.wit`. The file of each shape has the other two.

pub mod function_type;
pub mod http;
pub mod lower;
pub mod lower_result;
pub mod mqtt;
pub mod parameters;
pub mod types;

pub use function_type::{Area, Flat, FunctionType};
pub use lower::Lower;
pub use lower_result::{LoweredResult, ResultSlot};
pub use parameters::{Lifted, Parameters};
pub use types::{
    Entry, FileError, FileInfo, HttpError, Info, Kind, MqttProperties, MqttReceived, MqttRefusal,
    MqttStatus, Page, Payload, Qos, Refusal, StorageError, Stored,
};
