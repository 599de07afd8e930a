//! Reads an actor's counters, to prove that a bad neighbour has misbehaved.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use super::common::metrics::{counter, metrics};

/// How long to wait for the proof after the end of a round.
const PATIENCE: Duration = Duration::from_secs(30);
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
    /// The least bytes that the store must have written.
    pub(crate) written: u64,
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
        let written = (self.written > 0).then(|| low("store_written_bytes", self.written));
        let least = self.least.iter().find_map(|(name, least)| low(name, *least));
        least.or(fuel).or(written.flatten())
    }
}
