//! The listeners of an actor: the `config` of its handlers of the types `websocket-server` and
//! `http-server`, which may share one.

use std::net::SocketAddr;

pub(crate) use super::listener_config::overlap;
pub use super::listener_config::{AutoResponse, Listener, TlsFiles};
use super::{http_config, listener_config::refuse_taken};
use crate::config::{HandlerType, Table};

/// This type of handler.
pub const TYPE: HandlerType = HandlerType {
    name: "websocket-server",
    example: "config = { port = 8080 }",
    brings_events: true,
    capabilities: &[],
    feature: None,
};
/// The file descriptors of a listener: its own, and that of the connection that waits to be
/// admitted.
const DESCRIPTORS: usize = 2;

/// All handlers of this type, and of the type `http-server`, that one actor has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// No two have the same address.
    pub listeners: Vec<Listener>,
}

impl Config {
    /// Reads the `config` of each handler of these types. The numbers are their indices in
    /// `handlers`.
    pub fn read(entries: Vec<(&HandlerType, usize, Table<'_>)>) -> Self {
        let mut listeners: Vec<(usize, Listener)> = Vec::new();
        let (sockets, actors): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|(ty, ..)| **ty == TYPE);
        for (_, index, table) in sockets {
            if let Some((listener, port)) = Listener::read(table) {
                refuse_taken(&listener, &port, &listeners);
                listeners.push((index, listener));
            }
        }
        // These may share a listener of the others.
        for (_, index, table) in actors {
            http_config::read(index, table, &mut listeners);
        }
        Self { listeners: listeners.into_iter().map(|(_, listener)| listener).collect() }
    }

    /// The addresses that these handlers bind.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.listeners.iter().map(Listener::address)
    }

    /// Whether the actor answers requests at one of them.
    fn answers_requests(&self) -> bool {
        self.listeners.iter().any(|listener| listener.has_actor)
    }

    /// The file descriptors that these handlers need, not counting connections. `requests` is how
    /// many requests the actor may answer at once; as many may wait.
    pub fn descriptors(&self, requests: usize) -> usize {
        let asked = if self.answers_requests() { requests.saturating_mul(2) } else { 0 };
        self.listeners.len().saturating_mul(DESCRIPTORS).saturating_add(asked)
    }
}
