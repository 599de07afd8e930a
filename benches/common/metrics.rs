//! Reads what `/metrics` says.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// How long to wait for a server's metrics.
const ANSWER: Duration = Duration::from_secs(10);

/// The metrics of the actor at this address, or nothing while the server does not answer.
pub(crate) fn metrics(address: SocketAddr) -> String {
    let read = || -> io::Result<String> {
        let mut socket = TcpStream::connect_timeout(&address, ANSWER)?;
        socket.set_read_timeout(Some(ANSWER))?;
        socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        socket.read_to_string(&mut text)?;
        Ok(text)
    };
    read().unwrap_or_default()
}

/// The value of one counter, of the actor or of the process.
pub(crate) fn counter(metrics: &str, name: &str) -> Option<u64> {
    let name = format!("footlight_{name}_total");
    let mut values = metrics.lines().filter_map(|line| line.strip_prefix(&name));
    let value = values.find(|rest| rest.starts_with(['{', ' ']))?;
    value.rsplit_once(' ')?.1.parse().ok()
}
