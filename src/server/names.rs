//! The names that a listener is known by. Only these may a request use, if the manifest has
//! `origins`.
//!
//! A page of `http://evil.example` can have its own name point to this machine after it was loaded
//! (DNS rebinding). For the browser, the page and the host then have the same origin. Only the name in
//! the request tells the difference. An attacker can't do that with an IP address, which needs no
//! look-up, nor with a name that others give away.

use super::{
    error_response::ErrorResponse, host::Host, host::split_port, list::list, machine::Machine,
};
use crate::config::Value;

/// The name of the machine for itself (RFC 6761, section 6.3). Browsers look neither it nor the names
/// below it up.
const LOCALHOST: &str = "localhost";

/// The names of one listener.
#[derive(Debug)]
pub(crate) struct Names {
    /// Those of the manifest, in lower case and without a dot at the end.
    listed: Vec<String>,
    machine: Machine,
}

impl Names {
    /// These names of the manifest, and those of the machine.
    pub(crate) fn new(listed: &[String]) -> Self {
        Self { listed: listed.to_owned(), machine: Machine::new() }
    }

    /// Checks what a request calls the host, with or without a port. Any port is right, because a
    /// proxy or a router may listen at another one.
    ///
    /// # Errors
    /// The listener is not known by this name.
    pub(crate) fn check(&self, host: &str) -> Result<(), ErrorResponse> {
        let known = match Host::with_port(host) {
            Some((Host::Ip(_), _)) => true,
            Some((Host::Name(name), _)) => self.has(name.strip_suffix('.').unwrap_or(&name)),
            None => false,
        };
        if known { Ok(()) } else { Err(ErrorResponse::misdirected(split_port(host).0)) }
    }

    /// Whether the listener is known by this name, which is in lower case and has no dot at the end.
    fn has(&self, name: &str) -> bool {
        let is_local = name.strip_suffix(LOCALHOST);
        is_local.is_some_and(|before| before.is_empty() || before.ends_with('.'))
            || self.listed.iter().any(|listed| listed == name)
            || self.machine.has(name)
    }

    /// Finds out whether the machine has got other names. Returns false if that was done less than a
    /// second ago.
    pub(crate) async fn renew(&self) -> bool {
        self.machine.renew().await
    }
}

/// The names that a listener without `names` is known by, for people.
pub(crate) fn known_without_names() -> String {
    let mut names = vec![LOCALHOST.to_owned()];
    names.extend(Machine::new().names());
    names.join(", ")
}

/// Reads the key `names`: host names without a port, in lower case and without a dot at the end.
pub(super) fn read(value: &Value<'_>) -> Vec<String> {
    const EXAMPLE: &str = "write a list of host names such as [\"device.example.org\"]";
    list(value, EXAMPLE, |item, text| {
        let refuse = |problem: &str, advice: &str| {
            item.place.refuse(format!("{} {problem}", item.shown()), advice);
            None
        };
        match Host::parse(text) {
            Ok(Host::Name(name)) => Some(name.strip_suffix('.').unwrap_or(&name).to_owned()),
            Ok(Host::Ip(_)) => refuse(
                "is an address, and every address counts as a name already",
                "remove it; write only names here",
            ),
            Err(_) if text.contains("://") || text.contains('/') => {
                refuse("is a URL", "write only its host name, without scheme, port and path")
            }
            Err(_) if split_port(text).1.is_some() => {
                refuse("has a port, and a name counts at every port", "write it without the port")
            }
            Err(error) => refuse(&error.to_string(), error.advice()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_localhost_and_the_listed_names_are_known_at_any_port() {
        let names = Names::new(&["device.example.org".into(), "box".into()]);
        for (host, known) in [
            ("127.0.0.1", true),
            ("192.0.2.1:8080", true),
            ("[::1]", true),
            ("[2001:db8::1]:8080", true),
            ("[::ffff:192.0.2.1]", true),
            ("localhost", true),
            ("LocalHost.:8080", true),
            ("app.localhost", true),
            ("device.example.org", true),
            ("Device.Example.ORG:8443", true),
            ("device.example.org.", true),
            ("device.example.org:", true),
            ("box:1", true),
            ("evil.example", false),
            ("evil.example:80", false),
            ("example.org", false),
            ("a.device.example.org", false),
            ("device.example.org.evil.example", false),
            ("xlocalhost", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            // Not as browsers write an address.
            ("127.1", false),
            ("2130706433", false),
            ("127.0.0.1,evil.example", false),
            ("..", false),
            ("", false),
        ] {
            assert_eq!(names.check(host).is_ok(), known, "{host}");
        }
        let refusal = names.check("evil.example:80").unwrap_err().to_string();
        assert!(refusal.contains("names = [\"evil.example\"]"), "{refusal}");
        let refusal = names.check("a,b").unwrap_err().to_string();
        assert!(!refusal.contains("names = ["), "{refusal}");
    }
}
