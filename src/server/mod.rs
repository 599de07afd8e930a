//! Sockets: from the listener to the close frame.
//!
//! - [`config`]: the keys of a listener in a manifest.
//! - [`listeners`]: the listeners of an actor, from the files that they name to their end.
//! - [`accept`]: accepts connections and starts a task for each.
//! - [`admission`]: which connections get in, and when; [`places`] is the limiter, [`addresses`]
//!   counts connections for each address.
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
pub mod addresses;
pub mod admission;
pub mod closing;
pub mod config;
pub mod connection;
pub mod context;
pub mod decision;
pub mod endpoint;
pub mod error_response;
pub mod frame;
pub mod handshake;
pub mod keepalive;
pub mod linger;
pub mod listeners;
pub mod metrics;
pub mod pages;
pub mod places;
pub mod readiness;
pub mod request;
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

pub use admission::Admission;
pub use config::Config;
pub use context::ServerContext;
pub use endpoint::{Endpoint, EndpointError};
pub use listeners::{Accepting, Bound, Listeners, Served};
