//! The names that the network gives this machine: its host name, alone or with a domain.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use smol::unblock;

use super::host::Host;
use crate::{lock::Lock, regular};

/// The resolver's configuration, which has the domains of the network.
const RESOLVER: &str = "/etc/resolv.conf";
/// The most bytes of that file.
const MAX_BYTES: usize = 64 << 10;
/// The most domains that are used of it. The resolver itself uses six.
const MAX_DOMAINS: usize = 32;
/// The domain of multicast DNS (RFC 6762), which needs no configuration.
const MULTICAST: &str = "local";
/// The least time between two readings of the resolver's configuration.
const LOOK: Duration = Duration::from_secs(1);

/// Knows the machine's names. The host name may change while the program runs, so it is asked for
/// at each use. The domains come from a file, which the network's configuration may write late.
#[derive(Debug)]
pub(crate) struct Machine(Lock<Domains>);

/// The domains of the resolver's configuration.
#[derive(Debug)]
struct Domains {
    /// In lower case.
    names: Vec<String>,
    /// When the file was last read; `None` while it is read.
    looked: Option<Instant>,
}

impl Machine {
    /// Reads the resolver's configuration.
    pub(crate) fn new() -> Self {
        Self(Lock::new(Domains { names: domains(), looked: Some(Instant::now()) }))
    }

    /// Whether this machine has a name, which is in lower case and has no dot at the end.
    pub(crate) fn has(&self, name: &str) -> bool {
        is_name(&node(), &self.0.lock().names, name)
    }

    /// All names of this machine.
    pub(crate) fn names(&self) -> Vec<String> {
        all_names(&node(), &self.0.lock().names)
    }

    /// Reads the resolver's configuration again if that was not done for a second. Returns whether it
    /// was read.
    pub(crate) async fn renew(&self) -> bool {
        let is_due = |looked: &mut Instant| looked.elapsed() >= LOOK;
        if self.0.lock().looked.take_if(is_due).is_none() {
            return false;
        }
        let look = Look(self);
        let found = unblock(domains).await;
        look.0.0.lock().names = found;
        true
    }
}

/// A reading of the file. It ends when it is dropped, also if its request was given up.
struct Look<'a>(&'a Machine);

impl Drop for Look<'_> {
    fn drop(&mut self) {
        self.0.0.lock().looked = Some(Instant::now());
    }
}

/// The machine's host name in lower case, as the kernel has it.
fn node() -> String {
    rustix::system::uname().nodename().to_string_lossy().to_ascii_lowercase()
}

/// The domains of the resolver's configuration. None if it can't be read.
fn domains() -> Vec<String> {
    let bytes = regular::read(Path::new(RESOLVER), MAX_BYTES).unwrap_or_default();
    parse_domains(&String::from_utf8_lossy(&bytes))
}

/// The domains in a text of the form of `resolv.conf`.
fn parse_domains(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::split_ascii_whitespace);
    let found = lines.filter_map(|mut words| {
        let key = words.next()?;
        matches!(key, "search" | "domain").then_some(words)
    });
    let names = found.flatten().filter_map(|domain| match Host::parse(domain) {
        Ok(Host::Name(name)) => Some(name.trim_end_matches('.').to_owned()),
        // The root, or no name.
        _ => None,
    });
    names.take(MAX_DOMAINS).collect()
}

/// The first part of a host name, which others know it by in each domain.
fn label(node: &str) -> &str {
    node.split('.').next().unwrap_or_default()
}

/// Whether `name` is a name of the machine with this host name, in these domains.
fn is_name(node: &str, domains: &[String], name: &str) -> bool {
    if !matches!(Host::parse(node), Ok(Host::Name(_))) {
        return false;
    }
    let domain = name.strip_prefix(label(node)).and_then(|rest| rest.strip_prefix('.'));
    let is_domain = |domain: &str| domain == MULTICAST || domains.iter().any(|own| own == domain);
    name == node || name == label(node) || domain.is_some_and(is_domain)
}

/// All names of the machine with this host name, in these domains.
fn all_names(node: &str, domains: &[String]) -> Vec<String> {
    let label = label(node);
    let all = [MULTICAST].into_iter().chain(domains.iter().map(String::as_str));
    let all = all.map(|domain| format!("{label}.{domain}"));
    let mut names = Vec::new();
    for name in [label.to_owned(), node.to_owned()].into_iter().chain(all) {
        if is_name(node, domains, &name) && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domains_are_those_of_all_search_and_domain_lines() {
        let text = "# search no.example\nnameserver 192.0.2.1\nsearch Fritz.Box lan. .\n\
                    domain\texample.org\noptions search\nsearch 192.0.2.1 *.a\n;search no\n";
        assert_eq!(parse_domains(text), ["fritz.box", "lan", "example.org"]);
        assert_eq!(parse_domains(&"search a b c d\n".repeat(100)).len(), MAX_DOMAINS);
    }

    #[test]
    fn a_machine_is_known_by_its_name_alone_and_in_its_domains() {
        let domains = ["lan".to_owned(), "fritz.box".into()];
        for (node, name, known) in [
            ("pi", "pi", true),
            ("pi", "pi.local", true),
            ("pi", "pi.lan", true),
            ("pi", "pi.fritz.box", true),
            ("pi.example.org", "pi.example.org", true),
            ("pi.example.org", "pi", true),
            ("pi.example.org", "pi.local", true),
            ("pi", "pi.example.org", false),
            ("pi", "pi.local.lan", false),
            ("pi", "a.pi.local", false),
            ("pi", "pi2", false),
            ("pi", "pi-2.local", false),
            ("pi", "local", false),
            ("pi", "lan", false),
            ("pi", "pi.", false),
            ("(none)", "(none)", false),
            ("", "", false),
            ("", ".local", false),
        ] {
            assert_eq!(is_name(node, &domains, name), known, "{name} at {node}");
        }
        assert_eq!(all_names("pi", &domains), ["pi", "pi.local", "pi.lan", "pi.fritz.box"]);
        let long = all_names("pi.example.org", &[]);
        assert_eq!(long, ["pi", "pi.example.org", "pi.local"]);
        assert!(all_names("", &domains).is_empty());
    }
}
