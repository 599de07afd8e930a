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

/// Waits until the counters of the actor at this address are all as high as they must be.
///
/// # Errors
/// Which one is not.
pub(crate) fn wait(actor: &str, address: SocketAddr, proof: &[(&str, u64)]) -> Result<(), String> {
    let start = Instant::now();
    loop {
        let metrics = metrics(address);
        let low = |(name, least): &&(&str, u64)| counter(&metrics, name).is_none_or(|n| n < *least);
        let Some((name, least)) = proof.iter().find(low) else { return Ok(()) };
        if start.elapsed() > PATIENCE {
            let found = match counter(&metrics, name) {
                Some(found) => format!("footlight_{name}_total is {found}"),
                None => "its metrics can't be read".into(),
            };
            return Err(format!("{actor} does not get to its work: {found}, not {least} or more"));
        }
        thread::sleep(LOOK);
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
