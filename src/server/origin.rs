//! Web origins (RFC 6454): where a page comes from.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

/// A web origin, as the field `Origin` and the manifest's `origins` have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `null`: a page whose origin the browser hides, such as one in a sandboxed frame or a file.
    Null,
    /// `file://`, which some libraries for microcontrollers send.
    File,
    /// A scheme, a host and a port.
    Of {
        /// In lower case.
        scheme: String,
        /// In lower case.
        host: String,
        /// `None` for the scheme's default port, written or not.
        port: Option<u16>,
    },
}

/// Why a browser never sends an origin like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// It is no scheme, `://` and host.
    Form,
    /// Something follows the host and the port.
    Tail,
    /// A user comes before the host.
    User,
    /// It has a `*`.
    Wildcard,
    /// It has letters that browsers write in another way.
    Letters,
    /// The port is the scheme's default one.
    DefaultPort,
    /// The port is no number from 1 to 65535, as browsers write it.
    Port,
    /// The address is written in another way than browsers do.
    Address,
    /// No page has this scheme.
    Scheme,
}

/// The port that a scheme has if none is written.
pub(crate) fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    }
}

/// Splits a host from its port. An IPv6 address keeps its brackets.
pub(crate) fn split_port(authority: &str) -> (&str, Option<&str>) {
    let end = authority.rfind(']').map_or(0, |end| end + 1);
    match authority.get(end..).and_then(|rest| rest.find(':')) {
        Some(at) => (
            authority.get(..end + at).unwrap_or_default(),
            authority.get(end + at + 1..).filter(|port| !port.is_empty()),
        ),
        None => (authority, None),
    }
}

impl Origin {
    /// Parses an origin. The case of letters and a written default port make no difference (RFC 6454,
    /// sections 4 and 5). `None` if it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        match text.as_str() {
            "null" => return Some(Self::Null),
            "file://" => return Some(Self::File),
            _ => {}
        }
        let (scheme, authority) = text.split_once("://")?;
        let (host, port) = split_port(authority);
        let is_outside = |byte: u8| byte <= b' ' || b"/?#@\\".contains(&byte);
        if scheme.is_empty() || host.is_empty() || authority.bytes().any(is_outside) {
            return None;
        }
        let port = match port {
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(port.parse().ok()?)
            }
            Some(_) => return None,
            None => None,
        };
        let port = port.filter(|port| Some(*port) != default_port(scheme));
        Some(Self::Of { scheme: scheme.into(), host: host.into(), port })
    }

    /// Parses an entry of a manifest, which must be as a browser sends it: an entry that no browser
    /// sends would never match.
    ///
    /// # Errors
    /// Why no browser sends it.
    pub fn exact(text: &str) -> Result<Self, Mistake> {
        if matches!(text, "null" | "file://") {
            return Self::parse(text).ok_or(Mistake::Form);
        }
        let (scheme, rest) = text.split_once("://").ok_or(Mistake::Form)?;
        if rest.contains('*') {
            return Err(Mistake::Wildcard);
        }
        if rest.contains('@') {
            return Err(Mistake::User);
        }
        if rest.contains(['/', '?', '#', '\\']) {
            return Err(Mistake::Tail);
        }
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase();
        if !text.bytes().all(is_plain) {
            return Err(Mistake::Letters);
        }
        let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        if !scheme.bytes().all(is_scheme) || matches!(scheme, "" | "file") {
            return Err(Mistake::Form);
        }
        if matches!(scheme, "ws" | "wss") {
            return Err(Mistake::Scheme);
        }
        let (host, port) = split_port(rest);
        if host.is_empty() || (rest.starts_with('[') && !rest.contains(']')) {
            return Err(Mistake::Form);
        }
        if rest.ends_with(':') {
            return Err(Mistake::Port);
        }
        if let Some(port) = port {
            let number = port.parse::<u16>().map_err(|_| Mistake::Port)?;
            if number == 0 || number.to_string() != port {
                return Err(Mistake::Port);
            }
            if Some(number) == default_port(scheme) {
                return Err(Mistake::DefaultPort);
            }
        }
        check_address(host)?;
        Self::parse(text).ok_or(Mistake::Form)
    }

    /// Whether a page of this origin was loaded from `host`, the host and port of a request. The
    /// origin's scheme says which port is meant if none is written, because a proxy may speak TLS for
    /// the host.
    pub(crate) fn is_of(&self, host: &str) -> bool {
        let Self::Of { scheme, .. } = self else { return false };
        matches!(scheme.as_str(), "http" | "https")
            && Self::parse(&format!("{scheme}://{host}")).as_ref() == Some(self)
    }
}

/// Checks that an address is written as browsers write it.
fn check_address(host: &str) -> Result<(), Mistake> {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').ok_or(Mistake::Form)?;
        let parsed = address.parse::<Ipv6Addr>().map_err(|_| Mistake::Address)?;
        return if written(parsed) == address { Ok(()) } else { Err(Mistake::Address) };
    }
    // A browser takes a host whose last part is a number for an IPv4 address.
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let is_number = |part: &str| {
        let hex = part.strip_prefix("0x").unwrap_or("-");
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
            || hex.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    if is_number(last) && host.parse::<Ipv4Addr>().is_err() {
        return Err(Mistake::Address);
    }
    Ok(())
}

/// An IPv6 address as browsers write it (WHATWG URL, "IPv6 serializer"): without dots.
fn written(address: Ipv6Addr) -> String {
    match address.to_ipv4_mapped() {
        Some(_) => {
            let [.., high, low] = address.segments();
            format!("::ffff:{high:x}:{low:x}")
        }
        None => address.to_string(),
    }
}

impl Mistake {
    /// What to write instead of `text`.
    pub(crate) fn advice(self, text: &str) -> String {
        let example = "write a scheme and a host, such as \"https://example.org\"";
        match self {
            Self::Form => format!("{example}; or \"self\", \"null\" or \"file://\""),
            Self::Tail => {
                let end = text.find("://").map_or(0, |at| at + 3);
                let rest = text.get(end..).unwrap_or_default();
                let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
                format!("an origin ends with its host and port: write \"{}{host}\"", &text[..end])
            }
            Self::User => "an origin names no user: write only scheme, host and port".into(),
            Self::Wildcard => {
                "there are no patterns: write each origin; without `origins` all may connect".into()
            }
            Self::Letters => {
                "browsers send lower case, and other letters in Punycode (\"xn--…\")".into()
            }
            Self::DefaultPort => {
                let host = text.rfind(':').and_then(|at| text.get(..at)).unwrap_or_default();
                format!("browsers leave the scheme's default port out: write \"{host}\"")
            }
            Self::Port => "write a port from 1 to 65535 without zeros before it, or none".into(),
            Self::Address => {
                "browsers write an IPv4 address as four numbers, and an IPv6 address in its shortest \
                 form"
                    .into()
            }
            Self::Scheme => {
                format!("a page has the scheme of its own address: write \"http{}\"", {
                    text.strip_prefix("ws").unwrap_or_default()
                })
            }
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::File => f.write_str("file://"),
            Self::Of { scheme, host, port: None } => write!(f, "{scheme}://{host}"),
            Self::Of { scheme, host, port: Some(port) } => write!(f, "{scheme}://{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_compared_by_scheme_host_and_port() {
        for (one, other, same) in [
            ("http://a", "http://a:80", true),
            ("https://a", "https://a:443", true),
            ("http://A", "HTTP://a", true),
            ("http://a", "https://a", false),
            ("http://a:443", "https://a:443", false),
            ("http://a:8080", "http://a", false),
            ("http://a", "http://a.", false),
            ("http://[::1]", "http://[::1]:80", true),
            ("x://a", "x://a:80", false),
            ("null", "NULL", true),
            ("file://", "null", false),
        ] {
            let (one, other) = (Origin::parse(one).unwrap(), Origin::parse(other).unwrap());
            assert_eq!(one == other, same, "{one} and {other}");
        }
    }

    #[test]
    fn what_is_no_origin_equals_none() {
        for text in [
            "",
            "a",
            "http://",
            "://a",
            "http://a/",
            "http://a?x",
            "http://u@a",
            "http://a:b",
            "http://a:65536",
            "http://a:-1",
            "http://a b",
            "http://a\\b",
            "file:///x",
        ] {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_entry_is_written_as_browsers_send_it() {
        for text in [
            "http://example.org",
            "https://example.org:8443",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
            "http://[::ffff:c000:201]",
            "http://localhost",
            "http://xn--bcher-kva.example",
            "chrome-extension://abcdefghijklmnop",
            "moz-extension://11111111-2222",
            "capacitor://localhost",
            "http://1.example",
            "null",
            "file://",
        ] {
            assert_eq!(Origin::exact(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_entry_that_no_browser_sends_is_a_mistake_with_its_advice() {
        for (text, mistake, advice) in [
            ("example.org", Mistake::Form, "\"https://example.org\""),
            ("https://", Mistake::Form, "\"https://example.org\""),
            ("file://x", Mistake::Form, "\"file://\""),
            ("a b://x", Mistake::Letters, "lower case"),
            ("https://a/", Mistake::Tail, "write \"https://a\""),
            ("https://a:1/x", Mistake::Tail, "write \"https://a:1\""),
            ("https://a?x", Mistake::Tail, "write \"https://a\""),
            ("https://a#x", Mistake::Tail, "write \"https://a\""),
            ("https://u@a", Mistake::User, "no user"),
            ("https://*", Mistake::Wildcard, "no patterns"),
            ("https://*.example.org", Mistake::Wildcard, "no patterns"),
            ("https://Example.org", Mistake::Letters, "lower case"),
            ("HTTPS://example.org", Mistake::Letters, "lower case"),
            ("https://bücher.example", Mistake::Letters, "Punycode"),
            ("https://example.org:443", Mistake::DefaultPort, "write \"https://example.org\""),
            ("http://[::1]:80", Mistake::DefaultPort, "write \"http://[::1]\""),
            ("https://a:", Mistake::Port, "from 1 to 65535"),
            ("https://a:0", Mistake::Port, "from 1 to 65535"),
            ("https://a:080", Mistake::Port, "without zeros"),
            ("https://a:65536", Mistake::Port, "from 1 to 65535"),
            ("https://a:b", Mistake::Port, "from 1 to 65535"),
            ("http://127.1", Mistake::Address, "four numbers"),
            ("http://0x7f000001", Mistake::Address, "four numbers"),
            ("http://010.0.0.1", Mistake::Address, "four numbers"),
            ("http://[0:0::1]", Mistake::Address, "shortest"),
            ("http://[::ffff:192.0.2.1]", Mistake::Address, "shortest"),
            ("http://[x]", Mistake::Address, "shortest"),
            ("http://[::1", Mistake::Form, "\"https://example.org\""),
            ("ws://a", Mistake::Scheme, "write \"http://a\""),
            ("wss://a:8443", Mistake::Scheme, "write \"https://a:8443\""),
        ] {
            assert_eq!(Origin::exact(text), Err(mistake), "{text}");
            assert!(mistake.advice(text).contains(advice), "{text}: {}", mistake.advice(text));
        }
    }

    #[test]
    fn a_page_is_of_a_host_by_name_and_port() {
        for (origin, host, expected) in [
            ("http://a", "a", true),
            ("http://a", "a:80", true),
            ("http://a:80", "a", true),
            ("https://a", "a:443", true),
            ("https://a", "a", true),
            ("http://a:8080", "A:8080", true),
            ("http://[::1]:8080", "[::1]:8080", true),
            ("http://a:8080", "a", false),
            ("https://a", "a:80", false),
            ("http://a", "b", false),
            ("x://a", "a", false),
            ("null", "null", false),
        ] {
            let origin = Origin::parse(origin).unwrap();
            assert_eq!(origin.is_of(host), expected, "{origin} of {host}");
        }
    }
}
