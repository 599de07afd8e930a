//! Where a broker is: `mqtt://HOST:PORT`, or `mqtts://` through TLS.

use std::fmt;

use crate::http_client::url::{Host, UrlError, read_authority};

/// The port of a broker without TLS, if none is written (IANA's registry).
const PORT: u16 = 1883;
/// The port with TLS.
const TLS_PORT: u16 = 8883;

/// The address of a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Whether the connection is through TLS.
    pub tls: bool,
    /// The name or the address. A name is looked up at each connection.
    pub host: Host,
    /// The port. 1883 by default, and 8883 with TLS.
    pub port: u16,
}

/// Why a text is no address of a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressError {
    /// It does not begin with `mqtt://` or `mqtts://`.
    Scheme,
    /// Something follows the port.
    Path,
    /// The host or the port is wrong.
    Authority(UrlError),
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// See [`AddressError`].
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = text.split_once("://").ok_or(AddressError::Scheme)?;
        let tls = match scheme {
            "mqtt" => false,
            "mqtts" => true,
            _ => return Err(AddressError::Scheme),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#']) {
            return Err(AddressError::Path);
        }
        let default = if tls { TLS_PORT } else { PORT };
        let (host, port) = read_authority(authority, default).map_err(AddressError::Authority)?;
        Ok(Self { tls, host, port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tls, host, port } = self;
        write!(f, "{}://{host}:{port}", if *tls { "mqtts" } else { "mqtt" })
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme => f.write_str("it has to begin with `mqtt://` or `mqtts://`"),
            Self::Path => f.write_str("it ends with the port, and has no path"),
            Self::Authority(UrlError::User) => {
                f.write_str("it has a user or a password; write them to a `credentials_file`")
            }
            Self::Authority(error) => error.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_the_port_of_its_scheme_unless_another_is_written() {
        for (text, shown) in [
            ("mqtt://10.0.0.2", "mqtt://10.0.0.2:1883"),
            ("mqtt://Broker.local/", "mqtt://broker.local:1883"),
            ("mqtts://broker", "mqtts://broker:8883"),
            ("mqtts://broker:1", "mqtts://broker:1"),
            ("mqtt://[::1]:1884", "mqtt://[::1]:1884"),
        ] {
            assert_eq!(Address::parse(text).unwrap().to_string(), shown);
        }
        for (text, expected) in [
            ("broker", "it has to begin with"),
            ("http://broker", "it has to begin with"),
            ("mqtt://broker/a", "has no path"),
            ("mqtt://a:b@broker", "credentials_file"),
            ("mqtt://", "host"),
            ("mqtt://broker:0", "port"),
            ("mqtt://broker:65536", "port"),
        ] {
            let said = Address::parse(text).unwrap_err().to_string();
            assert!(said.contains(expected), "{text}: {said}");
        }
    }
}
