//! What an actor's counters say: whether a bad neighbour has been one.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

/// How long an actor may take to be as bad as it is there for, once the round is over.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a server may take to say so.
const ANSWER: Duration = Duration::from_secs(10);
/// How long to wait between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// What the counters of an actor must say.
pub(crate) struct Proof {
    /// Some of them, and the least that they must have come to.
    pub(crate) least: &'static [(&'static str, u64)],
    /// What each event may spend, if it spends all. An event that ends early is one that failed at
    /// something else. The last step of an event may be one that it can't afford, so half will do.
    pub(crate) fuel: Option<u64>,
}

impl Proof {
    /// Waits until it is there, at this address.
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

    /// What is missing in these metrics.
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

/// The metrics of the actor at this address; none while the server does not get to it.
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

/// One of the counters.
fn counter(metrics: &str, name: &str) -> Option<u64> {
    let name = format!("footlight_{name}_total{{");
    let line = metrics.lines().find(|line| line.starts_with(&name))?;
    line.rsplit_once(' ')?.1.parse().ok()
}
