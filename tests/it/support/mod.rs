//! A server in its own process, clients, and the actors they talk to.

mod actor;
#[cfg(feature = "tls")]
pub mod certificates;
mod client;
mod raw;
mod server;

pub use actor::{Actor, SHAPES, actors_root, example, guest, wat};
pub use client::Client;
pub use raw::{REQUEST, Raw, masked};
pub use server::{Server, after, footlight};

use std::time::Duration;

/// How long a test waits for what must happen. Only a failing test waits that long.
pub const PATIENCE: Duration = Duration::from_secs(30);
