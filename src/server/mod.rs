//! Sockets: from the listener to the close frame.
//!
//! - [`config`]: the listeners of a manifest; [`listener_config`] has the keys of one, and
//!   [`http_config`] those of `http-server`. [`list`] reads lists.
//! - [`listeners`]: the listeners of an actor, from the files that they name to their end.
//! - [`access`]: who may connect, and who speaks for others: [`origin`] compares origins, [`names`] has
//!   the host's names, [`trusted_proxies`] reads `X-Forwarded-For`, and [`proxy_protocol`] the header of
//!   that protocol.
//! - [`accept`]: accepts connections and starts a task for each.
//! - [`admission`]: which connections get in, and when; [`places`] is the limiter, [`addresses`]
//!   counts connections for each address.
//! - [`port_owner`]: who has an address that can't be bound.
//! - [`endpoint`]: what one listener serves and requires; [`token`] is its access token.
//! - [`request`]: serves the HTTP requests of a connection; [`conversation`] has the steps, and
//!   [`secure`] does the TLS handshake before them.
//! - [`request_head`]: parses a request's head, and [`request_line`] its first line; [`framing`] finds
//!   where the body ends; [`decision`] says what to do about it.
//! - [`request_log`]: what the log says of requests.
//! - [`body`]: takes a request's body out of what arrives.
//! - [`handshake`]: checks a request for an upgrade to WebSocket.
//! - [`response`]: an answer; [`error_response`]: the answers to requests that are refused.
//! - [`sending`]: sends an answer; [`pace`] ends a transfer that is too slow.
//! - [`ask`]: asks the actor for its answer to a request. [`actor_request`] is what the actor sees,
//!   [`actor_response`] what the client gets, and [`cross_site`] keeps other sites' pages away.
//! - [`pages`]: the answers to plain HTTP requests; [`static_files`], [`own_pages`] and [`metrics`] produce some
//!   of them. [`conditions`] says what to send of a file, by its [`validators`].
//! - [`live`]: tells open pages to load anew, for `footlight dev`.
//! - [`inspecting`]: who may inspect the actor; [`inspector`]: the stream of what it does.
//! - [`connection`]: a WebSocket connection, from its `connect` event to its `close` event.
//! - [`context`]: what all connections of an actor share.
//! - [`keepalive`]: detects dead and idle clients.
//! - [`closing`]: the closing handshake.
//! - [`linger`]: shuts a socket down after the last frame or answer.
//! - [`frame`]: converts messages to WebSocket frames and back.
//! - [`writer`]: writes frames to the socket, past tungstenite's buffer.
//! - [`socket`]: a TCP connection that yields to other tasks; [`read_ahead`] fetches more of what a
//!   client sends fast.
//! - [`stream`]: a socket with or without TLS; `tls` and `watched` need the feature `tls`.
//!
//! This module knows sockets and the exchange. It does not know WebAssembly.

pub mod accept;
pub mod access;
pub(crate) mod actor_request;
pub mod actor_response;
pub(crate) mod addresses;
pub(crate) mod admission;
pub(crate) mod ask;
pub mod body;
pub(crate) mod closing;
pub mod conditions;
pub mod config;
pub(crate) mod connection;
pub mod context;
pub(crate) mod conversation;
pub(crate) mod cross_site;
pub mod decision;
pub(crate) mod endpoint;
pub mod error_response;
pub(crate) mod frame;
pub mod framing;
pub(crate) mod handshake;
pub mod http_config;
pub mod inspecting;
pub(crate) mod inspector;
pub(crate) mod keepalive;
pub mod linger;
pub(crate) mod list;
pub(crate) mod listener_config;
pub mod listeners;
pub(crate) mod live;
pub(crate) mod metrics;
pub(crate) mod names;
pub mod origin;
mod own_pages;
pub(crate) mod pace;
pub(crate) mod pages;
pub(crate) mod places;
pub(crate) mod port_owner;
pub mod proxy_protocol;
mod read_ahead;
pub mod request;
pub mod request_head;
pub(crate) mod request_line;
pub(crate) mod request_log;
pub mod response;
pub(crate) mod secure;
pub(crate) mod sending;
pub(crate) mod socket;
pub(crate) mod static_files;
pub mod status;
pub(crate) mod stream;
#[cfg(feature = "tls")]
pub(crate) mod tls;
pub(crate) mod token;
pub mod trusted_proxies;
pub(crate) mod validators;
#[cfg(feature = "tls")]
pub(crate) mod watched;
pub(crate) mod writer;

pub use config::Config;
pub(crate) use config::overlap;
pub use context::ServerContext;
pub use endpoint::{Endpoint, EndpointError};
pub use listeners::{Accepting, BoundListeners, Listeners, Served};
pub use live::Live;
