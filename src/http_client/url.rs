//! Addresses of the web: `https://host:port/path?query`, in a form in which equal ones are the same
//! text.
//!
//! The manifest's grants and what an actor asks for pass through the same parser, so that no other
//! spelling of an address gets around a grant. The parser is strict: what servers are known to read
//! in different ways is refused.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use super::path;
use super::url_error::MAX;
pub use super::url_error::UrlError;

/// The longest name of a host in bytes (RFC 1035, section 2.3.4).
const MAX_NAME: usize = 253;
/// The longest part of such a name.
const MAX_LABEL: usize = 63;

/// How to speak with a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Without TLS.
    Http,
    /// Through TLS.
    Https,
}

/// Who the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name in lower case, without a dot at its end.
    Name(Box<str>),
    /// An address.
    Address(IpAddr),
}

/// A scheme, a host and a port. What one origin is told is not for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Says whether there is TLS.
    pub scheme: Scheme,
    /// Whom to connect to.
    pub host: Host,
    /// The port, which is the scheme's own if none was written.
    pub port: u16,
}

/// An address without a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// The server.
    pub origin: Origin,
    /// The path in its normal form. It begins with `/`.
    pub path: String,
    /// The text after `?`, if there is a `?`.
    pub query: Option<String>,
}

impl Scheme {
    /// The port that it has unless another is written.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl Url {
    /// Reads an absolute address. A fragment is left out.
    ///
    /// # Errors
    /// See [`UrlError`].
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        if text.len() > MAX {
            return Err(UrlError::TooLong);
        }
        let (scheme, rest) = text.split_once("://").ok_or(UrlError::Scheme)?;
        let scheme = if scheme.eq_ignore_ascii_case("http") {
            Scheme::Http
        } else if scheme.eq_ignore_ascii_case("https") {
            Scheme::Https
        } else {
            return Err(UrlError::Scheme);
        };
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        let (host, port) = read_authority(authority, scheme.default_port())?;
        let query = query.map(path::checked_query).transpose()?;
        let path = path::normal(if path.is_empty() { "/" } else { path })?;
        Ok(Self { origin: Origin { scheme, host, port }, path, query })
    }

    /// Reads a reference in a document of this address (RFC 3986, section 5.2), such as that of a
    /// redirect.
    ///
    /// # Errors
    /// See [`UrlError`].
    pub fn join(&self, reference: &str) -> Result<Self, UrlError> {
        let reference = reference.split_once('#').map_or(reference, |(before, _)| before);
        let end = reference.find(['/', '?']).unwrap_or(reference.len());
        if reference.get(..end).is_some_and(|first| first.contains(':')) {
            return Self::parse(reference);
        }
        let origin = &self.origin;
        if let Some(rest) = reference.strip_prefix("//") {
            let scheme = match origin.scheme {
                Scheme::Http => "http",
                Scheme::Https => "https",
            };
            return Self::parse(&format!("{scheme}://{rest}"));
        }
        if reference.starts_with('/') {
            return Self::parse(&format!("{origin}{reference}"));
        }
        if reference.is_empty() {
            return Ok(self.clone());
        }
        let path = &self.path;
        if reference.starts_with('?') {
            return Self::parse(&format!("{origin}{path}{reference}"));
        }
        let folder = path.rfind('/').and_then(|end| path.get(..=end)).unwrap_or("/");
        Self::parse(&format!("{origin}{folder}{reference}"))
    }
}

/// Reads a host and a port, which is `default` if none is written.
///
/// # Errors
/// See [`UrlError`].
pub(crate) fn read_authority(text: &str, default: u16) -> Result<(Host, u16), UrlError> {
    if text.contains('@') {
        return Err(UrlError::User);
    }
    let end = match text.strip_prefix('[').and_then(|rest| rest.find(']')) {
        Some(inside) => inside + 2,
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, port) = text.split_at_checked(end).ok_or(UrlError::Host)?;
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => default,
        None => return Err(UrlError::Host),
        Some("") => default,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().filter(|port| *port > 0).ok_or(UrlError::Port)?
        }
        Some(_) => return Err(UrlError::Port),
    };
    Ok((read_host(host)?, port))
}

/// Reads a host. What a system's resolver would take for a number of an address is refused, unless
/// it is an address in the usual form.
fn read_host(text: &str) -> Result<Host, UrlError> {
    if let Some(inside) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address: Ipv6Addr = inside.parse().map_err(|_| UrlError::Host)?;
        return Ok(Host::Address(address.to_canonical()));
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Address(address.into()));
    }
    if !text.is_ascii() {
        return Err(UrlError::International);
    }
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_label =
        |label: &str| (1..=MAX_LABEL).contains(&label.len()) && label.bytes().all(allowed);
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    if name.len() > MAX_NAME || is_number || !name.split('.').all(is_label) {
        return Err(UrlError::Host);
    }
    Ok(Host::Name(name.into()))
}

impl fmt::Display for Host {
    /// As in an address: IPv6 in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

impl fmt::Display for Origin {
    /// Without the scheme's own port.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, host, port } = self;
        let name = match scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{name}://{host}")?;
        if *port == scheme.default_port() { Ok(()) } else { write!(f, ":{port}") }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)?;
        self.query.as_ref().map_or(Ok(()), |query| write!(f, "?{query}"))
    }
}
