//! Sockets: from the listener to the close frame.
//!
//! - [`config`]: the keys of a listener in a manifest.
//! - [`listeners`]: the listeners of an actor, from the files that they name to their end.
//! - [`accept`]: accepts connections and starts a task for each.
//! - [`admission`]: which connections get in, and when; [`places`] is the limiter, [`addresses`]
//!   counts connections for each address.
//! - [`port_owner`]: who has an address that can't be bound.
//! - [`endpoint`]: what one listener serves and requires; [`token`] is its access token.
//! - [`request`]: serves the one HTTP request of a connection.
//! - [`request_head`]: parses a request's head; [`decision`] says what to do about it.
//! - [`handshake`]: checks a request for an upgrade to WebSocket.
//! - [`error_response`]: the answers to requests that are refused.
//! - [`pages`]: the answers to plain HTTP requests; [`static_files`] and [`metrics`] produce some
//!   of them.
//! - [`connection`]: a WebSocket connection, from its `connect` event to its `close` event.
//! - [`context`]: what all connections of an actor share.
//! - [`keepalive`]: detects dead and idle clients.
//! - [`closing`]: the closing handshake.
//! - [`linger`]: shuts a socket down after the last frame or answer.
//! - [`frame`]: converts messages to WebSocket frames and back.
//! - [`writer`]: writes frames to the socket, past tungstenite's buffer.
//! - [`socket`]: a TCP connection that yields to other tasks; [`readiness`] tells when it is
//!   readable.
//! - [`stream`]: a socket with or without TLS; `tls` and `watched` need the feature `tls`.
//!
//! This module knows sockets and the exchange. It does not know WebAssembly.

pub mod accept;
pub(crate) mod addresses;
pub(crate) mod admission;
pub(crate) mod closing;
pub mod config;
pub(crate) mod connection;
pub mod context;
pub mod decision;
pub(crate) mod endpoint;
pub(crate) mod error_response;
pub(crate) mod frame;
pub(crate) mod handshake;
pub(crate) mod keepalive;
pub mod linger;
pub mod listeners;
pub(crate) mod metrics;
pub(crate) mod pages;
pub(crate) mod places;
pub(crate) mod port_owner;
pub(crate) mod readiness;
pub mod request;
pub(crate) mod request_head;
pub(crate) mod socket;
pub(crate) mod static_files;
pub(crate) mod stream;
#[cfg(feature = "tls")]
pub(crate) mod tls;
pub(crate) mod token;
#[cfg(feature = "tls")]
pub(crate) mod watched;
pub(crate) mod writer;

pub use config::Config;
pub(crate) use config::overlap;
pub use context::ServerContext;
pub use endpoint::{Endpoint, EndpointError};
pub use listeners::{Accepting, BoundListeners, Listeners, Served};
