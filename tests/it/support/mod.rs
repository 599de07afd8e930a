//! A server in its own process, clients, and the actors they talk to.

mod actor;
#[cfg(feature = "tls")]
pub mod certificates;
mod client;
mod host;
pub mod in_process;
pub mod namespace;
mod program;
mod raw;
mod server;
pub mod web;

pub use actor::{Actor, SHAPES, actors_root, example, guest, wat};
pub use client::Client;
pub use host::Host;
pub use program::{after, emulated, footlight, program};
pub use raw::{REQUEST, Raw, masked};
pub use server::Server;

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

/// How long a test waits for something that must happen: enough for an emulator on a busy machine.
/// Only a failing test waits that long.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// Looks again and again until something is so that nobody tells a test of, such as what the kernel
/// says about the server. The pauses leave the processor to the server.
pub fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < PATIENCE, "never {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// The whole answer to a plain GET.
pub fn get(address: SocketAddr, path: &str) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
        .write_all(
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes(),
        )
        .unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
