//! Reads an actor's counters, to prove that a bad neighbour has misbehaved.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

/// How long to wait for the proof after the end of a round.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to wait for a server's metrics.
const ANSWER: Duration = Duration::from_secs(10);
/// The time between two looks at the metrics.
const LOOK: Duration = Duration::from_millis(20);

/// The counters that an actor must reach.
pub(crate) struct Proof {
    /// Some counters and their least values.
    pub(crate) least: &'static [(&'static str, u64)],
    /// The fuel of each event, if events use all of it. An event that ends early has failed for
    /// another reason. The last step may be one that the event can't pay, so half of the fuel is
    /// enough.
    pub(crate) fuel: Option<u64>,
}

impl Proof {
    /// Waits until the counters at this address are reached.
    ///
    /// # Errors
    /// What is missing.
    pub(crate) fn wait(&self, actor: &str, address: SocketAddr) -> Result<(), String> {
        let start = Instant::now();
        loop {
            let Some(missing) = self.missing(&metrics(address)) else { return Ok(()) };
            if start.elapsed() > PATIENCE {
                return Err(format!("{actor} does not get to its work: {missing}"));
            }
            thread::sleep(LOOK);
        }
    }

    /// Compares these metrics, and returns what is missing.
    fn missing(&self, metrics: &str) -> Option<String> {
        let low = |name: &str, least: u64| match counter(metrics, name) {
            None => Some("its metrics can't be read".into()),
            Some(found) if found >= least => None,
            Some(found) => Some(format!("footlight_{name}_total is {found}, not {least} or more")),
        };
        let fuel = self.fuel.and_then(|fuel| {
            let events = counter(metrics, "events").unwrap_or(0).max(1);
            low("fuel", events * (fuel / 2))
        });
        self.least.iter().find_map(|(name, least)| low(name, *least)).or(fuel)
    }
}

/// The metrics of the actor at this address, or nothing while the server does not answer.
fn metrics(address: SocketAddr) -> String {
    let read = || -> io::Result<String> {
        let mut socket = TcpStream::connect_timeout(&address, ANSWER)?;
        socket.set_read_timeout(Some(ANSWER))?;
        socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: bench\r\n\r\n")?;
        let mut text = String::new();
        socket.read_to_string(&mut text)?;
        Ok(text)
    };
    read().unwrap_or_default()
}

/// The value of one counter.
fn counter(metrics: &str, name: &str) -> Option<u64> {
    let name = format!("footlight_{name}_total{{");
    let line = metrics.lines().find(|line| line.starts_with(&name))?;
    line.rsplit_once(' ')?.1.parse().ok()
}
