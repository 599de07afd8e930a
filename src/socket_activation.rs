//! Takes over listeners from the service manager: socket activation.
//!
//! The variables `LISTEN_PID` and `LISTEN_FDS` describe them, see `sd_listen_fds(3)`. The manager
//! keeps them open while this program restarts, so clients wait and are not refused. Their ports
//! may be below 1024.

use std::{
    env, fmt, io,
    net::{IpAddr, SocketAddr, TcpListener},
    process,
};

use listenfd::ListenFd;
use rustix::net::{
    ipproto,
    sockopt::{ipv6_v6only, socket_acceptconn, socket_protocol},
};

/// The first file descriptor that is passed.
const FIRST_FD: usize = 3;
/// The most sockets that are taken over, far more than manifests have listeners. Without it, a
/// wrong number would allocate that much memory.
const MAX_SOCKETS: usize = 1024;

/// The listeners that were passed and that no manifest has taken yet.
#[derive(Debug, Default)]
pub struct Inherited {
    sockets: Vec<Passed>,
    /// Whether any were passed.
    any: bool,
}

/// A listener that was passed.
#[derive(Debug)]
struct Passed {
    id: SocketId,
    listener: TcpListener,
    listens: Listens,
    /// What a manifest has at the same port. For the message that they don't fit.
    near: Option<SocketAddr>,
}

/// A passed socket, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketId {
    /// Its number, counted from 3, as systemd passes it.
    descriptor: usize,
    /// `FileDescriptorName=` of its unit, which is the unit's name by default. Empty if it is not
    /// known.
    name: String,
}

/// Where a socket listens.
#[derive(Clone, Copy, Debug)]
struct Listens {
    address: SocketAddr,
    /// Whether an IPv6 socket refuses IPv4.
    only_v6: bool,
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
        /// Which one.
        id: SocketId,
        /// From the system.
        error: io::Error,
    },
    /// No manifest has a listener that fits this address, or another socket has taken its place.
    Unnamed {
        /// Which one.
        id: SocketId,
        /// Where it listens.
        address: SocketAddr,
        /// What a manifest has at the same port. The advice depends on it.
        near: Option<SocketAddr>,
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
        let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':');
        let mut found = ListenFd::from_env();
        let mut sockets = Vec::new();
        for index in 0..found.len() {
            let name = names.next().unwrap_or_default().to_owned();
            let id = SocketId { descriptor: FIRST_FD.saturating_add(index), name };
            let wrong = |error| InheritedError::NoListener { id: id.clone(), error };
            let Some(listener) = found.take_tcp_listener(index).map_err(wrong)? else { continue };
            let listens = Listens::of(&listener).map_err(wrong)?;
            sockets.push(Passed { id, listener, listens, near: None });
        }
        Ok(Self { any: !sockets.is_empty(), sockets })
    }

    /// Whether any sockets were passed.
    pub(crate) fn any(&self) -> bool {
        self.any
    }

    /// Takes the listener that stands in for `address`, if there is one.
    pub(crate) fn take(&mut self, address: SocketAddr) -> Option<TcpListener> {
        // One with just this address comes first.
        let same = |passed: &Passed| passed.listens.address == address;
        let fits = |passed: &Passed| passed.listens.stands_for(address);
        let index = self.sockets.iter().position(same);
        if let Some(index) = index.or_else(|| self.sockets.iter().position(fits)) {
            return Some(self.sockets.remove(index).listener);
        }
        for passed in &mut self.sockets {
            if passed.listens.address.port() == address.port() {
                passed.near = Some(address);
            }
        }
        None
    }

    /// Why the address can't be used if another program seems to have it: a socket that was passed
    /// has the same port, but does not fit.
    pub(crate) fn misfit(&self, address: SocketAddr) -> Option<InheritedError> {
        self.sockets.iter().find(|passed| passed.near == Some(address)).map(Passed::unnamed)
    }

    /// Checks that all listeners have been taken.
    ///
    /// # Errors
    /// One is left, so a manifest and a `.socket` unit don't match.
    pub(crate) fn all_taken(&self) -> Result<(), InheritedError> {
        self.sockets.first().map_or(Ok(()), |passed| Err(passed.unnamed()))
    }
}

impl Passed {
    /// The error that no manifest takes it.
    fn unnamed(&self) -> InheritedError {
        let (id, address) = (self.id.clone(), self.listens.address);
        InheritedError::Unnamed { id, address, near: self.near }
    }
}

impl Listens {
    /// Where a TCP socket listens.
    fn of(socket: &TcpListener) -> io::Result<Self> {
        if !socket_acceptconn(socket)? {
            return Err(io::Error::other("it is a socket that does not listen"));
        }
        // Others, such as SCTP, have stream sockets too. Of the kinds of TCP, Linux has MPTCP.
        let protocol = socket_protocol(socket)?;
        if protocol.is_some_and(|protocol| ![ipproto::TCP, ipproto::MPTCP].contains(&protocol)) {
            return Err(io::Error::other("its protocol is not TCP"));
        }
        let address = socket.local_addr()?;
        let only_v6 = address.is_ipv6() && ipv6_v6only(socket)?;
        Ok(Self { address, only_v6 })
    }

    /// Whether a socket that listens here stands in for `address`. A socket that listens on all
    /// addresses stands in for each of them that can reach it. The `.socket` unit then decides which
    /// networks can connect.
    fn stands_for(self, address: SocketAddr) -> bool {
        let (own, wanted) = (self.address.ip().to_canonical(), address.ip().to_canonical());
        let reaches = match own {
            IpAddr::V4(own) if own.is_unspecified() => wanted.is_ipv4(),
            IpAddr::V6(own) if own.is_unspecified() => wanted.is_ipv6() || !self.only_v6,
            own => own == wanted,
        };
        self.address.port() == address.port() && reaches
    }
}

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "descriptor {}", self.descriptor)?;
        if self.name.is_empty() { Ok(()) } else { write!(f, " ({})", self.name) }
    }
}

impl fmt::Display for InheritedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { value } => write!(
                f,
                "LISTEN_FDS: {value:?} is no number of sockets from 0 to {MAX_SOCKETS}; the service \
                 manager sets it, so do not set it by hand"
            ),
            Self::NoListener { id, error } => write!(
                f,
                "LISTEN_FDS: {id} is no TCP listener: {error}; in the .socket unit write \
                 ListenStream= with a port or an address and a port, and Accept=no"
            ),
            Self::Unnamed { id, address, near: Some(near) } => write!(
                f,
                "LISTEN_FDS: {id} listens on {address}, which does not fit {near} of a manifest; in \
                 the .socket unit write ListenStream={near}, or make the handler's `host` (or \
                 --bind) fit"
            ),
            Self::Unnamed { id, address, near: None } => write!(
                f,
                "LISTEN_FDS: {id} listens on {address}, which no manifest has, or an earlier socket \
                 has taken; remove its ListenStream= from the .socket unit, or make a handler's \
                 `host` (or --bind) and `port` fit"
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
    fn a_listener_stands_in_for_its_address_and_a_wildcard_for_all_that_reach_it() {
        for (own, only_v6, address, fits) in [
            ("127.0.0.1:80", false, "127.0.0.1:80", true),
            ("127.0.0.1:80", false, "127.0.0.1:81", false),
            ("127.0.0.1:80", false, "127.0.0.2:80", false),
            ("127.0.0.1:80", false, "0.0.0.0:80", false),
            ("0.0.0.0:80", false, "127.0.0.1:80", true),
            ("0.0.0.0:80", false, "0.0.0.0:80", true),
            ("0.0.0.0:80", false, "[::]:80", false),
            ("0.0.0.0:80", false, "[::1]:80", false),
            ("[::]:80", false, "127.0.0.1:80", true),
            ("[::]:80", false, "0.0.0.0:80", true),
            ("[::]:80", false, "[::1]:80", true),
            ("[::]:80", false, "[::1]:0", false),
            ("[::]:80", true, "127.0.0.1:80", false),
            ("[::]:80", true, "0.0.0.0:80", false),
            ("[::]:80", true, "[::ffff:127.0.0.1]:80", false),
            ("[::]:80", true, "[::1]:80", true),
            ("[::]:80", true, "[::]:80", true),
            ("[::1]:80", false, "127.0.0.1:80", false),
            ("[::1]:80", false, "[::]:80", false),
            ("[::ffff:127.0.0.1]:80", false, "127.0.0.1:80", true),
            ("[::ffff:0.0.0.0]:80", false, "127.0.0.1:80", true),
        ] {
            let own = Listens { address: own.parse().unwrap(), only_v6 };
            assert_eq!(own.stands_for(address.parse().unwrap()), fits, "{own:?} for {address}");
        }
    }
}
