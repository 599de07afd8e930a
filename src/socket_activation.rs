//! Listeners that the service manager made and handed over: socket activation.
//!
//! The variables `LISTEN_PID` and `LISTEN_FDS` tell of them, as `sd_listen_fds(3)` has it. They
//! stay open in the manager while this program is started anew, so that clients wait instead of
//! being refused, and their ports may be below 1024.

use std::{
    env, fmt, io,
    net::{SocketAddr, TcpListener},
    process,
};

use listenfd::ListenFd;
use rustix::net::sockopt::socket_acceptconn;

/// The number of the first descriptor that is handed over.
const FIRST_FD: usize = 3;
/// The most that are taken, far beyond what manifests have listeners for. It keeps a wrong
/// number from becoming that much memory.
const MAX_SOCKETS: usize = 1024;

/// Listeners that were handed over and that nobody has taken yet.
#[derive(Debug, Default)]
pub struct Inherited {
    /// Each with the number that its descriptor had, and its address.
    listeners: Vec<(usize, TcpListener, SocketAddr)>,
}

/// What is wrong with what was handed over. The operator's fault, in the `.socket` unit or in
/// a manifest.
#[derive(Debug)]
#[non_exhaustive]
pub enum InheritedError {
    /// `LISTEN_FDS` is no number, or too large a one.
    Count {
        /// The value.
        value: String,
    },
    /// A descriptor is no TCP socket that listens.
    NoListener {
        /// The descriptor.
        descriptor: usize,
        /// Why not.
        error: io::Error,
    },
    /// No manifest has a listener at this address.
    Unnamed {
        /// The descriptor.
        descriptor: usize,
        /// Where it listens.
        address: SocketAddr,
    },
}

impl Inherited {
    /// Takes over what was meant for this process. To be called once, and before the process
    /// has a second thread, since it takes the variables out of the environment.
    ///
    /// # Errors
    /// Something was handed over that is no TCP listener.
    pub fn from_environment() -> Result<Self, InheritedError> {
        // A process that passes its environment on does not pass on what it was handed.
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

    /// The listener that takes the place of one at `address`, if there is one.
    pub fn take(&mut self, address: SocketAddr) -> Option<TcpListener> {
        let fits = |(_, _, own): &(_, _, SocketAddr)| stands_for(*own, address);
        let index = self.listeners.iter().position(fits)?;
        Some(self.listeners.remove(index).1)
    }

    /// Checks that none is left.
    ///
    /// # Errors
    /// One is left, which says that a manifest and a `.socket` unit do not fit together.
    pub fn all_taken(&self) -> Result<(), InheritedError> {
        match self.listeners.first() {
            None => Ok(()),
            Some((descriptor, _, address)) => {
                Err(InheritedError::Unnamed { descriptor: *descriptor, address: *address })
            }
        }
    }
}

/// Where a TCP socket listens.
fn listens(socket: &TcpListener) -> io::Result<SocketAddr> {
    if !socket_acceptconn(socket)? {
        return Err(io::Error::other("it is a socket that does not listen"));
    }
    socket.local_addr()
}

/// Whether a socket at `own` takes the place of one at `address`. One that listens at every
/// address does at each: which networks are let in is then for the `.socket` unit to say.
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
    fn a_listener_stands_for_its_own_address_and_one_at_every_address_for_all() {
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
