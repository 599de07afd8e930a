//! The origin of a web page (RFC 6454): what a browser sends in `Origin`, and what the manifest's
//! `origins` allow.

use std::fmt;

use super::host::{Host, split_port};

/// The schemes that have a default port. The other schemes of origins are those of apps and of
/// extensions, and have none.
const DEFAULT_PORTS: [(&str, u16); 2] = [("http", 80), ("https", 443)];

/// The origin of a web page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Of pages that belong nowhere, such as sandboxed frames. Any page can have such a frame.
    Null,
    /// Of some libraries on devices. Browsers send `null` for files.
    File,
    /// Of all others.
    Site(Site),
}

/// A scheme, a host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// In lower case.
    scheme: String,
    host: Host,
    /// The scheme's default if there is none. `None` if the scheme has no default either.
    port: Option<u16>,
}

/// What is wrong with an entry of `origins`, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginMistake {
    /// Follows the entry in a sentence.
    pub(crate) problem: String,
    pub(crate) advice: String,
}

/// The parts of a URL up to its host, and what follows.
struct Parts<'a> {
    scheme: &'a str,
    has_user: bool,
    host: &'a str,
    /// `None` without a colon.
    port: Option<&'a str>,
    /// The path, the query and the fragment.
    rest: &'a str,
}

impl<'a> Parts<'a> {
    /// Splits a text that has `://`.
    fn split(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let is_scheme_byte =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(is_scheme_byte);
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (has_user, authority) = match authority.rsplit_once('@') {
            Some((_, authority)) => (true, authority),
            None => (false, authority),
        };
        let (host, port) = split_port(authority);
        is_scheme.then_some(Self { scheme, has_user, host, port, rest })
    }

    /// The port: that of the text, or the scheme's default. The outer `None` means that it is not
    /// valid.
    fn port(&self, scheme: &str) -> Option<Option<u16>> {
        match self.port {
            None | Some("") => Some(default_port(scheme)),
            Some(port) => {
                let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
                let port = port.parse().ok().filter(|port| is_number && *port != 0);
                port.map(Some)
            }
        }
    }
}

impl Origin {
    /// Parses the value of a field `Origin`. A list of origins is none of them.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "null" => return Some(Self::Null),
            "file://" => return Some(Self::File),
            _ => {}
        }
        let parts = Parts::split(text).filter(|parts| !parts.has_user && parts.rest.is_empty())?;
        let scheme = parts.scheme.to_ascii_lowercase();
        let (host, port) = (Host::parse(parts.host).ok()?, parts.port(&scheme)?);
        Some(Self::Site(Site { scheme, host, port }))
    }

    /// Reads an entry of the manifest. It must be just what browsers send.
    ///
    /// # Errors
    /// No browser sends this.
    pub fn of_manifest(text: &str) -> Result<Self, OriginMistake> {
        let mistake = |problem: &str, advice: String| {
            Err(OriginMistake { problem: problem.to_owned(), advice })
        };
        let Some(parts) = Parts::split(text) else {
            return mistake("has no scheme", advice_on_scheme(text));
        };
        let scheme = parts.scheme.to_ascii_lowercase();
        let page_scheme = match scheme.as_str() {
            "ws" => "http",
            "wss" => "https",
            "file" if text == "file://" => return Ok(Self::File),
            "file" => return mistake("is no origin", "write \"file://\"".into()),
            other => other,
        };
        let host = match Host::parse(parts.host) {
            Ok(host) => host,
            Err(_) if parts.host.contains(':') && !parts.host.starts_with('[') => {
                let advice = "write an IPv6 address in brackets, and the port after them";
                return mistake("has no valid host", advice.into());
            }
            Err(error) => return mistake(&error.to_string(), error.advice().into()),
        };
        let Some(port) = parts.port(page_scheme) else {
            return mistake("has no valid port", "write a number from 1 to 65535".into());
        };
        let origin = Self::Site(Site { scheme: page_scheme.to_owned(), host, port });
        let meant = origin.to_string();
        if meant == text {
            return Ok(origin);
        }
        let problem = match parts.rest.bytes().next() {
            _ if page_scheme != scheme => "has the scheme of a WebSocket, not of a page",
            _ if parts.has_user => "has a user, and browsers send none",
            Some(b'?') => "has a query, and browsers send none",
            Some(b'#') => "has a fragment, and browsers send none",
            Some(_) if parts.rest == "/" => "has a `/` at the end, and browsers send none",
            Some(_) => "has a path, and browsers send none",
            None if parts.port.is_some() && port == default_port(&scheme) => {
                "has the scheme's default port, which browsers leave out"
            }
            None => "is not written as browsers do",
        };
        mistake(problem, format!("write \"{meant}\""))
    }

    /// Whether this is the origin of pages that the host of a request serves. `host` is what the
    /// request calls it, with or without a port. A proxy may have taken TLS away, so either scheme
    /// will do.
    pub(crate) fn is_of(&self, host: &str) -> bool {
        let Self::Site(site) = self else { return false };
        let default = default_port(&site.scheme);
        let Some((host, port)) = Host::with_port(host) else { return false };
        default.is_some() && host == site.host && port.or(default) == site.port
    }
}

/// The default port of a scheme.
fn default_port(scheme: &str) -> Option<u16> {
    DEFAULT_PORTS.iter().find(|(known, _)| *known == scheme).map(|(_, port)| *port)
}

/// Advice for an entry without a scheme.
fn advice_on_scheme(text: &str) -> String {
    let (host, _) = split_port(text);
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "self" | "null" => format!("write \"{lower}\""),
        _ if lower.starts_with("file:") => "write \"file://\"".into(),
        _ if Host::parse(host).is_ok() => {
            format!("write \"https://{lower}\" or \"http://{lower}\"")
        }
        _ => "write a scheme, a host and no path, such as \"https://example.org\"".into(),
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::File => f.write_str("file://"),
            Self::Site(Site { scheme, host, port }) => {
                write!(f, "{scheme}://{host}")?;
                match port {
                    Some(port) if Some(*port) != default_port(scheme) => write!(f, ":{port}"),
                    _ => Ok(()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
