//! Takes over listeners from the service manager: socket activation.
//!
//! The variables `LISTEN_PID` and `LISTEN_FDS` describe them, see `sd_listen_fds(3)`. The manager
//! keeps them open while this program restarts, so clients wait and are not refused. Their ports
//! may be below 1024.

use std::{
    env, fmt, io,
    net::{SocketAddr, TcpListener},
    process,
};

use listenfd::ListenFd;
use rustix::net::sockopt::socket_acceptconn;

/// The first file descriptor that is passed.
const FIRST_FD: usize = 3;
/// The most sockets that are taken over, far more than manifests have listeners. Without it, a
/// wrong number would allocate that much memory.
const MAX_SOCKETS: usize = 1024;

/// The listeners that were passed and that no manifest has taken yet.
#[derive(Debug, Default)]
pub struct Inherited {
    /// The descriptor, the listener and its address. The descriptor is for messages.
    listeners: Vec<(usize, TcpListener, SocketAddr)>,
}

/// Why a passed socket can't be used. The operator's fault, in the `.socket` unit or in a manifest.
#[derive(Debug)]
#[non_exhaustive]
pub enum InheritedError {
    /// `LISTEN_FDS` is not a number, or too large.
    Count {
        /// As the variable has it.
        value: String,
    },
    /// A descriptor is not a listening TCP socket.
    NoListener {
        /// Its number, counted from 3, as systemd passes it.
        descriptor: usize,
        /// From the system.
        error: io::Error,
    },
    /// No manifest has a listener with this address.
    Unnamed {
        /// Its number, counted from 3, as systemd passes it.
        descriptor: usize,
        /// Where it listens. The advice says which manifest to change.
        address: SocketAddr,
    },
}

impl Inherited {
    /// Takes over the sockets that were passed to this process. Call it once, before there is a
    /// second thread, because it removes the variables from the environment.
    ///
    /// # Errors
    /// A socket is not a TCP listener.
    pub fn from_environment() -> Result<Self, InheritedError> {
        // The variables may be inherited from a parent process for which they were meant.
        let for_us = env::var("LISTEN_PID").is_ok_and(|pid| pid == process::id().to_string());
        let Some(value) = env::var_os("LISTEN_FDS").filter(|_| for_us) else {
            return Ok(Self::default());
        };
        let count = value.to_str().and_then(|text| text.parse::<usize>().ok());
        if count.is_none_or(|count| count > MAX_SOCKETS) {
            return Err(InheritedError::Count { value: value.to_string_lossy().into_owned() });
        }
        let mut found = ListenFd::from_env();
        let mut listeners = Vec::new();
        for index in 0..found.len() {
            let descriptor = FIRST_FD.saturating_add(index);
            let wrong = |error| InheritedError::NoListener { descriptor, error };
            let Some(listener) = found.take_tcp_listener(index).map_err(wrong)? else { continue };
            let address = listens(&listener).map_err(wrong)?;
            listeners.push((descriptor, listener, address));
        }
        Ok(Self { listeners })
    }

    /// Takes the listener that stands in for `address`, if there is one.
    pub(crate) fn take(&mut self, address: SocketAddr) -> Option<TcpListener> {
        let fits = |(_, _, own): &(_, _, SocketAddr)| stands_for(*own, address);
        let index = self.listeners.iter().position(fits)?;
        Some(self.listeners.remove(index).1)
    }

    /// Checks that all listeners have been taken.
    ///
    /// # Errors
    /// One is left, so a manifest and a `.socket` unit don't match.
    pub(crate) fn all_taken(&self) -> Result<(), InheritedError> {
        match self.listeners.first() {
            None => Ok(()),
            Some((descriptor, _, address)) => {
                Err(InheritedError::Unnamed { descriptor: *descriptor, address: *address })
            }
        }
    }
}

/// The address of a listening TCP socket.
fn listens(socket: &TcpListener) -> io::Result<SocketAddr> {
    if !socket_acceptconn(socket)? {
        return Err(io::Error::other("it is a socket that does not listen"));
    }
    socket.local_addr()
}

/// Whether a socket with the address `own` stands in for `address`. A socket that listens on all
/// addresses stands in for each of them. The `.socket` unit then decides which networks can
/// connect.
fn stands_for(own: SocketAddr, address: SocketAddr) -> bool {
    let same = || own.ip().to_canonical() == address.ip().to_canonical();
    own.port() == address.port() && (own.ip().is_unspecified() || same())
}

impl fmt::Display for InheritedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { value } => write!(
                f,
                "LISTEN_FDS: {value:?} is no number of sockets from 0 to {MAX_SOCKETS}; the service \
                 manager sets it, so do not set it by hand"
            ),
            Self::NoListener { descriptor, error } => write!(
                f,
                "LISTEN_FDS: descriptor {descriptor} is no TCP listener: {error}; in the .socket \
                 unit write ListenStream= with a port or an address and a port, and Accept=no"
            ),
            Self::Unnamed { descriptor, address } => write!(
                f,
                "LISTEN_FDS: descriptor {descriptor} listens on {address}, which no manifest has; \
                 make a handler's `host` (or --bind) and `port` fit ListenStream= in the .socket \
                 unit"
            ),
        }
    }
}

impl std::error::Error for InheritedError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoListener { error, .. } => Some(error),
            Self::Count { .. } | Self::Unnamed { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_stands_in_for_its_address_and_a_wildcard_for_all_addresses() {
        for (own, address, fits) in [
            ("127.0.0.1:80", "127.0.0.1:80", true),
            ("127.0.0.1:80", "127.0.0.1:81", false),
            ("127.0.0.1:80", "127.0.0.2:80", false),
            ("0.0.0.0:80", "127.0.0.1:80", true),
            ("[::]:80", "127.0.0.1:80", true),
            ("[::]:80", "0.0.0.0:80", true),
            ("[::]:80", "[::1]:80", true),
            ("[::]:80", "[::1]:0", false),
            ("[::ffff:127.0.0.1]:80", "127.0.0.1:80", true),
            ("127.0.0.1:80", "0.0.0.0:80", false),
            ("[::1]:80", "127.0.0.1:80", false),
        ] {
            let found = stands_for(own.parse().unwrap(), address.parse().unwrap());
            assert_eq!(found, fits, "{own} for {address}");
        }
    }
}
