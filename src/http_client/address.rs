//! Which addresses a name may lead to.
//!
//! A grant names a server on the internet. Its name may lead anywhere, because whoever runs the
//! name's zone says where. So an address of this machine or of its network needs a word of the
//! operator.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Where an address is, from near to far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// On the internet.
    Public,
    /// In a private network, or in one that the internet does not have.
    Private,
    /// In this machine's own link. Clouds have their passwords there.
    LinkLocal,
    /// This machine.
    Loopback,
    /// Nobody has it alone: an address for many, or for nobody.
    Never,
}

/// IPv4 networks that are not on the internet (RFC 6890), with their prefix lengths.
const V4: [(Ipv4Addr, u32, Place); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8, Place::Never),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Place::Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Place::Private),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Place::Loopback),
    (Ipv4Addr::new(169, 254, 0, 0), 16, Place::LinkLocal),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Place::Private),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Place::Private),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Place::Private),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Place::Private),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Place::Private),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Place::Private),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Place::Private),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Place::Private),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Place::Never),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Place::Never),
];

/// The same for IPv6: the first 32 bits, and the prefix length. Only 2000::/3 is on the internet.
const V6: [(u32, u32, Place); 7] = [
    (0xfc00_0000, 7, Place::Private),
    (0xfe80_0000, 10, Place::LinkLocal),
    (0xff00_0000, 8, Place::Never),
    (0x2001_0db8, 32, Place::Private),
    (0x2001_0002, 32, Place::Private),
    (0x2000_0000, 3, Place::Public),
    (0x0000_0000, 0, Place::Private),
];

/// Where an address is. An IPv6 address that stands for an IPv4 address is also where that is.
pub(super) fn place(address: IpAddr) -> Place {
    match address {
        IpAddr::V4(address) => place_v4(address),
        IpAddr::V6(address) => place_v6(address),
    }
}

/// Where an IPv4 address is.
fn place_v4(address: Ipv4Addr) -> Place {
    let within =
        |net: &Ipv4Addr, bits: u32| (address.to_bits() ^ net.to_bits()) >> (32 - bits) == 0;
    let found = V4.iter().find(|(net, bits, _)| within(net, *bits));
    found.map_or(Place::Public, |(.., place)| *place)
}

/// Where an IPv6 address is.
fn place_v6(address: Ipv6Addr) -> Place {
    if address == Ipv6Addr::LOCALHOST {
        return Place::Loopback;
    }
    if address == Ipv6Addr::UNSPECIFIED {
        return Place::Never;
    }
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 =
        |high: u16, low: u16| place_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match (a, b) {
        // The deprecated form, the mapped one, and that of translators (RFC 4291 and 2765).
        (0, 0) if matches!((c, d, e, f), (0, 0, 0, 0 | 0xffff) | (0, 0, 0xffff, 0)) => {
            return v4(g, h);
        }
        // Translators again (RFC 6052).
        (0x64, 0xff9b) if (c, d, e, f) == (0, 0, 0, 0) => return v4(g, h),
        // 6to4 (RFC 3056).
        (0x2002, _) => return v4(b, c),
        // Teredo has the server's address, and that of the client inverted (RFC 4380).
        (0x2001, 0) => return v4(c, d).max(v4(!g, !h)),
        _ => {}
    }
    let first = u32::from(a) << 16 | u32::from(b);
    let within = |net: u32, bits: u32| (first ^ net).checked_shr(32 - bits).unwrap_or(0) == 0;
    let found = V6.iter().find(|(net, bits, _)| within(*net, *bits));
    found.map_or(Place::Private, |(.., place)| *place)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "an address of the internet",
            Self::Private => "an address of a private network",
            Self::LinkLocal => "a link-local address",
            Self::Loopback => "an address of this machine",
            Self::Never => "no address of one server",
        })
    }
}
