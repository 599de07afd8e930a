//! The actor's task: one event at a time, all or nothing.

use std::{fmt, sync::Arc};

use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use wit_core::{MessageRef, MessageType, lift::Reply};

use super::{
    answer::Answer,
    instance::{CallError, Instance, Outcome},
    meter::Meter,
    module::Module,
};
use crate::{
    exchange::{Event, EventKind, Mailbox, Origin, Outbox, event::Ending},
    manifest::Limits,
    stats::Stats,
};

/// An actor that has its first state and is ready to handle events.
pub struct Actor {
    /// The name in its manifest.
    name: Arc<str>,
    /// Its code.
    module: Module,
    /// What it may use.
    limits: Limits,
    /// Its state between calls: the only thing that is kept.
    state: Option<Vec<u8>>,
    /// The present instance. Dropped after any fault, and made anew for the next event.
    instance: Option<Instance>,
    /// Its fuel.
    meter: Meter,
    /// Its counters.
    stats: Arc<Stats>,
}

/// Why an actor has no first state.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The instance could not be made, or `init` failed.
    Call(CallError),
    /// `init` returned an error.
    Init(String),
}

impl Actor {
    /// Makes the first instance and the first state: from `init_state`, through `init` in the
    /// shapes where it takes state; else from `init`; else it is empty.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(
        name: Arc<str>,
        module: Module,
        limits: Limits,
        init_state: Option<Vec<u8>>,
        stats: Arc<Stats>,
    ) -> Result<Self, StartError> {
        let mut meter = Meter::new(limits.fuel, limits.slice);
        let origin = Origin { actor: name.clone(), connection: None };
        let instance = Instance::new(&module, &limits, origin, &mut meter).await;
        let mut instance = instance.map_err(StartError::Call)?;
        let state = if init_state.is_some() && !module.shape().has_results() {
            init_state
        } else {
            meter.begin();
            let state = instance.init(init_state.as_deref(), &name, &mut meter).await;
            state.map_err(StartError::Call)?.map_err(StartError::Init)?
        };
        Ok(Self { name, module, limits, state, instance: Some(instance), meter, stats })
    }

    /// Handles events until the mailbox is closed and empty.
    pub async fn run(mut self, mailbox: Arc<Mailbox>) {
        while let Some(event) = mailbox.next().await {
            let outcome = self.call(&event).await;
            self.stats.events.add(1);
            self.stats.fuel.add(self.meter.spent());
            self.conclude(&event, outcome);
            event.from.handled();
            self.meter.pause().await;
        }
    }

    /// Calls `handle-message` for one event, on a new instance if there is none.
    async fn call(&mut self, event: &Event) -> Outcome<Reply> {
        self.meter.begin();
        let origin = self.origin(&event.from);
        // Taken out for the call: whatever goes wrong, it is not there afterwards.
        let mut instance = match self.instance.take() {
            Some(instance) => instance,
            None => {
                let (module, limits) = (&self.module, &self.limits);
                Instance::new(module, limits, origin.clone(), &mut self.meter).await?
            }
        };
        instance.set_origin(origin);
        let mut code = [0; 2];
        let message = message(&event.kind, &mut code);
        let outcome =
            instance.handle_message(message, self.state.as_deref(), &mut self.meter).await?;
        self.instance = Some(instance);
        Ok(outcome)
    }

    /// Makes a call's outcome take effect: the new state and the answer, or neither.
    fn conclude(&mut self, event: &Event, outcome: Outcome<Reply>) {
        let to = &event.from;
        let kind = event.kind.name();
        match outcome {
            Ok(Ok(reply)) => match Answer::from_messages(reply.messages) {
                Ok(answer) => {
                    self.state = reply.state;
                    self.deliver(event, answer);
                }
                Err(error) => {
                    self.stats.refused_answers.add(1);
                    log::warn!(target: &self.target(to),
                        "the answer to a {kind} event is refused, the state kept: {error}");
                }
            },
            Ok(Err(error)) => {
                self.stats.errors.add(1);
                log::warn!(target: &self.target(to),
                    "the actor returned an error for a {kind} event, the state is kept: {error}");
            }
            Err(error) => {
                self.stats.traps.add(1);
                log::error!(target: &self.target(to),
                    "the actor failed at a {kind} event, the state is kept, the connection \
                     closed: {error}");
                to.close(CloseCode::Error, "the actor failed");
            }
        }
    }

    /// Queues an answer for its client.
    fn deliver(&self, event: &Event, answer: Answer) {
        let to = &event.from;
        let count = answer.messages.len().try_into().unwrap_or(u64::MAX);
        if answer.after_close > 0 {
            self.undelivered(to, answer.after_close, "follow a close in the same answer");
        }
        if matches!(event.kind, EventKind::Close(_)) {
            if count > 0 {
                self.undelivered(to, answer.messages.len(), "answer a close event");
            }
            return;
        }
        match to.answer(answer.messages, answer.close) {
            Ok(()) => self.stats.answers.add(count),
            Err(overflow) => {
                self.stats.overflows.add(1);
                log::warn!(target: &self.target(to),
                    "the client reads too slowly and is closed: {overflow}");
                let lost = to.clear() + usize::try_from(count).unwrap_or(usize::MAX);
                self.undelivered(to, lost, "were for a client that is too slow");
                to.close(CloseCode::Again, "too slow");
            }
        }
    }

    /// Counts and logs messages that have nobody to go to.
    fn undelivered(&self, to: &Outbox, count: usize, why: &str) {
        self.stats.undelivered.add(count.try_into().unwrap_or(u64::MAX));
        log::info!(target: &self.target(to), "{count} messages are not sent: they {why}");
    }

    /// Whom a log line is about.
    fn origin(&self, connection: &Outbox) -> Origin {
        Origin { actor: self.name.clone(), connection: Some(connection.id()) }
    }

    /// The same, as a log target.
    fn target(&self, connection: &Outbox) -> String {
        self.origin(connection).to_string()
    }
}

/// An event as the interface's message. `code` is where a close code's bytes are put.
fn message<'a>(kind: &'a EventKind, code: &'a mut [u8; 2]) -> MessageRef<'a> {
    match kind {
        EventKind::Connect => MessageRef::bare(&MessageType::Connect),
        EventKind::Text(text) => MessageRef::text(text),
        EventKind::Binary(data) => MessageRef::data(&MessageType::Binary, data),
        EventKind::Ping(data) => MessageRef::data(&MessageType::Ping, data),
        EventKind::Pong(data) => MessageRef::data(&MessageType::Pong, data),
        EventKind::Close(Ending { code: number, reason }) => {
            *code = number.to_be_bytes();
            let text = reason.as_ref().map(|reason| reason.as_str());
            MessageRef { ty: &MessageType::Close, data: Some(code), text }
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => write!(f, "the actor could not be started: {error}"),
            Self::Init(error) => write!(f, "the actor's `init` returned an error: {error}"),
        }
    }
}

impl std::error::Error for StartError {}
