//! The actor's task: one event at a time, all or nothing.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use log::Level;
use smol::Timer;
use wit_core::{MessageType, lift::Reply};

use super::{
    answer::Answer,
    asked::Effect,
    backoff::Backoff,
    call_error::CallError,
    event_message,
    idle::Idle,
    instance::{Instance, Outcome},
    meter::Meter,
    module::Module,
    services::Services,
    watermark::Watermark,
};
use crate::{
    clock::Clock,
    exchange::{
        CloseCode, Command, Connections, Control, Delivery, Event, EventKind, Mailbox, Message,
        Session, Source, event::ALARM,
    },
    executor::Turns,
    files::{Failed, Files},
    limits::Limits,
    logger::ActorLog,
    stats::Stats,
};

/// The longest wait before an instance is tried again that could not be made.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// The longest wait before an instance is made again that takes long to make and trapped. It is
/// shorter, since one client can make an actor trap that serves all others well.
const MAX_PENANCE: Duration = Duration::from_secs(1);

/// An actor that has its first state and is ready to handle events.
pub struct Actor {
    /// The name in its manifest.
    name: Arc<str>,
    /// Its code.
    module: Arc<Module>,
    /// What it may use.
    limits: Limits,
    /// Its state between calls: the only thing that is kept.
    state: Option<Vec<u8>>,
    /// The present instance. Dropped after any fault, when the actor is idle, and when its
    /// memory has grown too far; made anew for the next event.
    instance: Option<Instance>,
    /// Its fuel.
    meter: Meter,
    /// What the host does for it, and keeps for it.
    services: Services,
    /// Takes its messages to the outboxes.
    delivery: Delivery,
    /// Whether the last event was the alarm: then a client's comes before the next one.
    alarmed: bool,
    /// Notices that there are no events.
    idle: Idle,
    /// Whether the instance has grown too far.
    watermark: Watermark,
    /// How long to wait before an instance is tried again that could not be made.
    backoff: Backoff,
    /// How long to wait before an instance is made again that takes long to make, after a trap.
    penance: Backoff,
    /// Its counters.
    stats: Arc<Stats>,
    /// Its lines in the log.
    lines: Arc<ActorLog>,
}

/// What an actor is made of.
pub struct Setup {
    /// The name in its manifest.
    pub name: Arc<str>,
    /// Its code.
    pub module: Module,
    /// What it may use.
    pub limits: Limits,
    /// The content of its `init_state` file.
    pub init_state: Option<Vec<u8>>,
    /// How often it is woken.
    pub tick: Option<Duration>,
    /// Its files, if it gets any.
    pub files: Option<Files>,
    /// The time.
    pub clock: Clock,
    /// Gives it its turns.
    pub turns: Arc<Turns>,
    /// Its counters.
    pub stats: Arc<Stats>,
    /// Its lines in the log.
    pub lines: Arc<ActorLog>,
}

/// Why an actor has no first state.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The instance could not be made, or `init` failed.
    Call(CallError),
    /// `init` returned an error.
    Init(String),
    /// A file that `init` writes could not be written.
    Files(Failed),
}

impl Actor {
    /// Makes the first instance and the first state: from `init_state`, through `init` in the
    /// shapes where it takes state; else from `init`; else it is empty.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(setup: Setup) -> Result<Self, StartError> {
        let Setup { name, module, limits, init_state, tick, files, clock, turns, stats, lines } =
            setup;
        let mut actor = Self {
            meter: Meter::new(&limits, turns),
            services: Services::new(&limits, clock, tick, files, stats.clone()),
            delivery: Delivery::new(stats.clone(), lines.clone()),
            alarmed: false,
            state: None,
            instance: None,
            idle: Idle::new(limits.hibernate_after),
            watermark: Watermark::new(limits.watermark),
            backoff: Backoff::new(MAX_WAIT),
            penance: Backoff::new(MAX_PENANCE),
            name,
            module: Arc::new(module),
            limits,
            stats,
            lines,
        };
        let mut instance = actor.instantiate().await.map_err(StartError::Call)?;
        actor.state = if init_state.is_some() && !actor.module.shape().has_results() {
            init_state
        } else {
            actor.meter.begin();
            let (meter, services) = (&mut actor.meter, &mut actor.services);
            let state = instance.init(init_state.as_deref(), &actor.name, meter, services).await;
            let state = state.map_err(StartError::Call)?.map_err(StartError::Init)?;
            actor.services.write().await.map_err(StartError::Files)?;
            // It has no clients yet, so that this can only be an alarm.
            actor.take_effect().await;
            state
        };
        actor.instance = Some(instance);
        actor.measure();
        Ok(actor)
    }

    /// Handles events until `control` says [`Command::Stop`] and the mailbox is empty. While the
    /// actor can't be started, `connections` opens none.
    pub async fn run(
        mut self,
        mailbox: Arc<Mailbox>,
        control: Arc<Control>,
        connections: Arc<Connections>,
    ) {
        let mut stopping = false;
        while let Some(event) = self.next(&mailbox, &control, &mut stopping).await {
            self.services.begin(&event);
            let outcome = match self.ready(&connections).await {
                Ok(instance) => self.call(instance, &event).await,
                Err(error) => Err(error),
            };
            self.judge(&outcome);
            self.stats.events.add(1);
            self.stats.fuel.add(self.meter.spent());
            self.conclude(&event, outcome).await;
            self.services.end(&event);
            self.measure();
            if let Source::Connection(session) = event.source {
                session.handled();
            }
            // No event is under way that could be too long.
            self.meter.begin();
            let _ = self.meter.yield_if_due().await;
        }
    }

    /// The next event: the alarm, if it rings, or a client's; in turns, if there are both. `None`
    /// if the actor is to stop and no event waits. When there is none for `limits.hibernate_after`,
    /// the instance is dropped.
    async fn next(
        &mut self,
        mailbox: &Mailbox,
        control: &Control,
        stopping: &mut bool,
    ) -> Option<Event> {
        let mut next = pin!(mailbox.next());
        poll_fn(|cx| {
            // Before the mailbox: whoever asked the actor to stop had put the last event there.
            while let Poll::Ready(command) = control.poll_next(cx) {
                match command {
                    Command::Stop => *stopping = true,
                }
            }
            if !self.alarmed && self.services.alarm.poll(cx).is_ready() {
                return Poll::Ready(Some(self.alarm()));
            }
            if let Poll::Ready(event) = next.as_mut().poll(cx) {
                self.idle.active();
                self.alarmed = false;
                return Poll::Ready(Some(event));
            }
            if *stopping {
                return Poll::Ready(None);
            }
            self.meter.wait();
            if self.alarmed && self.services.alarm.poll(cx).is_ready() {
                return Poll::Ready(Some(self.alarm()));
            }
            if self.instance.is_some() && self.idle.poll(cx).is_ready() {
                self.instance = None;
                self.measure();
                self.stats.hibernations.add(1);
                self.lines.host(Level::Debug, None, format_args!("hibernates: no events"));
            }
            Poll::Pending
        })
        .await
    }

    /// The event that an alarm is.
    fn alarm(&mut self) -> Event {
        self.idle.active();
        self.alarmed = true;
        self.stats.alarms.add(1);
        Event::alarm()
    }

    /// The instance for the next call, taken out of the actor: whatever goes wrong in the call,
    /// it is not there afterwards. Made anew if there is none; if that failed before, only
    /// after a wait.
    async fn ready(&mut self, connections: &Connections) -> Result<Instance, CallError> {
        if let Some(instance) = self.instance.take() {
            return Ok(instance);
        }
        if let Some(until) = self.penance.until() {
            Timer::at(until).await;
        }
        let made = self.instantiate().await;
        if made.is_ok() {
            if self.backoff.is_failing() {
                self.backoff.succeeded();
                connections.set_failing(false);
            }
            return made;
        }
        // Nobody is answered before the wait is over, so nobody can shorten it.
        let wait = self.backoff.failed();
        connections.set_failing(true);
        self.lines.host(Level::Error, None, format_args!("can't be started; waits {wait:?}"));
        Timer::after(wait).await;
        made
    }

    /// Notes whether a call went well. If not, and if an instance takes long to make, the next one
    /// has to wait: whoever makes an actor trap would have the processor for nothing else.
    fn judge(&mut self, outcome: &Outcome<Reply>) {
        if outcome.is_ok() {
            self.penance.succeeded();
        } else if self.module.is_slow() && !self.backoff.is_failing() {
            let wait = self.penance.failed();
            let text = format_args!("takes long to make anew after a failure; waits {wait:?}");
            self.lines.host(Level::Warn, None, text);
        }
    }

    /// Makes an instance, with fuel and time of its own.
    async fn instantiate(&mut self) -> Result<Instance, CallError> {
        self.meter.begin();
        let lines = self.lines.clone();
        Instance::new(&self.module, &self.limits, lines, &mut self.meter).await
    }

    /// Calls `handle-message` for one event. The instance is kept if all went well.
    async fn call(&mut self, mut instance: Instance, event: &Event) -> Outcome<Reply> {
        self.meter.begin();
        instance.set_connection(event.source.session().map(|session| session.id()));
        let (mut code, alarm) = ([0; 2], MessageType::Other(ALARM.into()));
        let message = event_message::message(&event.kind, &mut code, &alarm);
        let (state, meter) = (self.state.as_deref(), &mut self.meter);
        let outcome = instance.handle_message(message, state, meter, &mut self.services).await?;
        if self.watermark.is_passed(instance.memory_size()) {
            self.stats.watermarks.add(1);
        } else {
            self.instance = Some(instance);
        }
        Ok(outcome)
    }

    /// Notes how large the instance and the state are.
    fn measure(&self) {
        self.stats.memory.set(self.instance.as_ref().map_or(0, Instance::memory_size));
        self.stats.state.set(self.state.as_ref().map_or(0, Vec::len));
    }

    /// Makes a call's outcome take effect: the files, the new state, what the call asked for and
    /// the answer, or nothing of it.
    async fn conclude(&mut self, event: &Event, outcome: Outcome<Reply>) {
        let kind = event.kind.name();
        let article = if matches!(event.kind, EventKind::Alarm) { "an" } else { "a" };
        let from = event.source.session().map(|session| &**session);
        let (level, text) = match outcome {
            Ok(Ok(reply)) => match Answer::from_messages(reply.messages) {
                Ok(answer) => match self.services.write().await {
                    Ok(()) => {
                        self.state = reply.state;
                        self.take_effect().await;
                        if let Some(from) = from {
                            self.make_room(from, answer.cost()).await;
                        }
                        let Answer { messages, close, after_close } = answer;
                        return self.delivery.answer(event, messages, close, after_close);
                    }
                    Err(failed) => {
                        let closed = give_up(from);
                        let what = format!("the files of {article} {kind} event are not written");
                        (Level::Error, format!("{what}, the state is kept{closed}: {failed}"))
                    }
                },
                Err(error) => {
                    self.stats.refused_answers.add(1);
                    let what =
                        format!("the answer to {article} {kind} event is refused, the state kept");
                    (Level::Warn, format!("{what}: {error}"))
                }
            },
            Ok(Err(error)) => {
                self.stats.errors.add(1);
                let what = format!("the actor returned an error for {article} {kind} event");
                (Level::Warn, format!("{what}, the state is kept: {error}"))
            }
            Err(error) => {
                self.stats.traps.add(1);
                let closed = give_up(from);
                let what = format!(
                    "the actor failed at {article} {kind} event, the state is kept{closed}"
                );
                (Level::Error, format!("{what}: {error}"))
            }
        };
        self.services.undo();
        self.delivery.say(level, from, format_args!("{text}"));
    }

    /// Does what the call has asked for, in its order.
    async fn take_effect(&mut self) {
        // The call is over: it can't be too long any more.
        self.meter.begin();
        for effect in self.services.commit() {
            match effect {
                Effect::Send { to, message } => self.post(&to, message).await,
                Effect::Broadcast { to, message } => {
                    for to in to {
                        self.post(&to, message.clone()).await;
                        let _ = self.meter.yield_if_due().await;
                    }
                }
                Effect::Close { to, close } => to.close_with(close),
            }
            let _ = self.meter.yield_if_due().await;
        }
    }

    /// Queues a message that is no answer.
    async fn post(&mut self, to: &Session, message: Message) {
        if !self.delivery.offer(to, &message) {
            self.make_room(to, message.cost()).await;
            self.delivery.send(to, message);
        }
        self.meter.moved(PER_SEND);
    }

    /// Lets connections write what waits, if so many bytes more would not fit at this one: as long
    /// as it has had no chance to, its client is not a slow one.
    async fn make_room(&mut self, to: &Session, bytes: usize) {
        if !to.has_room(bytes) {
            self.meter.yield_now().await;
        }
        while !to.has_room(bytes) && to.is_draining() {
            self.meter.yield_now().await;
        }
    }
}

/// Closes the connection whose event's call has failed. Gives what the log says of that.
fn give_up(from: Option<&Session>) -> &'static str {
    from.map_or("", |from| {
        from.close(CloseCode::INTERNAL_ERROR, "the actor failed");
        ", the connection closed"
    })
}

/// What queueing a message counts for in a turn, as bytes that the host moves.
const PER_SEND: usize = 32 << 10;

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => write!(f, "the actor could not be started: {error}"),
            Self::Init(error) => write!(f, "the actor's `init` returned an error: {error}"),
            Self::Files(failed) => {
                write!(f, "what the actor's `init` writes is not written: {failed}")
            }
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Call(error) => Some(error),
            Self::Files(failed) => Some(failed),
            Self::Init(_) => None,
        }
    }
}
