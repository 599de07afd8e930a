//! State that outlasts the process: what is there after a stop, a kill, and a disk that failed.

mod alarms;
mod connections;
mod failing;
mod held;
mod kills;
mod modes;
mod notes;
mod restarts;

use std::path::Path;

use tempfile::TempDir;

use crate::support::{Actor, Client, Server, get};

/// A data folder that outlasts the servers that use it.
pub struct Device {
    data: TempDir,
}

impl Device {
    pub fn new() -> Self {
        Self { data: tempfile::tempdir().unwrap() }
    }

    pub fn folder(&self) -> &Path {
        self.data.path()
    }

    /// Starts these actors with this data folder.
    pub fn start(&self, actors: &[Actor]) -> Server {
        let folder = self.folder().to_str().unwrap();
        Server::start_with(&["-v", "--data", folder], actors)
    }

    /// Starts one actor.
    pub fn run(&self, actor: &Actor) -> Server {
        self.start(std::slice::from_ref(actor))
    }
}

/// Kills the process, as if the power had gone for it alone.
pub fn kill(mut server: Server) {
    server.signal("KILL");
    server.wait();
}

/// Stops the process as an operator does.
pub fn stop(server: Server) {
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
}

/// A client of a test guest, and the state that the guest had before.
fn joined(server: &Server, actor: &str) -> (Client, String) {
    let mut client = server.client(actor);
    let first = client.next();
    let state = first.to_text().unwrap().strip_prefix("state:").unwrap().to_owned();
    (client, state)
}

/// The number of events that a test guest had counted before this client joined.
fn counted(server: &Server, actor: &str) -> u64 {
    joined(server, actor).1.parse().unwrap()
}

/// A number from the actor's metrics.
pub fn metric(server: &Server, actor: &str, name: &str) -> u64 {
    let text = get(server.address(actor), "/metrics");
    let line = text.lines().find(|line| line.split(['{', ' ']).next() == Some(name));
    let line = line.unwrap_or_else(|| panic!("{name} is missing in {text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}
