//! The proxies whose word about their clients counts.

use std::net::{IpAddr, SocketAddr};

use super::request_head::RequestHead;
use crate::exchange::client::canonical;

/// The field in which proxies write their client's address.
pub(crate) const FORWARDED_FOR: &str = "X-Forwarded-For";

/// A network: the addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    /// Its first address.
    first: IpAddr,
    /// How many bits all its addresses have in common.
    bits: u8,
}

/// Why a text names no addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RangeError {
    /// It is neither an address nor a network.
    Form,
    /// Bits after the network's own are set. The network is that of the text.
    HostBits(String),
}

impl AddressRange {
    /// Parses an address such as `192.0.2.1`, or a network such as `10.0.0.0/8`.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, RangeError> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| RangeError::Form)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                bits.parse().ok().filter(|bits| *bits <= most).ok_or(RangeError::Form)?
            }
            Some(_) => return Err(RangeError::Form),
        };
        let range = Self { first: mask(address, bits), bits };
        if range.first == address {
            Ok(range)
        } else {
            Err(RangeError::HostBits(format!("{}/{bits}", range.first)))
        }
    }

    /// Whether an address is one of these.
    fn has(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.first.is_ipv4() && mask(address, self.bits) == self.first
    }
}

/// An address with all but its first bits set to 0.
fn mask(address: IpAddr, bits: u8) -> IpAddr {
    let bits = u32::from(bits);
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - bits.min(32)).unwrap_or(0);
            IpAddr::V4((u32::from(address) & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - bits.min(128)).unwrap_or(0);
            IpAddr::V6((u128::from(address) & mask).into())
        }
    }
}

/// Whether one of these networks has an address.
pub(crate) fn trust(ranges: &[AddressRange], address: IpAddr) -> bool {
    let address = address.to_canonical();
    ranges.iter().any(|range| range.has(address))
}

/// The client of a request, whose last sender is `peer`. Each proxy appends the address that it was
/// called from. So the field is read from its end, past trusted proxies only: what comes before the
/// first address that is not trusted is that client's own claim. It ends at what is no address.
pub(crate) fn client(
    ranges: &[AddressRange],
    peer: SocketAddr,
    request: &RequestHead<'_>,
) -> SocketAddr {
    let mut client = peer;
    if ranges.is_empty() || !trust(ranges, peer.ip()) {
        return client;
    }
    let hops: Vec<_> = request.list(FORWARDED_FOR).collect();
    for hop in hops.into_iter().rev() {
        let Some(address) = str::from_utf8(hop).ok().and_then(parse_hop) else { break };
        client = canonical(address);
        if !trust(ranges, client.ip()) {
            break;
        }
    }
    client
}

/// Parses an address with or without a port. Without one, the port is 0.
fn parse_hop(text: &str) -> Option<SocketAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().map(|address| SocketAddr::new(address, 0));
    address.or_else(|_| text.parse()).ok()
}

#[cfg(test)]
mod tests {
    use httparse::EMPTY_HEADER;

    use super::{super::request_head::MAX_FIELDS, *};

    fn ranges(texts: &[&str]) -> Vec<AddressRange> {
        texts.iter().map(|text| AddressRange::parse(text).unwrap()).collect()
    }

    #[test]
    fn a_network_has_the_addresses_that_begin_like_it() {
        for (range, address, has) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("10.0.0.0/8", "10.255.255.255", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "::1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("::/0", "::1", true),
            ("::/0", "::ffff:192.0.2.1", false),
            ("::1", "::1", true),
        ] {
            assert_eq!(
                trust(&ranges(&[range]), address.parse().unwrap()),
                has,
                "{range} {address}"
            );
        }
    }

    #[test]
    fn what_is_no_network_is_told_from_one_with_too_many_bits() {
        for text in ["", "a", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/", "10.0.0/8"] {
            assert_eq!(AddressRange::parse(text), Err(RangeError::Form), "{text}");
        }
        for (text, network) in [("10.0.0.1/8", "10.0.0.0/8"), ("2001:db8::1/32", "2001:db8::/32")] {
            let network = RangeError::HostBits(network.into());
            assert_eq!(AddressRange::parse(text), Err(network), "{text}");
        }
    }

    #[test]
    fn the_client_is_the_last_address_that_is_not_trusted() {
        let ranges = ranges(&["127.0.0.1", "10.0.0.0/8", "::1"]);
        for (peer, fields, expected) in [
            ("127.0.0.1:9", "", "127.0.0.1:9"),
            ("127.0.0.1:9", "X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1:0"),
            ("127.0.0.1:9", "X-Forwarded-For: 192.0.2.1:4711\r\n", "192.0.2.1:4711"),
            ("127.0.0.1:9", "X-Forwarded-For: 2001:db8::1\r\n", "[2001:db8::1]:0"),
            ("127.0.0.1:9", "X-Forwarded-For: [2001:db8::1]\r\n", "[2001:db8::1]:0"),
            ("127.0.0.1:9", "X-Forwarded-For: [2001:db8::1]:1\r\n", "[2001:db8::1]:1"),
            ("127.0.0.1:9", "X-Forwarded-For: ::ffff:192.0.2.1\r\n", "192.0.2.1:0"),
            // The client's own claim comes first, and does not count.
            ("127.0.0.1:9", "X-Forwarded-For: 1.1.1.1, 192.0.2.1\r\n", "192.0.2.1:0"),
            ("127.0.0.1:9", "X-Forwarded-For: 1.1.1.1, 192.0.2.1, 10.0.0.7\r\n", "192.0.2.1:0"),
            (
                "127.0.0.1:9",
                "X-Forwarded-For: 192.0.2.1\r\nx-forwarded-for: 10.1.1.1\r\n",
                "192.0.2.1:0",
            ),
            ("127.0.0.1:9", "X-Forwarded-For: 10.0.0.1, 10.0.0.2\r\n", "10.0.0.1:0"),
            // What is no address ends the way.
            ("127.0.0.1:9", "X-Forwarded-For: 192.0.2.1, unknown\r\n", "127.0.0.1:9"),
            ("127.0.0.1:9", "X-Forwarded-For: 192.0.2.1, x, 10.0.0.2\r\n", "10.0.0.2:0"),
            ("[::1]:9", "X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1:0"),
            // Who is not trusted can't speak for others.
            ("192.0.2.9:9", "X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.9:9"),
        ] {
            let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
            let mut room = [EMPTY_HEADER; MAX_FIELDS];
            let (head, _) = RequestHead::parse(head.as_bytes(), &mut room).unwrap().unwrap();
            let client = client(&ranges, peer.parse().unwrap(), &head);
            assert_eq!(client.to_string(), expected, "{peer} {fields}");
        }
    }
}
