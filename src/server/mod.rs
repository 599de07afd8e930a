//! Sockets: from the listener to the close frame.
//!
//! - [`listeners`]: an actor's listeners, from the files that they name to their end.
//! - [`accept`]: takes connections from a listener, each into a task of its own.
//! - [`context`]: what the connections of one actor share.
//! - [`admission`]: who gets in; [`places`] says who has to make room, [`addresses`] what one address
//!   may have.
//! - [`greeting`]: one request, from its connection's acceptance to its answer.
//! - [`config`]: the keys of a listener in a manifest.
//! - [`endpoint`]: what one listener offers and asks for; [`token`] is a part of it.
//! - [`request_head`]: a request's head, and what it asks for: bytes in, a decision out.
//! - [`handshake`]: whether it gets its upgrade.
//! - [`error_response`]: why it does not get what it asks for.
//! - [`pages`]: what it gets instead of an upgrade; [`static_files`] and [`metrics`] are some of it.
//! - [`connection`]: the life of one connection, from its `connect` event to its `close`.
//! - [`keepalive`]: whether the client is still there.
//! - [`closing`]: every way in which a connection ends.
//! - [`frame`]: from the host's messages to WebSocket's frames, and back.
//! - [`writer`]: the way of frames to the client, past tungstenite's buffer.
//! - [`socket`]: a TCP connection that lets others have their turn; [`readiness`]: whether it has
//!   something to read.
//! - [`stream`]: the same with or without TLS around it; `tls` and `watched` are there
//!   with the feature `tls`.
//!
//! This room knows sockets and the exchange. It knows nothing of WebAssembly.

pub mod accept;
pub mod addresses;
pub mod admission;
pub mod closing;
pub mod config;
pub mod connection;
pub mod context;
pub mod endpoint;
pub mod error_response;
pub mod frame;
pub mod greeting;
pub mod handshake;
pub mod keepalive;
pub mod listeners;
pub mod metrics;
pub mod pages;
pub mod places;
pub mod readiness;
pub mod request_head;
pub mod socket;
pub mod static_files;
pub mod stream;
#[cfg(feature = "tls")]
pub mod tls;
pub mod token;
#[cfg(feature = "tls")]
pub mod watched;
pub mod writer;

pub use admission::Door;
pub use config::Config;
pub use context::ServerContext;
pub use endpoint::{Endpoint, EndpointError};
pub use listeners::{Accepting, Bound, Listeners, Served};
