//! An actor's events one at a time, for those who look at what an event does.
//!
//! The events are handled by the functions of [`task`](super::task). In between, the caller sees what
//! is about to leave the host, and what the actor has kept.

use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Instant,
};

use bytes::Bytes;

use super::{ended::Look, task::Actor};
use crate::exchange::{ConnectionId, Connections, Event, EventKind};

/// What an actor has between two events.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// The state.
    pub(crate) state: Option<Bytes>,
    /// What it stores, in the order of the keys.
    pub(crate) keys: Vec<(Box<str>, Bytes)>,
    /// What it keeps with each connection, in the order of their numbers.
    pub(crate) clients: Vec<(ConnectionId, KeptOfClient)>,
    /// When the alarm rings that it has set.
    pub(crate) alarm: Option<Instant>,
}

/// What an actor keeps with a connection.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct KeptOfClient {
    /// In the order in which the actor added them.
    pub(crate) tags: Vec<Arc<str>>,
    /// The actor's bytes.
    pub(crate) attachment: Option<Vec<u8>>,
}

impl Actor {
    /// Handles one event, and shows how it ended before its output leaves the host.
    pub(crate) async fn observe(
        &mut self,
        event: Event,
        connections: &Connections,
        look: &mut Look<'_>,
    ) {
        self.handle(event, connections, Some(look)).await;
    }

    /// What the actor has now.
    pub(crate) fn kept(&self) -> Kept {
        let host = &self.context.host;
        let clients = host.clients.all().map(|client| {
            let attachment = client.attachment().map(<[u8]>::to_vec);
            (client.session.id(), KeptOfClient { tags: client.tags().to_vec(), attachment })
        });
        Kept {
            state: self.state.clone(),
            keys: host.storage.entries().map(|(key, value)| (key.clone(), value.clone())).collect(),
            clients: clients.collect(),
            alarm: host.alarm.set_to(),
        }
    }

    /// The moment of the next alarm or tick.
    pub(crate) fn next_alarm(&self) -> Option<Instant> {
        self.context.host.alarm.next()
    }

    /// The event of the next answer of a server; `None` if there is none.
    pub(crate) fn next_answer(&self) -> Option<Event> {
        let cx = &mut Context::from_waker(Waker::noop());
        match self.context.host.http.as_ref()?.poll_answer(cx) {
            Poll::Ready(answered) => Some(Event::response(answered)),
            Poll::Pending => None,
        }
    }

    /// Whether the actor has a handler for such an event.
    pub(crate) fn handles(&self, kind: &EventKind) -> bool {
        self.instances.module().report().handles(kind)
    }

    /// The event of the alarm or tick that is due now; `None` if none is.
    pub(crate) fn due_alarm(&mut self) -> Option<Event> {
        let cx = &mut Context::from_waker(Waker::noop());
        self.context.host.alarm.poll(cx).is_ready().then(|| {
            self.idle.active();
            self.stats.alarms.add(1);
            Event::alarm()
        })
    }
}
