//! Notifies systemd, or another service manager with the same protocol: `sd_notify(3)`.
//!
//! The protocol is text in a datagram, so it needs no library. One socket stays open: when all file
//! descriptors are in use, no new one could be opened, and the manager would think that a busy host
//! hangs.

use std::{
    env,
    ffi::{OsStr, OsString},
    fmt, io,
    os::unix::net::UnixDatagram,
    process,
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};
use smol::{Async, Timer};

use crate::deadline::within;

/// How long to wait for the manager to receive a notification. It normally receives them at once.
/// If not, clients must not notice.
const DEADLINE: Duration = Duration::from_secs(1);

/// The service manager, if there is one.
#[derive(Debug)]
pub struct Manager {
    /// Where notifications go; `None` if no manager wants them.
    socket: Option<Async<UnixDatagram>>,
    /// The interval of the watchdog's notifications, if the manager has one.
    every: Option<Duration>,
}

/// A notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notification {
    /// All listeners accept connections.
    Ready {
        /// How many actors could be started.
        serving: usize,
        /// How many there are manifests for.
        of: usize,
    },
    /// The host reads its manifests anew. `Ready` follows.
    Reloading,
    /// The executor still runs its tasks.
    Alive,
    /// The host is stopping.
    Stopping,
}

impl Manager {
    /// The manager that the environment describes. An error there must not affect clients, so it is
    /// only logged. The manager then treats the host as a service that sends no notifications.
    pub fn from_environment() -> Self {
        let socket = env::var_os("NOTIFY_SOCKET").and_then(|address| {
            let failed = |error| {
                log::warn!(
                    "NOTIFY_SOCKET: cannot notify the service manager at {}: {error}",
                    address.to_string_lossy()
                );
            };
            connect(&address).map_err(failed).ok()
        });
        let every = interval(env::var_os("WATCHDOG_USEC"), env::var_os("WATCHDOG_PID"));
        let every = every.unwrap_or_else(|value| {
            log::warn!("WATCHDOG_USEC: {value:?} is no number of microseconds, so it is ignored");
            None
        });
        Self { socket, every }
    }

    /// Sends a notification.
    pub async fn notify(&self, notification: Notification) {
        let Some(socket) = &self.socket else { return };
        let text = notification.to_string();
        let why = match within(DEADLINE, socket.send(text.as_bytes())).await {
            Some(Ok(_)) => return,
            Some(Err(error)) => error.to_string(),
            None => "it does not read".into(),
        };
        log::warn!("cannot notify the service manager of {:?}: {why}", text.trim_end());
    }

    /// Notifies the watchdog twice per interval, forever. This must run as a task beside those that
    /// serve clients, so that it stops if they get no turns.
    pub async fn watch(&self) {
        let Some(every) = self.every.filter(|_| self.socket.is_some()) else { return };
        loop {
            Timer::after(every).await;
            self.notify(Notification::Alive).await;
        }
    }
}

/// Connects to the manager. The address is a path or, after an `@`, an abstract name.
fn connect(address: &OsStr) -> io::Result<Async<UnixDatagram>> {
    let socket = UnixDatagram::unbound()?;
    match address.as_encoded_bytes() {
        #[cfg(target_os = "linux")]
        [b'@', name @ ..] => {
            use std::os::{linux::net::SocketAddrExt as _, unix::net::SocketAddr};
            socket.connect_addr(&SocketAddr::from_abstract_name(name)?)?;
        }
        _ => socket.connect(address)?,
    }
    Async::new(socket)
}

/// The interval of the watchdog's notifications: half of its timeout, as `sd_watchdog_enabled(3)`
/// recommends. The error is the invalid value.
fn interval(usec: Option<OsString>, pid: Option<OsString>) -> Result<Option<Duration>, OsString> {
    let for_us = pid.is_none_or(|pid| *pid == *process::id().to_string());
    let Some(usec) = usec.filter(|_| for_us) else { return Ok(None) };
    match usec.to_str().and_then(|text| text.parse().ok()) {
        None | Some(0) => Err(usec),
        Some(usec) => Ok(Some(Duration::from_micros(usec) / 2)),
    }
}

impl fmt::Display for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Ready { serving, of } => {
                f.write_str("READY=1\nSTATUS=serving ")?;
                if serving < of {
                    write!(f, "{serving} of ")?;
                }
                writeln!(f, "{of} {}", if of == 1 { "actor" } else { "actors" })
            }
            Self::Reloading => {
                let now = Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default();
                writeln!(f, "RELOADING=1\nMONOTONIC_USEC={}", now.as_micros())
            }
            Self::Alive => f.write_str("WATCHDOG=1\n"),
            Self::Stopping => f.write_str("STOPPING=1\nSTATUS=stopping\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_says_how_many_actors_are_served() {
        let status = |serving, of| Notification::Ready { serving, of }.to_string();
        assert_eq!(status(1, 1), "READY=1\nSTATUS=serving 1 actor\n");
        assert_eq!(status(2, 2), "READY=1\nSTATUS=serving 2 actors\n");
        assert_eq!(status(1, 2), "READY=1\nSTATUS=serving 1 of 2 actors\n");
    }

    #[test]
    fn the_watchdog_is_notified_twice_per_timeout_if_it_is_for_this_process() {
        let ours = process::id().to_string();
        let of = |usec: &str, pid: Option<&str>| interval(Some(usec.into()), pid.map(Into::into));
        assert_eq!(of("30000000", Some(&ours)), Ok(Some(Duration::from_secs(15))));
        assert_eq!(of("200000", None), Ok(Some(Duration::from_millis(100))));
        assert_eq!(of("200000", Some("1")), Ok(None));
        assert_eq!(of("soon", Some("1")), Ok(None));
        for wrong in ["soon", "", "0", "-1", "99999999999999999999999"] {
            assert_eq!(of(wrong, Some(&ours)), Err(wrong.into()));
        }
        assert_eq!(interval(None, None), Ok(None));
    }
}
