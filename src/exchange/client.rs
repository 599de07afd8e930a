//! What a client's handshake told about it.

use std::net::{IpAddr, SocketAddr};

/// What a client's handshake told about it. All but the address and the time comes from the client;
/// a request's head has at most 8 KiB, which bounds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Where it connects from. Behind a proxy this is the proxy, unless the proxy is trusted to tell.
    pub peer: SocketAddr,
    /// As the client sent it, still percent-encoded.
    pub path: Box<str>,
    /// The query without the access token, which is the operator's secret.
    pub query: Box<str>,
    /// What the handshake agreed on; `None` if the client or the listener wants none.
    pub subprotocol: Option<Box<str>>,
    /// When the handshake was complete, in milliseconds since 1970.
    pub since: u64,
}

/// A peer's address in its usual form. A socket for both IP versions reports IPv4 addresses as
/// IPv6, such as `::ffff:192.0.2.1`.
pub(crate) fn canonical(peer: SocketAddr) -> SocketAddr {
    match peer.ip().to_canonical() {
        ip @ IpAddr::V4(_) => SocketAddr::new(ip, peer.port()),
        // Unchanged, with the scope of a link-local address.
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
            // An IPv4-compatible address, which is deprecated. `::1` would be one too.
            ("[::192.0.2.1]:80", "[::c000:201]:80"),
            ("[fe80::1%3]:80", "[fe80::1%3]:80"),
        ] {
            assert_eq!(canonical(peer.parse().unwrap()).to_string(), shown);
        }
    }
}
