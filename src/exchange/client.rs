//! What is known of a client since its handshake.

use std::net::SocketAddr;

/// What is known of a client since its handshake. It comes from the client, except for the
/// address and the time, and the request's head bounds it: 8 KiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its address.
    pub peer: SocketAddr,
    /// The path that it asked for.
    pub path: Box<str>,
    /// What followed the `?`, without the host's own token.
    pub query: Box<str>,
    /// The subprotocol that was agreed on.
    pub subprotocol: Option<Box<str>>,
    /// When the handshake was complete, in milliseconds since 1970.
    pub since: u64,
}
