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
mod tests;
