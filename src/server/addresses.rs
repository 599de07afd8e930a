//! Counts the connections of each network, so that none can take all.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use crate::{limits::SharedLimits, lock::Lock};

/// The network that an address belongs to. An IPv4 address is its own network. For IPv6, the
/// network is the first 64 bits: a host that has one address there usually has all of them (RFC
/// 6177).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Network(IpAddr);

impl Network {
    /// The network of an address. `None` for the machine itself, which has no limit because a proxy
    /// there may stand for all clients.
    pub(crate) fn of(address: IpAddr) -> Option<Self> {
        match address.to_canonical() {
            address if address.is_loopback() => None,
            address @ IpAddr::V4(_) => Some(Self(address)),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Some(Self(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()))
            }
        }
    }
}

/// How many connections of one actor each network has, from accept to close.
#[derive(Debug)]
pub(crate) struct Addresses {
    /// Has the most connections of one network: `limits.per_address`.
    limits: SharedLimits,
    /// The networks that have connections, so that memory is bounded by the number of connections.
    inner: Lock<BTreeMap<Network, usize>>,
}

/// Counts a connection until it is dropped.
#[derive(Debug)]
pub(crate) struct Counted {
    list: Arc<Addresses>,
    /// The network whose count drops with this. `None` if it is not limited.
    network: Option<Network>,
}

impl Addresses {
    /// An empty list, with at most `limits.per_address` connections for each network.
    pub(crate) fn new(limits: SharedLimits) -> Arc<Self> {
        Arc::new(Self { limits, inner: Lock::default() })
    }

    /// Counts one more connection. Returns `None` if the network is at its limit.
    pub(crate) fn count(self: &Arc<Self>, network: Option<Network>) -> Option<Counted> {
        if let Some(network) = network {
            let mut inner = self.inner.lock();
            let has = inner.get(&network).copied().unwrap_or_default();
            if has >= self.limits.get(|limits| limits.per_address) {
                return None;
            }
            inner.insert(network, has + 1);
        }
        Some(Counted { list: self.clone(), network })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let Some(network) = self.network else { return };
        let mut inner = self.list.inner.lock();
        match inner.get_mut(&network) {
            Some(has @ 2..) => *has -= 1,
            _ => drop(inner.remove(&network)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    /// An empty list with this limit.
    fn addresses(per_address: usize) -> Arc<Addresses> {
        Addresses::new(Limits { per_address, ..Limits::default() }.into())
    }

    /// The network of an address.
    fn of(address: &str) -> Option<Network> {
        Network::of(address.parse().unwrap())
    }

    #[test]
    fn an_ipv4_address_is_its_own_network_and_an_ipv6_address_belongs_to_its_first_64_bits() {
        for (one, other, same) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::1", true),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
            ("::2", "::ffff:192.0.2.1", false),
        ] {
            assert!(of(one).is_some() && of(other).is_some());
            assert_eq!(of(one) == of(other), same, "{one} and {other}");
        }
    }

    #[test]
    fn the_machine_itself_has_no_limit() {
        let addresses = addresses(1);
        for address in ["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(of(address), None, "{address}");
            let all: Vec<_> = (0..10).map(|_| addresses.count(of(address))).collect();
            assert!(all.iter().all(Option::is_some));
        }
    }

    #[test]
    fn a_network_has_as_many_as_the_limit_and_another_has_its_own() {
        let addresses = addresses(2);
        let (one, other) = (of("192.0.2.1"), of("192.0.2.2"));
        let first = addresses.count(one).unwrap();
        let _second = addresses.count(one).unwrap();
        assert!(addresses.count(one).is_none());
        let others = [addresses.count(other).unwrap(), addresses.count(other).unwrap()];
        drop(first);
        let _third = addresses.count(one).unwrap();
        assert!(addresses.count(one).is_none());
        drop(others);
        // No entry is left behind.
        assert_eq!(addresses.inner.lock().len(), 1);
    }
}
