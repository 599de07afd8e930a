//! This machine's addresses in its networks, under which others can reach it.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket},
};

/// The kernel's IPv4 routes, one for each network that the machine is in.
const ROUTES: &str = "/proc/net/route";
/// Addresses that stand for the rest of the world. Nobody has them (RFC 5737 and RFC 3849).
const WORLD: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
];
/// How the names of interfaces begin that only containers and virtual machines are behind.
const VIRTUAL: [&str; 5] = ["docker", "br-", "veth", "virbr", "lxc"];
/// The most addresses that are worth showing.
const MAX: usize = 4;

/// The addresses, that of the way to the rest of the world first. They are empty if the machine is in
/// no network, or if the system does not tell.
pub fn own_addresses() -> Vec<IpAddr> {
    let routes = fs::read_to_string(ROUTES).unwrap_or_default();
    let mut found = Vec::new();
    for target in WORLD.into_iter().chain(networks(&routes)) {
        if let Some(ip) = source(target)
            && !found.contains(&ip)
            && found.len() < MAX
        {
            found.push(ip);
        }
    }
    found
}

/// The address that packets to this one come from. Connecting a UDP socket sends nothing.
fn source(to: IpAddr) -> Option<IpAddr> {
    let any = match to {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((to, 9)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then_some(ip)
}

/// An address in each network of these routes.
fn networks(routes: &str) -> impl Iterator<Item = IpAddr> {
    // The first line has the names of the columns.
    routes.lines().skip(1).filter_map(|line| {
        let mut columns = line.split_whitespace();
        let (interface, network) = (columns.next()?, columns.next()?);
        // In the byte order of the network, shown as a number of the machine.
        let [a, b, c, d] = u32::from_str_radix(network, 16).ok()?.to_ne_bytes();
        let is_virtual = VIRTUAL.iter().any(|start| interface.starts_with(start));
        (!is_virtual && a != 0).then_some(IpAddr::V4(Ipv4Addr::new(a, b, c, d | 1)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn each_network_that_is_not_virtual_has_an_address_to_ask_for() {
        let routes = "Iface\tDestination\tGateway\tFlags\n\
                      eth0\t00000000\t0101A8C0\t0003\n\
                      eth0\t0001A8C0\t00000000\t0001\n\
                      docker0\t000011AC\t00000000\t0001\n\
                      wlan0\t00002A0A\t00000000\t0001\n\
                      bad\tline\n";
        let expected = ["192.168.1.1", "10.42.0.1"].map(|ip| ip.parse::<IpAddr>().unwrap());
        assert!(networks(routes).eq(expected));
    }

    #[test]
    fn this_machine_reaches_itself_only_from_itself() {
        assert_eq!(source(Ipv4Addr::LOCALHOST.into()), None);
        assert!(own_addresses().len() <= MAX);
        assert!(own_addresses().iter().all(|ip| !ip.is_loopback()));
    }
}
