//! The actor's task. It handles one event at a time, and commits all of its changes or none.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
};

use bytes::Bytes;
use footlight_store::{Failed, Ticket};
use log::Level;

use super::{
    call_context::CallContext,
    change::ChangeSlot,
    dispatch::Attempt,
    durable::Durable,
    ended::{Ended, Look},
    failure::Failure,
    feed::Feed,
    idle::Idle,
    inspected,
    instances::Instances,
    outgoing::{Ending, Outgoing, Output},
};
use crate::{
    coarse_clock,
    exchange::{Command, Connections, Control, Event, EventKind, Mailbox, Takes},
    limits::SharedLimits,
    logger::ActorLog,
    stats::Stats,
};

/// What an actor's task does next.
enum Next {
    /// Handle an event.
    Event(Event),
    /// Deliver what waited for records up to this one, and let more publications leave.
    Reached(Ticket),
    /// Record that messages to other actors, or publications, wait no more.
    Less,
    /// Go back to what is stored, because a record could not be written.
    Failed(Failed),
    /// End.
    Stop,
}

/// An actor that has its first state and is ready to handle events.
pub struct Actor {
    /// The state between calls. Only a committed transaction changes it.
    pub(super) state: Option<Bytes>,
    /// Makes and keeps the instances of its module.
    pub(super) instances: Instances,
    /// The meter and the host's side of its calls.
    pub(super) context: CallContext,
    /// Delivers its messages to its clients, once what is before them is stored.
    pub(super) outgoing: Outgoing,
    /// Has the most bytes that may wait for the disk.
    pub(super) limits: SharedLimits,
    /// Where the last event came from. The others come before it now.
    pub(super) last: Feed,
    /// Notices that there have been no events.
    pub(super) idle: Idle,
    /// Has what the actor gets anew while it runs.
    pub(super) changes: Arc<ChangeSlot>,
    /// Which messages of other actors and of brokers the mailbox takes.
    pub(super) taken: Takes,
    /// Shown in `/metrics` and in the summary at the end.
    pub(super) stats: Arc<Stats>,
    /// Has the bound on what is logged about it in a second.
    pub(super) lines: Arc<ActorLog>,
}

impl Actor {
    /// Gives each event a new instance, for `footlight dev`.
    pub fn renew_at_each_event(&mut self) {
        self.instances.renew_at_each_event();
    }

    /// Where to leave what the actor gets anew while it runs.
    pub fn changes(&self) -> Arc<ChangeSlot> {
        self.changes.clone()
    }

    /// Handles events until `control` gives [`Command::Stop`], the mailbox is empty and nothing waits
    /// for the disk. While the actor can't take events, `connections` accepts nobody.
    pub async fn run(
        mut self,
        mailbox: Arc<Mailbox>,
        control: Arc<Control>,
        connections: Arc<Connections>,
    ) {
        let mut stopping = false;
        loop {
            self.set_takes(&mailbox, stopping);
            match self.next(&mailbox, &control, &mut stopping).await {
                Next::Event(event) => self.handle(event, &connections, None).await,
                Next::Reached(ticket) => {
                    self.context.host.reached(ticket);
                    self.outgoing.release(ticket, &mut self.context.meter).await;
                }
                Next::Less => self.context.host.record_waits(),
                Next::Failed(failed) => {
                    if !self.recover(&failed, &control, &connections).await {
                        break;
                    }
                }
                Next::Stop => break,
            }
            // No event is running, so no time limit can pass here.
            self.context.meter.renew();
            let _ = self.context.meter.yield_if_due().await;
        }
        mailbox.close();
    }

    /// Says which messages of other actors and of brokers the actor takes now, if that has changed.
    fn set_takes(&mut self, mailbox: &Mailbox, stopping: bool) {
        let report = self.instances.module().report();
        let messages = self.context.host.messages.as_ref().filter(|_| !stopping);
        let sends = messages.is_some() && report.handles_sends;
        let mqtt = self.context.host.mqtt.as_ref().filter(|_| !stopping);
        let brokers = mqtt.is_some() && report.handles_messages;
        let takes = Takes { sends, requests: messages.is_some() && report.replies, brokers };
        if takes == self.taken {
            return;
        }
        self.taken = takes;
        mailbox.set_takes(takes);
        if let (Some(messages), true) = (messages, sends) {
            messages.came();
        }
        if let (Some(mqtt), true) = (mqtt, brokers) {
            mqtt.came();
        }
    }

    /// Handles an event: calls the actor, commits or rolls back, and sends what leaves the host. `look`
    /// sees what is about to leave.
    pub(super) async fn handle(
        &mut self,
        event: Event,
        connections: &Connections,
        look: Option<&mut Look<'_>>,
    ) {
        let durable = self.context.host.durable.as_mut();
        if durable.is_some_and(|durable| durable.is_undone(&event)) {
            return self.leave_out(&event, "the connect event was undone");
        }
        if !self.instances.module().report().handles(&event.kind) {
            return self.leave_out(&event, "the actor exports no handler for it");
        }
        if event.source.is_gone() {
            let why = match event.kind {
                EventKind::Asked(_) => "its sender waits no longer: see `limits.reply_wait`",
                _ => "its client is gone",
            };
            return self.leave_out(&event, why);
        }
        let began = coarse_clock::read();
        let fuel = self.stats.fuel.get();
        self.context.host.begin(&event);
        let handled = if self.instances.is_on_trial() {
            // Boxed, because it is larger than a usual event, and rarer.
            Box::pin(self.try_event(&event)).await
        } else {
            self.attempt(&event, Attempt::Usual(connections)).await
        };
        // What a failure makes the next instance wait for depends on the machine. Who looks at each event
        // shall see the same each time.
        let is_fault = matches!(handled, Err(Failure::Call(_)));
        self.instances.note_outcome(!is_fault || look.is_some());
        self.stats.events.add(1);
        let took = coarse_clock::look().since(began);
        self.stats.durations.observe(took);
        if let Some(inspection) = self.lines.inspection() {
            let fuel = self.stats.fuel.get().wrapping_sub(fuel);
            inspection.event(&inspected::event(&event, (&handled).into(), took, fuel));
        }
        if let Some(look) = look {
            look(&event, Ended::from(&handled));
        }
        let (effects, ending) = match handled {
            Ok(committed) => committed,
            Err(failure) => (Vec::new(), self.roll_back(&event, &failure).await),
        };
        self.context.host.end(&event);
        self.measure();
        let is_last = matches!(event.kind, EventKind::Close(_));
        let output = Output { source: event.source, is_last, effects, ending };
        let awaited = self.context.host.durable.as_ref().and_then(Durable::awaited);
        self.outgoing.send(output, awaited, &mut self.context.meter).await;
    }

    /// Waits for what comes next: a record that is on the disk or failed, the `close` of an earlier
    /// run's connection, an alarm, a server's answer, or a client's event. Those of the last three
    /// that are ready take turns.
    /// Drops the instance after `limits.hibernate_after` without events.
    async fn next(&mut self, mailbox: &Mailbox, control: &Control, stopping: &mut bool) -> Next {
        let mut next = pin!(mailbox.next());
        poll_fn(|cx| {
            // Read commands before the mailbox: by the time of the command to stop, the last event
            // is in the mailbox.
            while let Poll::Ready(command) = control.poll_next(cx) {
                match command {
                    Command::Stop => *stopping = true,
                    Command::Change => self.change(),
                    Command::Show => self.show(),
                }
                self.set_takes(mailbox, *stopping);
            }
            if let (Some(messages), true) =
                (&self.context.host.messages, self.context.host.durable.is_some())
                && messages.poll_less(cx).is_ready()
            {
                return Poll::Ready(Next::Less);
            }
            if let (Some(mqtt), true) =
                (&mut self.context.host.mqtt, self.context.host.durable.is_some())
                && mqtt.poll_less(cx, *stopping).is_ready()
            {
                return Poll::Ready(Next::Less);
            }
            if let Some(durable) = &mut self.context.host.durable {
                if let Poll::Ready(next) = durable.poll(self.outgoing.awaited(), cx) {
                    return Poll::Ready(next.map_or_else(Next::Failed, Next::Reached));
                }
                if self.outgoing.bytes() >= self.limits.get(|limits| limits.held) {
                    return Poll::Pending;
                }
                if let Some(lost) = durable.next_lost() {
                    return Poll::Ready(Next::Event(Event::lost(lost)));
                }
            }
            for from in self.last.others_first() {
                // Clients' events are the last that an actor gets. What has more would not end.
                if *stopping && from == self.last && from != Feed::Mailbox {
                    continue;
                }
                let event = match from {
                    Feed::Mailbox => next.as_mut().poll(cx),
                    Feed::Alarm => self.context.host.alarm.poll(cx).map(|()| Event::alarm()),
                    Feed::Fetches => match &self.context.host.http {
                        Some(http) => http.poll_answer(cx).map(Event::response),
                        None => Poll::Pending,
                    },
                };
                if let Poll::Ready(event) = event {
                    self.last = from;
                    self.idle.active();
                    self.stats.alarms.add(u64::from(from == Feed::Alarm));
                    return Poll::Ready(Next::Event(event));
                }
            }
            if *stopping && self.outgoing.awaited().is_none() {
                return Poll::Ready(Next::Stop);
            }
            self.context.meter.wait();
            if self.instances.is_present() && self.idle.poll(cx).is_ready() {
                self.instances.drop_present();
                self.measure();
                self.stats.hibernations.add(1);
                self.lines.host(Level::Debug, None, format_args!("hibernates: no events"));
            }
            Poll::Pending
        })
        .await
    }

    /// Rolls back the changes of a failed event, and logs the failure.
    async fn roll_back(&mut self, event: &Event, failure: &Failure) -> Ending {
        self.context.host.roll_back(&mut self.context.meter).await;
        if matches!(event.kind, EventKind::Response(_)) {
            self.context.host.record_waits();
        }
        failure.count(&self.stats);
        let from = event.source.session().map(|session| &**session);
        let text = format_args!("{}", failure.at(event));
        self.outgoing.delivery().say(failure.level(), from, text);
        Ending::Failed { closes: failure.closes() }
    }

    /// Updates the gauges of the sizes of the memory and the state.
    pub(super) fn measure(&self) {
        self.stats.memory.set(self.instances.memory_size());
        self.stats.state.set(self.state.as_ref().map_or(0, Bytes::len));
        self.stats.storage.set(self.context.host.storage.bytes());
    }
}
