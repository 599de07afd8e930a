//! The actor of a run, with what is around it.

use std::{
    future::poll_fn,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use serde_json::Value;
use smol::future::FutureExt as _;

use super::{
    Call, CallError,
    called::Called,
    capture::Capture,
    clients::Clients,
    moment,
    report::{self, Report},
    script::{Handshake, Step},
};
use crate::{
    actor::{Actor, Setup, ended::Ended, observed::Kept},
    exchange::{ActorHandle, ConnectionId, Event, EventKind, Message, Session},
    files::{Files, Overlay},
    limits::Limits,
    lock::Lock,
    world::{Manual, World},
};

/// The most alarms and ticks of one step in which time passes.
const MAX_ALARMS: usize = 1000;

/// Takes the reports, one by one.
pub(super) type Emit<'a> = dyn FnMut(Value) -> Result<(), CallError> + 'a;

/// The actor of a run, with what is around it.
pub(super) struct Stage {
    actor: Actor,
    /// Has its connections and its counters.
    handle: ActorHandle,
    world: World,
    /// The same world, to let time pass.
    manual: Arc<Manual>,
    clients: Clients,
    /// The files of the script, and those that the actor wrote.
    files: Arc<Overlay>,
    capture: Capture,
    /// The path of the first listener.
    path: String,
    limits: Limits,
}

impl Stage {
    /// Starts the actor, and reports on that. Returns `None` if its `init` failed.
    pub(super) async fn open(call: &Call, emit: &mut Emit<'_>) -> Result<Option<Self>, CallError> {
        let called = Called::open(&call.path)?;
        let contents = called.contents(call)?;
        let Called { name, module, init_state, tick, folders, limits, path, is_alone } = called;
        // A run shows all lines.
        let limits = Limits { log_rate: usize::MAX, ..limits };
        let (world, manual) = World::seeded(call.now.unwrap_or(moment::DEFAULT), call.seed);
        let handle = ActorHandle::new(name.as_str().into(), limits.clone());
        let (stats, lines) = (handle.stats.clone(), handle.lines.clone());
        let files = Arc::new(Overlay::new(is_alone, call.write && !is_alone));
        let own = folders.map(|folders| {
            let own =
                Files::new(&name, folders, handle.limits.clone(), stats.clone(), lines.clone());
            own.below(files.clone())
        });
        let capture = Capture::install();
        let lost = contents.iter().flat_map(|contents| contents.open.clone()).collect::<Vec<_>>();
        let setup = Setup {
            name: handle.name.clone(),
            module,
            limits: handle.limits.clone(),
            init_state,
            tick,
            files: own,
            http: None,
            store: None,
            world: world.clone(),
            turns: Arc::default(),
            stats,
            lines,
        };
        let began = Instant::now();
        let started = Actor::start_from(setup, contents).await;
        let took = began.elapsed();
        let mut report = Report::new("init", world.since_1970());
        let (actor, kept) = match started {
            Ok(actor) => {
                let kept = actor.kept();
                (Some(actor), kept)
            }
            Err(error) => {
                report.set(report::ERROR, error.to_string().into());
                (None, Kept::default())
            }
        };
        let clients = Clients::default();
        report.add_changes(&Kept::default(), &kept, &clients, world.now());
        let fuel = handle.stats.fuel.get();
        emit(report.finish(files.take_written(), capture.take(None), fuel, took))?;
        let Some(actor) = actor else { return Ok(None) };
        let mut stage =
            Self { actor, handle, world, manual, clients, files, capture, path, limits };
        for id in lost {
            stage.perform(Event::lost(ConnectionId(id)), None, emit).await?;
        }
        Ok(Some(stage))
    }

    /// Makes one step of the script, with all events that follow from it.
    pub(super) async fn step(
        &mut self,
        place: &str,
        step: Step,
        emit: &mut Emit<'_>,
    ) -> Result<(), CallError> {
        match step {
            Step::Connect(name, handshake) => {
                if self.clients.session(&name).is_some() {
                    let problem = format!("the client `{name}` is connected already");
                    return Err(CallError::step(place, problem));
                }
                self.connect(place, &name, handshake, emit).await?;
            }
            Step::Client(name, kind) => self.client_event(place, name, kind, emit).await?,
            Step::Alarm => {
                if let Some(at) = self.actor.next_alarm() {
                    self.manual.pass_until(at);
                }
                let event = self.actor.due_alarm().unwrap_or_else(Event::alarm);
                self.perform(event, None, emit).await?;
            }
            Step::Pass(time) => {
                let until = self.world.now().checked_add(time);
                let until = until.ok_or_else(|| CallError::step(place, "the time is too far"))?;
                self.pass(place, until, emit).await?;
            }
            Step::Until(now) => {
                let Some(left) = now.checked_sub(self.world.since_1970()) else {
                    let problem = "it is later already, and the time can't go back; `--now` says when \
                                   the run begins";
                    return Err(CallError::step(place, problem));
                };
                let until = self.world.now().checked_add(Duration::from_millis(left));
                let until = until.ok_or_else(|| CallError::step(place, "the time is too far"))?;
                self.pass(place, until, emit).await?;
            }
            Step::Random(bytes) => self.manual.give_random(&bytes),
            Step::File(path, content) => self.files.set(path, content),
        }
        Ok(())
    }

    /// Opens a connection, whose first event is `connect`.
    async fn connect(
        &mut self,
        place: &str,
        name: &str,
        handshake: Handshake,
        emit: &mut Emit<'_>,
    ) -> Result<(), CallError> {
        let (connections, since) = (&self.handle.connections, self.world.since_1970());
        let opened = self.clients.connect(name, connections, handshake, &self.path, since);
        let session = opened.map_err(|error| CallError::step(place, error.to_string()))?;
        self.client_turn(name, &session, EventKind::Connect, emit).await
    }

    /// An event of a client. If it has no connection, it connects first.
    async fn client_event(
        &mut self,
        place: &str,
        name: String,
        kind: EventKind,
        emit: &mut Emit<'_>,
    ) -> Result<(), CallError> {
        let most = self.limits.message;
        if let EventKind::Message(message @ (Message::Text(_) | Message::Binary(_))) = &kind
            && message.payload().len() > most
        {
            let problem = format!(
                "the message has {} bytes; the host closes a client that sends more than \
                 `limits.message`, {most}",
                message.payload().len()
            );
            return Err(CallError::step(place, problem));
        }
        if self.clients.session(&name).is_none() {
            if matches!(kind, EventKind::Close(_)) {
                let problem = format!("the client `{name}` is not connected");
                return Err(CallError::step(place, problem));
            }
            self.connect(place, &name, Handshake::default(), emit).await?;
        }
        match self.clients.session(&name) {
            Some(session) => self.client_turn(&name, &session, kind, emit).await,
            // The actor has closed it at its `connect` event.
            None => Ok(()),
        }
    }

    /// Gives a client's event to the actor. Clients that are closed by that have their `close` events
    /// next.
    async fn client_turn(
        &mut self,
        name: &str,
        session: &Arc<Session>,
        kind: EventKind,
        emit: &mut Emit<'_>,
    ) -> Result<(), CallError> {
        let is_last = matches!(kind, EventKind::Close(_));
        session.set_busy();
        let told = self.perform(Event::at(session, kind), Some(name), emit).await;
        if is_last {
            self.clients.end(name);
        }
        told?;
        self.close_clients(emit).await
    }

    /// Gives the `close` events of clients that the host has closed to the actor.
    async fn close_clients(&mut self, emit: &mut Emit<'_>) -> Result<(), CallError> {
        self.clients.take_messages();
        while let Some((name, close)) = self.clients.next_closed() {
            if let Some(session) = self.clients.session(&name) {
                session.set_busy();
                let event = Event::at(&session, EventKind::Close(close));
                self.perform(event, Some(&name), emit).await?;
                self.clients.end(&name);
                self.clients.take_messages();
            }
        }
        Ok(())
    }

    /// Lets time pass, with the alarms and ticks that come meanwhile.
    async fn pass(
        &mut self,
        place: &str,
        until: Instant,
        emit: &mut Emit<'_>,
    ) -> Result<(), CallError> {
        for _ in 0..MAX_ALARMS {
            let Some(at) = self.actor.next_alarm().filter(|at| *at <= until) else {
                self.manual.pass_until(until);
                return Ok(());
            };
            self.manual.pass_until(at);
            let Some(event) = self.actor.due_alarm() else { continue };
            self.perform(event, None, emit).await?;
            self.close_clients(emit).await?;
        }
        let problem = format!(
            "more than {MAX_ALARMS} alarms come in this time; let it pass in several steps"
        );
        Err(CallError::step(place, problem))
    }

    /// Gives an event to the actor, and reports what it did.
    async fn perform(
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
        let Self { actor, handle, clients, manual, .. } = self;
        let clients = Lock::new(clients);
        let (mut took, mut told) = (Duration::ZERO, None);
        let began = Instant::now();
        let mut look = |event: &Event, ended: Ended<'_>| {
            took = began.elapsed();
            match ended {
                Ended::Committed(effects, answer) => {
                    report.add_output(effects, answer, &clients.lock());
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
        handled.or(meanwhile).await;
        report.add_changes(&before, &self.actor.kept(), &self.clients, self.world.now());
        let fuel = self.handle.stats.fuel.get().saturating_sub(fuel);
        let log = self.capture.take(told.as_deref());
        emit(report.finish(self.files.take_written(), log, fuel, took))
    }
}
