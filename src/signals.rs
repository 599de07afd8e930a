//! The signals of the process and their meaning.
//!
//! The host handles every signal that people or programs send to a service and that would end a
//! process by default. So none of them ends the host without closing its connections. `SIGPIPE` is
//! an exception, because Rust ignores it already. If it were handled, each log line to a closed
//! standard error would cause it and be logged there again.

use std::{io, time::Duration};

use async_signal::{Signal, Signals};
use futures_util::StreamExt as _;
use smol::Timer;

/// How long to wait after signals could not be read.
const PAUSE: Duration = Duration::from_secs(1);

/// What to do about a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalAction {
    /// Stop (`SIGINT`, `SIGTERM`, `SIGQUIT`).
    Stop,
    /// Reopen the log files and read the manifests anew (`SIGHUP`).
    Reload,
    /// Nothing. The signal's name, for the log.
    Ignored(&'static str),
}

/// The signals that the process receives.
#[derive(Debug)]
pub struct SignalStream(Signals);

impl SignalStream {
    /// Handles signals from now on. They are queued until they are read.
    ///
    /// # Errors
    /// The system refuses.
    pub fn new() -> io::Result<Self> {
        use Signal::{Alarm, Hup, Int, Quit, Term, Usr1, Usr2, Xfsz};
        Ok(Self(Signals::new([Int, Term, Quit, Hup, Usr1, Usr2, Alarm, Xfsz])?))
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) -> SignalAction {
        loop {
            match self.0.next().await {
                Some(Ok(signal)) => {
                    if let Some(action) = action(signal) {
                        return action;
                    }
                }
                other => {
                    log::error!("signals cannot be read: {other:?}");
                    Timer::after(PAUSE).await;
                }
            }
        }
    }
}

/// What to do about a signal. `None` for `SIGXFSZ`, which is not even logged: it means that a file
/// has exceeded `ulimit -f`, and that file may be the log.
fn action(signal: Signal) -> Option<SignalAction> {
    Some(match signal {
        Signal::Int | Signal::Term | Signal::Quit => SignalAction::Stop,
        Signal::Hup => SignalAction::Reload,
        Signal::Usr1 => SignalAction::Ignored("SIGUSR1"),
        Signal::Usr2 => SignalAction::Ignored("SIGUSR2"),
        Signal::Alarm => SignalAction::Ignored("SIGALRM"),
        _ => return None,
    })
}
