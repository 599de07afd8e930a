//! Goes back to what is stored, after a record could not be written.
//!
//! The actor's memory is then ahead of the disk. What its events have sent since the last record was
//! held, so nobody has seen it. The actor forgets all of that. Its clients are closed, because they
//! can't know which of their messages counted. The events that came meanwhile wait, and the actor
//! handles them once the store can store again.

use std::{future::poll_fn, task::Poll};

use footlight_store::Failed;
use log::Level;

use super::task::Actor;
use crate::{
    convert::to_u64,
    exchange::{CloseCode, Command, Connections, Control, Event, Source, connections::Unavailable},
};

impl Actor {
    /// Goes back to what is stored, and waits until the store can store again. Meanwhile
    /// `connections` accepts nobody. Returns false if the actor is told to stop instead.
    pub(super) async fn recover(
        &mut self,
        failed: &Failed,
        control: &Control,
        connections: &Connections,
    ) -> bool {
        connections.set_unavailable(Some(Unavailable::Storage));
        self.forget(failed);
        let recovered = poll_fn(|cx| {
            while let Poll::Ready(command) = control.poll_next(cx) {
                match command {
                    Command::Stop => return Poll::Ready(false),
                    Command::Change => self.change(),
                    Command::Show => self.show(),
                }
            }
            self.context.meter.wait();
            let durable = self.context.host.durable.as_ref();
            durable.map_or(Poll::Ready(()), |durable| durable.poll_recovered(cx)).map(|()| true)
        })
        .await;
        if !recovered {
            self.say(Level::Error, "stops while nothing can be stored; events that wait are lost");
            return false;
        }
        self.state = self.context.host.go_back();
        self.try_if_foreign(None);
        self.measure();
        connections.set_unavailable(None);
        self.say(Level::Info, "goes on: the store can store again");
        true
    }

    /// Drops what was held and the instance, and closes the clients.
    fn forget(&mut self, failed: &Failed) {
        // Closed first, so that none of them reads another message.
        for session in self.context.host.clients.sessions() {
            session.close(CloseCode::INTERNAL_ERROR, "the state could not be stored");
        }
        let lost = self.outgoing.drop_held();
        self.stats.undelivered.add(to_u64(lost));
        self.stats.failed_records.add(1);
        let text = format_args!(
            "goes back to what is stored, closes its clients, and drops {lost} messages that \
             nobody has got: {failed}"
        );
        self.lines.host(Level::Error, None, text);
        // Its memory is ahead of what is stored.
        self.instances.drop_present();
    }

    /// Leaves out an event that the actor must not get, such as one of a connection that it does not
    /// know any more.
    pub(super) fn leave_out(&self, event: &Event, why: &str) {
        let kind = event.kind.name();
        let text = format_args!("a {kind} event is left out: {why}");
        self.lines.host(Level::Info, event.source.connection(), text);
        // Another actor's message waits until this one takes it.
        if !matches!(event.source, Source::Sender(_)) {
            event.source.handled();
        }
    }

    /// Logs a line about the actor.
    fn say(&self, level: Level, text: &str) {
        self.lines.host(level, None, format_args!("{text}"));
    }
}
