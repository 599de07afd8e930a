//! What differs between Linux and macOS, where people write actors. Boards have Linux.

use std::{io, net::TcpListener};

use rustix::fs::{OFlags, Stat};

#[cfg(target_os = "linux")]
mod own {
    use rustix::{
        net::{
            ipproto,
            sockopt::{socket_acceptconn, socket_protocol},
        },
        system::sysinfo,
    };

    use super::{OFlags, TcpListener, io};

    pub(super) const LOOK: OFlags = OFlags::PATH;

    pub(super) fn memory() -> u64 {
        let info = sysinfo();
        #[allow(clippy::useless_conversion, reason = "the type is narrower on 32-bit machines")]
        u64::from(info.totalram).saturating_mul(info.mem_unit.into())
    }

    pub(super) fn check_listens(socket: &TcpListener) -> io::Result<()> {
        if !socket_acceptconn(socket)? {
            return Err(io::Error::other("it is a socket that does not listen"));
        }
        // Others, such as SCTP, have stream sockets too. Of the kinds of TCP, Linux has MPTCP.
        let protocol = socket_protocol(socket)?;
        if protocol.is_some_and(|protocol| ![ipproto::TCP, ipproto::MPTCP].contains(&protocol)) {
            return Err(io::Error::other("its protocol is not TCP"));
        }
        Ok(())
    }
}

#[cfg(not(target_os = "linux"))]
mod own {
    use super::{OFlags, TcpListener, io};

    /// `O_EVTONLY`.
    pub(super) const LOOK: OFlags = OFlags::from_bits_retain(0x8000);

    pub(super) fn memory() -> u64 {
        0
    }

    pub(super) fn check_listens(_: &TcpListener) -> io::Result<()> {
        Ok(())
    }
}

/// Opens what is at a path to look at it, or as a folder on the way to something, and needs no right
/// to read it.
pub(crate) const LOOK: OFlags = own::LOOK;

/// The bytes of the machine's memory, if the system tells.
pub(crate) fn memory() -> Option<u64> {
    Some(own::memory()).filter(|total| *total > 0)
}

/// Checks that a socket is one where TCP clients are accepted. macOS does not tell.
///
/// # Errors
/// It is not.
pub(crate) fn check_listens(socket: &TcpListener) -> io::Result<()> {
    own::check_listens(socket)
}

/// The number of the device that a file is on.
pub(crate) fn device(found: &Stat) -> u64 {
    #[allow(clippy::cast_sign_loss, clippy::unnecessary_cast, reason = "macOS has an i32")]
    let device = found.st_dev as u64;
    device
}
