//! The signals that the process gets, and what each asks for.
//!
//! Every signal that would end a process by default and that people or programs send to a service
//! is taken: none of them ends the host without a farewell to its clients. `SIGPIPE` is not, since
//! Rust ignores it already: taken, it would come back for every line that a closed standard error
//! does not take, and be logged there.

use std::{io, time::Duration};

use async_signal::{Signal, Signals};
use futures_util::StreamExt as _;
use smol::Timer;

/// How long to wait after signals could not be read.
const PAUSE: Duration = Duration::from_secs(1);

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// To stop (`SIGINT`, `SIGTERM`, `SIGQUIT`).
    Stop,
    /// To open anew what may have changed (`SIGHUP`).
    Reopen,
    /// Nothing that this host has. The signal's name.
    Ignored(&'static str),
}

/// The signals of the process, from when this is made.
#[derive(Debug)]
pub struct SignalStream(Signals);

impl SignalStream {
    /// Takes the signals from now on; those that come before they are asked for wait.
    ///
    /// # Errors
    /// The system does not let us.
    pub fn new() -> io::Result<Self> {
        use Signal::{Alarm, Hup, Int, Quit, Term, Usr1, Usr2, Xfsz};
        Ok(Self(Signals::new([Int, Term, Quit, Hup, Usr1, Usr2, Alarm, Xfsz])?))
    }

    /// Waits for what is asked for next.
    pub async fn next(&mut self) -> Action {
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

/// What a signal asks for. `None` if there is nothing to say about it either: a file that has
/// grown past `ulimit -f` is an error of whoever writes it, and may be the log.
fn action(signal: Signal) -> Option<Action> {
    Some(match signal {
        Signal::Int | Signal::Term | Signal::Quit => Action::Stop,
        Signal::Hup => Action::Reopen,
        Signal::Usr1 => Action::Ignored("SIGUSR1"),
        Signal::Usr2 => Action::Ignored("SIGUSR2"),
        Signal::Alarm => Action::Ignored("SIGALRM"),
        _ => return None,
    })
}
