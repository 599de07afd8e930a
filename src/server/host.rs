//! The host of a URL, as browsers write it: a name or an IP address.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// The longest name, and the longest part between two dots (RFC 1035, section 2.3.4).
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

/// A name or an IP address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// An address. One of IPv6 is in brackets.
    Ip(IpAddr),
    /// A name in lower case. A dot at its end is kept, since browsers keep it.
    Name(String),
}

/// Why a text is no host. Printed as what follows the text in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoHost {
    /// There is no text.
    Empty,
    /// Browsers send the ASCII form of such a name (RFC 5891).
    NotAscii,
    /// It has a `*`.
    Wildcard,
    /// It looks like an IP address, and is none in its usual form.
    Address,
    /// Nothing that a browser could look up.
    Name,
}

impl Host {
    /// Parses a host without a port.
    ///
    /// # Errors
    /// See [`NoHost`].
    pub fn parse(text: &str) -> Result<Self, NoHost> {
        if text.is_empty() {
            return Err(NoHost::Empty);
        }
        if !text.is_ascii() {
            return Err(NoHost::NotAscii);
        }
        if let Some(rest) = text.strip_prefix('[') {
            let address = rest.strip_suffix(']').and_then(|rest| rest.parse::<Ipv6Addr>().ok());
            return address.map(|address| Self::Ip(address.into())).ok_or(NoHost::Address);
        }
        if text.contains('*') {
            return Err(NoHost::Wildcard);
        }
        let text = text.to_ascii_lowercase();
        let name = text.strip_suffix('.').unwrap_or(&text);
        if name.rsplit('.').next().is_some_and(is_number) {
            // Browsers take this for an IPv4 address, or for nothing.
            let address = text.parse::<Ipv4Addr>().map_err(|_| NoHost::Address)?;
            return Ok(Self::Ip(address.into()));
        }
        let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let is_label =
            |label: &str| (1..=MAX_LABEL).contains(&label.len()) && label.bytes().all(is_name_byte);
        if name.len() > MAX_NAME || !name.split('.').all(is_label) {
            return Err(NoHost::Name);
        }
        Ok(Self::Name(text))
    }

    /// Parses what a request calls the host, with or without a port. The port is `None` if there is
    /// none.
    pub(crate) fn with_port(text: &str) -> Option<(Self, Option<u16>)> {
        let (host, port) = split_port(text);
        let port = match port {
            None | Some("") => None,
            Some(port) => Some(port.parse().ok()?),
        };
        Some((Self::parse(host).ok()?, port))
    }
}

/// Splits a port off. It is `None` without a colon.
pub(crate) fn split_port(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        // A colon inside the brackets of an IPv6 address.
        Some((_, port)) if port.ends_with(']') => (text, None),
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    }
}

/// Whether the last part of a host means that it is an IPv4 address, in decimal or in hexadecimal.
fn is_number(label: &str) -> bool {
    let digits = label.strip_prefix("0x");
    let is_hex = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.is_some_and(is_hex)
        || (!label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit()))
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ip(IpAddr::V4(address)) => address.fmt(f),
            // Browsers write the last four bytes in hexadecimal here too.
            Self::Ip(IpAddr::V6(address)) if address.to_ipv4_mapped().is_some() => {
                let [.., high, low] = address.segments();
                write!(f, "[::ffff:{high:x}:{low:x}]")
            }
            Self::Ip(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

impl fmt::Display for NoHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "has no host",
            Self::NotAscii => "has letters beyond ASCII, which browsers do not send",
            Self::Wildcard => "has a `*`, which stands for nothing here",
            Self::Address => "has no IP address in its usual form",
            Self::Name => "has no valid host name",
        })
    }
}

impl std::error::Error for NoHost {}

impl NoHost {
    /// What to write instead.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::Empty | Self::Name => {
                "write a name of letters, digits, `-`, `_` and dots, or an IP address"
            }
            Self::NotAscii => "write the name in its ASCII form, such as xn--bcher-kva.example",
            Self::Wildcard => "write each name out",
            Self::Address => "write it such as 192.0.2.1 or [2001:db8::1]",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_in_the_form_of_browsers() {
        let longest_label = "a".repeat(63);
        let longest = format!("{0}.{0}.{0}.{1}", longest_label, "a".repeat(61));
        for (text, expected) in [
            ("a", Ok("a")),
            ("A.Example", Ok("a.example")),
            ("a.example.", Ok("a.example.")),
            ("my_host-1", Ok("my_host-1")),
            ("1.example", Ok("1.example")),
            ("0xfg", Ok("0xfg")),
            ("127.0.0.1", Ok("127.0.0.1")),
            ("[::1]", Ok("[::1]")),
            ("[0:0::1]", Ok("[::1]")),
            ("[2001:DB8::0:1]", Ok("[2001:db8::1]")),
            ("[::ffff:127.0.0.1]", Ok("[::ffff:7f00:1]")),
            (&longest, Ok(&longest)),
            ("", Err(NoHost::Empty)),
            ("b\u{fc}cher.example", Err(NoHost::NotAscii)),
            ("*", Err(NoHost::Wildcard)),
            ("*.example", Err(NoHost::Wildcard)),
            ("127.1", Err(NoHost::Address)),
            ("127.0.0.1.", Err(NoHost::Address)),
            ("127.0.0.01", Err(NoHost::Address)),
            ("0x7f.1", Err(NoHost::Address)),
            ("0x7f000001", Err(NoHost::Address)),
            ("2130706433", Err(NoHost::Address)),
            ("a.1", Err(NoHost::Address)),
            ("[::1", Err(NoHost::Address)),
            ("[127.0.0.1]", Err(NoHost::Address)),
            ("[fe80::1%eth0]", Err(NoHost::Address)),
            (".", Err(NoHost::Name)),
            (".a", Err(NoHost::Name)),
            ("a..b", Err(NoHost::Name)),
            ("a b", Err(NoHost::Name)),
            ("a:1", Err(NoHost::Name)),
            ("u@a", Err(NoHost::Name)),
            ("a,b", Err(NoHost::Name)),
            (&format!("{longest_label}a"), Err(NoHost::Name)),
            (&format!("a{longest}"), Err(NoHost::Name)),
        ] {
            let found = Host::parse(text).map(|host| host.to_string());
            assert_eq!(found.as_deref().map_err(|error| *error), expected, "{text}");
        }
    }

    #[test]
    fn a_port_follows_the_host_and_a_colon_in_brackets_is_none() {
        for (text, expected) in [
            ("a", Some(("a", None))),
            ("a:", Some(("a", None))),
            ("a:80", Some(("a", Some(80)))),
            ("A:080", Some(("a", Some(80)))),
            ("[::1]", Some(("[::1]", None))),
            ("[::1]:8080", Some(("[::1]", Some(8080)))),
            ("::1", None),
            ("a:65536", None),
            ("a:b", None),
            (":80", None),
            ("", None),
        ] {
            let found = Host::with_port(text).map(|(host, port)| (host.to_string(), port));
            let found = found.as_ref().map(|(host, port)| (host.as_str(), *port));
            assert_eq!(found, expected, "{text}");
        }
    }
}
