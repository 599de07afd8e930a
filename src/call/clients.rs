//! The clients of a run. They have no sockets, and take every message at once.

use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
};

use super::step::Handshake;
use crate::exchange::{
    Client, Close, ConnectionId, Connections, OnOverflow, Session,
    connections::{Open, OpenError},
    session::Action,
};

/// The address that clients have. It is one for documentation, so nobody has it (RFC 5737).
const ADDRESS: [u8; 4] = [192, 0, 2, 1];
/// The port of the first client. Each has another one.
const FIRST_PORT: u16 = 50_000;

/// The clients by name.
#[derive(Debug, Default)]
pub(super) struct Clients {
    /// Those that are connected, in the order in which they came.
    open: Vec<(String, Open)>,
    /// The names of all that ever were. A name may have had several connections.
    names: Vec<(ConnectionId, String)>,
    /// The clients that the host has closed, and how, in order. Their `close` events are to come.
    closed: Vec<(String, Close)>,
}

impl Clients {
    /// Opens a connection. `path` is that of the listener.
    ///
    /// # Errors
    /// There are too many.
    pub(super) fn connect(
        &mut self,
        name: &str,
        connections: &Arc<Connections>,
        handshake: Handshake,
        path: &str,
        since: u64,
    ) -> Result<Arc<Session>, OpenError> {
        let Handshake { path: other, query, peer, subprotocol } = handshake;
        let count = u16::try_from(self.names.len() % 10_000).unwrap_or(0);
        let client = || Client {
            peer: peer.unwrap_or_else(|| (ADDRESS, FIRST_PORT + count).into()),
            path: other.unwrap_or_else(|| path.into()).into(),
            query: query.into(),
            subprotocol: subprotocol.map(Into::into),
            since,
        };
        let open = connections.open(OnOverflow::Close, client)?;
        let session = open.session.clone();
        // Numbers grow, so the list is in their order.
        self.names.push((session.id(), name.into()));
        self.open.push((name.into(), open));
        Ok(session)
    }

    /// The connection of a client; `None` if it has none.
    pub(super) fn session(&self, name: &str) -> Option<Arc<Session>> {
        let mut found = self.open.iter().filter(|(other, _)| other == name);
        found.next().map(|(_, open)| open.session.clone())
    }

    /// The name of a connection's client.
    pub(super) fn name(&self, id: ConnectionId) -> String {
        // A connection of a data folder has no name here.
        let place = self.names.binary_search_by_key(&id, |(other, _)| *other).ok();
        let name = place.and_then(|place| self.names.get(place));
        name.map_or_else(|| id.to_string(), |(_, name)| name.clone())
    }

    /// Ends a connection, after its `close` event.
    pub(super) fn end(&mut self, name: &str) {
        if let Some(place) = self.open.iter().position(|(other, _)| other == name) {
            self.open.remove(place).1.session.end();
        }
    }

    /// Takes all messages that wait. Notes which clients are being closed.
    pub(super) fn take_messages(&mut self) {
        let cx = &mut Context::from_waker(Waker::noop());
        for (name, Open { session, .. }) in &self.open {
            loop {
                match session.poll_action(cx, true) {
                    Poll::Ready(Action::Send(_)) => {}
                    Poll::Ready(Action::Close(_, close)) => {
                        self.closed.push((name.clone(), close));
                        break;
                    }
                    Poll::Ready(Action::Read) | Poll::Pending => break,
                }
            }
        }
    }

    /// The next client that the host has closed, with the close frame that it answers: the same.
    pub(super) fn next_closed(&mut self) -> Option<(String, Close)> {
        if self.closed.is_empty() { None } else { Some(self.closed.remove(0)) }
    }
}
