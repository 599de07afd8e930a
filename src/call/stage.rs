//! The actor of a run, with what is around it. [`open`] starts it. [`brokers`] has its brokers' events.

mod brokers;
mod open;

use std::{
    future::poll_fn,
    pin::pin,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use serde_json::Value;
use smol::{Executor, future::FutureExt as _};
use wit_core::HttpRequest;

use super::{
    CallError,
    capture::Capture,
    clients::Clients,
    report::{self, Report, Taken},
    step::{Handshake, Step},
};
use crate::{
    actor::{Actor, ended::Ended},
    exchange::{ActorHandle, ActorMessage, Event, EventKind, Message, Session, Source, request},
    executor::Turns,
    files::Overlay,
    http_client::answers::Answers,
    lock::Lock,
    messages,
    mqtt::Broker,
    reactor::Reactor,
    world::{Manual, World},
};

/// The most events that follow from one step: alarms and ticks in the time that passes, closes, and
/// answers of servers.
const MAX_FOLLOWING: usize = 1000;

/// Takes the reports, one by one.
pub(super) type Emit<'a> = dyn FnMut(Value, Taken) -> Result<(), CallError> + 'a;

/// The actor of a run, with what is around it.
pub(super) struct Stage {
    actor: Actor,
    /// Has its connections and its counters.
    handle: ActorHandle,
    world: World,
    /// The same world, to let time pass.
    manual: Arc<Manual>,
    clients: Clients,
    /// The files of the script, and what the actor changed.
    files: Arc<Overlay>,
    /// The answers of the script in place of servers.
    answers: Arc<Answers>,
    /// What other actors reply.
    others: Arc<messages::answers::Answers>,
    /// Its brokers.
    brokers: Vec<Arc<Broker>>,
    /// Runs the actor's requests to servers.
    executor: Arc<Executor<'static>>,
    /// The actor's turns.
    turns: Arc<Turns>,
    /// Has no sockets here. It waits for timers and other threads.
    reactor: Arc<Reactor>,
    capture: Capture,
    /// The path of the first listener.
    path: String,
}

impl Stage {
    /// Makes one step of the script, with all events that follow from it.
    pub(super) fn step(
        &mut self,
        place: &str,
        step: Step,
        emit: &mut Emit<'_>,
    ) -> Result<(), CallError> {
        match step {
            Step::Connect(name, handshake) => {
                if self.clients.session(&name).is_some() {
                    return Err(CallError::step(
                        place,
                        format_args!("the client `{name}` is connected already"),
                    ));
                }
                self.connect(place, &name, handshake, emit)?;
            }
            Step::Client(name, kind) => self.client_event(place, name, kind, emit)?,
            Step::Alarm => {
                if let Some(at) = self.actor.next_alarm() {
                    self.manual.pass_until(at);
                }
                let event = self.actor.due_alarm().unwrap_or_else(Event::alarm);
                self.perform(event, None, emit)?;
                self.follow(place, emit)?;
            }
            Step::Request(request) => self.request(place, request, emit)?,
            Step::Pass(time) => {
                let until = self.world.now().checked_add(time);
                let until = until
                    .ok_or_else(|| CallError::step(place, format_args!("the time is too far")))?;
                self.pass(place, until, emit)?;
            }
            Step::Until(now) => {
                let Some(left) = now.checked_sub(self.world.since_1970()) else {
                    return Err(CallError::step(
                        place,
                        format_args!(
                            "it is later already, and the time can't go back; `--now` says when \
                                   the run begins"
                        ),
                    ));
                };
                let until = self.world.now().checked_add(Duration::from_millis(left));
                let until = until
                    .ok_or_else(|| CallError::step(place, format_args!("the time is too far")))?;
                self.pass(place, until, emit)?;
            }
            Step::Actor(message, is_request) => self.message(place, message, is_request, emit)?,
            Step::Other(name, reply) => self.others.set(name, reply),
            Step::Broker(message) => self.broker_message(place, message, emit)?,
            Step::Connection(name, ended) => self.broker_connection(place, name, ended, emit)?,
            Step::Random(bytes) => self.manual.give_random(&bytes),
            Step::File(path, given) => self.files.set(path, given),
            Step::Server(question, answer) => self.answers.set(question, answer),
        }
        Ok(())
    }

    /// Opens a connection, whose first event is `connect`.
    fn connect(
        &mut self,
        place: &str,
        name: &str,
        handshake: Handshake,
        emit: &mut Emit<'_>,
    ) -> Result<(), CallError> {
        let (connections, since) = (&self.handle.connections, self.world.since_1970());
        let opened = self.clients.connect(name, connections, handshake, &self.path, since);
        let session = opened.map_err(|error| CallError::step(place, format_args!("{error}")))?;
        self.client_turn((place, name), &session, EventKind::Connect, emit)
    }

    /// An event of a client. If it has no connection, it connects first.
    fn client_event(
        &mut self,
        place: &str,
        name: String,
        kind: EventKind,
        emit: &mut Emit<'_>,
    ) -> Result<(), CallError> {
        let most = self.handle.limits.get(|limits| limits.message);
        if let EventKind::Message(message @ (Message::Text(_) | Message::Binary(_))) = &kind
            && message.payload().len() > most
        {
            return Err(CallError::step(
                place,
                format_args!(
                    "the message has {} bytes; the host closes a client that sends more than \
                 `limits.message`, {most}",
                    message.payload().len()
                ),
            ));
        }
        if self.clients.session(&name).is_none() {
            if matches!(kind, EventKind::Close(_)) {
                return Err(CallError::step(
                    place,
                    format_args!("the client `{name}` is not connected"),
                ));
            }
            self.connect(place, &name, Handshake::default(), emit)?;
        }
        match self.clients.session(&name) {
            Some(session) => self.client_turn((place, &name), &session, kind, emit),
            // The actor has closed it at its `connect` event.
            None => Ok(()),
        }
    }

    /// Gives a client's event to the actor, with all that follows.
    fn client_turn(
        &mut self,
        (place, name): (&str, &str),
        session: &Arc<Session>,
        kind: EventKind,
        emit: &mut Emit<'_>,
    ) -> Result<(), CallError> {
        let is_last = matches!(kind, EventKind::Close(_));
        self.must_handle(place, &kind)?;
        session.set_busy();
        let told = self.perform(Event::at(session, kind), Some(name), emit);
        if is_last {
            self.clients.end(name);
        }
        told?;
        self.follow(place, emit)
    }

    /// Gives an HTTP request to the actor. Its answer is in the report.
    fn request(
        &mut self,
        place: &str,
        request: HttpRequest,
        emit: &mut Emit<'_>,
    ) -> Result<(), CallError> {
        let bytes = request.body.as_ref().map_or(0, Vec::len);
        let most = self.handle.limits.get(|limits| limits.request);
        if bytes > most {
            return Err(CallError::step(
                place,
                format_args!(
                    "the content has {bytes} bytes; the host refuses more than `limits.request`, {most}"
                ),
            ));
        }
        let (responder, _client) = request::pending();
        let event = Event::request(responder, request);
        self.must_handle(place, &event.kind)?;
        self.perform(event, None, emit)?;
        self.follow(place, emit)
    }

    /// Gives another actor's message to the actor. The reply is in the report.
    fn message(
        &mut self,
        place: &str,
        message: ActorMessage,
        is_request: bool,
        emit: &mut Emit<'_>,
    ) -> Result<(), CallError> {
        // Nobody reads the reply: the report has it.
        let (responder, _asker) = request::pending();
        let event = if is_request {
            Event::asked(responder, message)
        } else {
            Event { source: Source::Alarm, kind: EventKind::Sent(message) }
        };
        self.must_handle(place, &event.kind)?;
        self.perform(event, None, emit)?;
        self.follow(place, emit)
    }

    /// Refuses an event that the actor has no handler for.
    fn must_handle(&self, place: &str, kind: &EventKind) -> Result<(), CallError> {
        if self.actor.handles(kind) {
            return Ok(());
        }
        let export = match kind {
            EventKind::Request(_) => "handle-request",
            EventKind::Sent(_) => "handle-send",
            EventKind::Asked(_) => "handle-request` of `message-server-client",
            _ => "handle-message",
        };
        Err(CallError::step(place, format_args!("the actor does not export `{export}`")))
    }

    /// Gives the actor the events that follow from the last one: the `close` events of clients that the
    /// host has closed, and the answers of servers.
    fn follow(&mut self, place: &str, emit: &mut Emit<'_>) -> Result<(), CallError> {
        for _ in 0..MAX_FOLLOWING {
            self.clients.take_messages();
            if let Some((name, close)) = self.clients.next_closed() {
                let Some(session) = self.clients.session(&name) else { continue };
                session.set_busy();
                let event = Event::at(&session, EventKind::Close(close));
                self.perform(event, Some(&name), emit)?;
                self.clients.end(&name);
            } else if let Some(event) = self.actor.next_answer() {
                self.perform(event, None, emit)?;
            } else {
                return Ok(());
            }
        }
        Err(CallError::step(
            place,
            format_args!("more than {MAX_FOLLOWING} events follow from it without an end"),
        ))
    }

    /// Lets time pass, with the alarms and ticks that come meanwhile.
    fn pass(&mut self, place: &str, until: Instant, emit: &mut Emit<'_>) -> Result<(), CallError> {
        for _ in 0..MAX_FOLLOWING {
            let Some(at) = self.actor.next_alarm().filter(|at| *at <= until) else {
                self.manual.pass_until(until);
                return Ok(());
            };
            self.manual.pass_until(at);
            let Some(event) = self.actor.due_alarm() else { continue };
            self.perform(event, None, emit)?;
            self.follow(place, emit)?;
        }
        Err(CallError::step(
            place,
            format_args!(
                "more than {MAX_FOLLOWING} alarms come in this time; let it pass in several steps"
            ),
        ))
    }

    /// Gives an event to the actor, and reports what it did.
    fn perform(
        &mut self,
        event: Event,
        client: Option<&str>,
        emit: &mut Emit<'_>,
    ) -> Result<(), CallError> {
        let mut report = Report::new(event.kind.name(), self.world.since_1970());
        report.set("client", client.map_or(Value::Null, Value::from));
        report.set("connection", report::connection(event.source.connection().map(|id| id.0)));
        report.add_message(&event.kind);
        let before = self.actor.kept();
        let fuel = self.handle.stats.fuel.get();
        // A wait of an earlier event must not let time pass in this one.
        self.manual.forget_waiting();
        let Self { actor, handle, clients, manual, executor, turns, reactor, .. } = self;
        let clients = Lock::new(clients);
        let (mut took, mut told) = (Duration::ZERO, None);
        let began = Instant::now();
        let mut look = |event: &Event, ended: Ended<'_>| {
            took = began.elapsed();
            match ended {
                Ended::Committed(effects, ending) => {
                    report.add_output(effects, ending, &clients.lock());
                }
                Ended::Failed(failure) => {
                    told = Some(failure.at(event).to_string());
                    report.set(report::ERROR, report::error(failure).into());
                }
            }
        };
        let handled = actor.observe(event, &handle.connections, &mut look);
        // While the actor waits, its clients read, and nothing else would let time pass.
        let meanwhile = poll_fn(|_| {
            clients.lock().take_messages();
            manual.pass_a_wait();
            Poll::<()>::Pending
        });
        turns.block_on(executor, reactor, pin!(handled.or(meanwhile)));
        // Requests to servers that the event has asked for.
        while self.executor.try_tick() {}
        report.add_changes(&before, &self.actor.kept(), &self.clients, self.world.now());
        report.add_outside(self.files.take_changes(), self.answers.take_asked());
        report.add_asked(&self.others.take_asked());
        let fuel = self.handle.stats.fuel.get().saturating_sub(fuel);
        emit(report.finish(self.capture.take(told.as_deref())), Taken { fuel, took })
    }
}
