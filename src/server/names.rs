//! The names that a listener is known by.
//!
//! An attacker can point a name of theirs at this machine after their page was loaded (DNS
//! rebinding). For the browser, that page and this host are then of one origin. So where the manifest
//! says which pages may connect, a request must call the host by a name that is the host's own.

use std::{
    fs, io,
    net::{IpAddr, Ipv6Addr},
    path::Path,
    time::{Duration, Instant},
};

use super::origin::split_port;
use crate::lock::Lock;

/// Where the resolver's settings are, with the domains of this network.
const RESOLV_CONF: &str = "/etc/resolv.conf";
/// How old the domains may be. A network may come up after the host has started.
const MAX_AGE: Duration = Duration::from_secs(10);
/// The most bytes of the resolver's settings that are read.
const MAX_SETTINGS: u64 = 16 << 10;

/// The names that a listener is known by: IP addresses, `localhost`, this machine's own names, and
/// those of the manifest.
#[derive(Debug)]
pub(crate) struct Names {
    /// The manifest's `names`, in lower case.
    configured: Vec<String>,
    /// The domains of this network, and when they were read.
    domains: Lock<Option<(Instant, Vec<String>)>>,
}

impl Names {
    /// The machine's names and these.
    pub(crate) fn new(configured: &[String]) -> Self {
        let configured = configured.iter().map(|name| plain(name)).collect();
        Self { configured, domains: Lock::default() }
    }

    /// Whether the listener is known by this host, with or without a port.
    pub(crate) fn have(&self, host: &str) -> bool {
        let (name, _) = split_port(host);
        let name = plain(name);
        if is_address(&name) || name == "localhost" || name.ends_with(".localhost") {
            return true;
        }
        if self.configured.contains(&name) {
            return true;
        }
        let own = machine();
        if own.is_empty() {
            return false;
        }
        // The machine's name may have its domain already.
        let short = own.split('.').next().unwrap_or_default();
        let domain = name.strip_prefix(short).and_then(|rest| rest.strip_prefix('.'));
        name == own || name == short || domain.is_some_and(|domain| self.is_domain(domain))
    }

    /// Whether this is a domain of this network. `local` is that of multicast DNS (RFC 6762).
    fn is_domain(&self, domain: &str) -> bool {
        if domain == "local" {
            return true;
        }
        let mut domains = self.domains.lock();
        let age = domains.as_ref().map(|(read, _)| read.elapsed());
        if age.is_none_or(|age| age > MAX_AGE) {
            let settings = read(Path::new(RESOLV_CONF)).unwrap_or_default();
            *domains = Some((Instant::now(), search_domains(&settings)));
        }
        domains.as_ref().is_some_and(|(_, known)| known.iter().any(|known| known == domain))
    }
}

/// This machine's host name, in lower case.
pub(crate) fn machine() -> String {
    plain(&rustix::system::uname().nodename().to_string_lossy())
}

/// A name in lower case, without the dot of the root.
fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// Whether this is an IP address, as it stands in a URL. No other name leads to it, so none can be
/// changed.
fn is_address(name: &str) -> bool {
    match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => name.parse::<IpAddr>().is_ok_and(|address| address.is_ipv4()),
    }
}

/// The beginning of a file.
fn read(path: &Path) -> io::Result<String> {
    use io::Read as _;

    let mut text = String::new();
    fs::File::open(path)?.take(MAX_SETTINGS).read_to_string(&mut text)?;
    Ok(text)
}

/// The domains after `search` and `domain` (resolv.conf(5)). The last such line counts.
fn search_domains(settings: &str) -> Vec<String> {
    let mut domains = Vec::new();
    for line in settings.lines() {
        let mut words = line.split_ascii_whitespace();
        if matches!(words.next(), Some("search" | "domain")) {
            domains = words.map(plain).filter(|domain| !domain.is_empty()).collect();
        }
    }
    domains
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_localhost_the_machine_and_the_manifests_names_are_known() {
        let names = Names::new(&["Example.org".into()]);
        let own = machine();
        let short = own.split('.').next().unwrap();
        for (host, known) in [
            ("127.0.0.1", true),
            ("192.0.2.1:8080", true),
            ("[::1]", true),
            ("[2001:db8::1]:8080", true),
            ("localhost", true),
            ("LOCALHOST:8080", true),
            ("localhost.", true),
            ("app.localhost", true),
            ("example.org", true),
            ("EXAMPLE.org.:80", true),
            (&own, true),
            (&own.to_uppercase(), true),
            (&format!("{own}:8080"), true),
            (&format!("{short}.local"), true),
            (&format!("{short}.local.:8080"), true),
            (&format!("{short}.evil.example"), false),
            (&format!("x{short}.local"), false),
            ("www.example.org", false),
            ("example.org.evil.example", false),
            ("evil.example:8080", false),
            ("127.0.0.1.evil.example", false),
            ("2001:db8::1", false),
            ("127.1", false),
            ("", false),
            (":80", false),
            (".", false),
            (".local", false),
        ] {
            assert_eq!(names.have(host), known, "{host}");
        }
    }

    #[test]
    fn the_networks_domains_are_those_of_the_resolver() {
        for (settings, domains) in [
            ("", &[][..]),
            ("nameserver 192.0.2.1\nsearch lan Fritz.box.\n", &["lan", "fritz.box"]),
            ("domain a\nsearch b\n", &["b"]),
            ("search a\ndomain b", &["b"]),
            ("# search a\n;search b\nsearchx c\n  search d", &["d"]),
            ("search .", &[]),
        ] {
            assert_eq!(search_domains(settings), domains, "{settings}");
        }
    }
}
