//! What is known of a client since its handshake.

use std::net::{IpAddr, SocketAddr};

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

/// A peer's address as people know it: a socket that takes both kinds gives IPv4 addresses as
/// IPv6 ones, such as `::ffff:192.0.2.1`.
pub fn canonical(peer: SocketAddr) -> SocketAddr {
    match peer.ip().to_canonical() {
        ip @ IpAddr::V4(_) => SocketAddr::new(ip, peer.port()),
        // As it is, with the scope that a link-local address has.
        IpAddr::V6(_) => peer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_address_looks_like_one_and_every_other_stays_as_it_is() {
        for (peer, shown) in [
            ("[::ffff:192.0.2.1]:80", "192.0.2.1:80"),
            ("192.0.2.1:80", "192.0.2.1:80"),
            ("[::1]:80", "[::1]:80"),
            // Of another, long forgotten kind, which `::1` would be too.
            ("[::192.0.2.1]:80", "[::c000:201]:80"),
            ("[fe80::1%3]:80", "[fe80::1%3]:80"),
        ] {
            assert_eq!(canonical(peer.parse().unwrap()).to_string(), shown);
        }
    }
}
