//! The actor's task. It handles one event at a time, and commits all of its changes or none.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use log::Level;
use wit_core::{MessageType, lift::Reply};

use super::{
    answer::Answer,
    call_context::{CallContext, Resources},
    effects::Effect,
    event_message,
    failure::{Failure, StartError},
    idle::Idle,
    instance::Outcome,
    instances::Instances,
    module::Module,
};
use crate::{
    exchange::{
        CloseCode, Command, Connections, Control, Delivery, Event, Mailbox, Message, Session,
        Source, event::ALARM,
    },
    executor::Turns,
    files::Files,
    limits::SharedLimits,
    logger::ActorLog,
    stats::Stats,
    world::World,
};

/// What queueing a message counts for in a turn, in bytes that the host moves.
const PER_SEND: usize = 32 << 10;

/// An actor that has its first state and is ready to handle events.
pub struct Actor {
    /// The state between calls. Only a committed transaction changes it.
    state: Option<Vec<u8>>,
    /// Makes and keeps the instances of its module.
    instances: Instances,
    /// The meter and the host's side of its calls.
    context: CallContext,
    /// Delivers its messages to its clients.
    delivery: Delivery,
    /// Whether the last event was an alarm. Then a client's event comes before the next alarm.
    alarmed: bool,
    /// Notices that there have been no events.
    idle: Idle,
    /// Its counters.
    stats: Arc<Stats>,
    /// Its lines in the log.
    lines: Arc<ActorLog>,
}

/// Everything that an actor is made from.
pub struct Setup {
    /// The name in its manifest.
    pub name: Arc<str>,
    /// The compiled module.
    pub module: Module,
    /// Its limits.
    pub limits: SharedLimits,
    /// The content of its `init_state` file.
    pub init_state: Option<Vec<u8>>,
    /// The period of the manifest's `tick`.
    pub tick: Option<Duration>,
    /// The files that its manifest grants.
    pub files: Option<Files>,
    /// The source of time and random numbers.
    pub world: World,
    /// Gives the actor its turns on the executor.
    pub turns: Arc<Turns>,
    /// Its counters.
    pub stats: Arc<Stats>,
    /// Its lines in the log.
    pub lines: Arc<ActorLog>,
}

impl Actor {
    /// Makes the first instance and the first state. Shapes with a state parameter pass the
    /// content of `init_state` through `init`. Otherwise the state is `init_state`, else the result
    /// of `init`, else empty.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(setup: Setup) -> Result<Self, StartError> {
        let Setup { name, module, limits, init_state, tick, files, world, turns, stats, lines } =
            setup;
        let mut actor = Self {
            state: None,
            instances: Instances::new(module, limits.clone(), &world, stats.clone(), lines.clone()),
            delivery: Delivery::new(stats.clone(), lines.clone()),
            alarmed: false,
            idle: Idle::new(world.clone(), limits.clone()),
            context: CallContext::new(
                limits,
                Resources { world, tick, files, turns, stats: stats.clone() },
            ),
            stats,
            lines,
        };
        let context = &mut actor.context;
        let made = actor.instances.make(&mut context.meter).await;
        let mut instance = made.map_err(StartError::Call)?;
        if init_state.is_some() && !actor.instances.module().shape().has_results() {
            actor.state = init_state;
        } else {
            context.meter.begin();
            let made = instance.init(init_state.as_deref(), &name, context).await;
            let new = made.map_err(StartError::Call)?.map_err(StartError::Init)?;
            let committed = context.host.commit(new, &mut actor.state, &mut context.meter).await;
            // The actor has no clients yet, so this sets the alarm at most.
            actor.deliver(committed.map_err(StartError::Commit)?).await;
        }
        actor.instances.begin_with(instance);
        actor.measure();
        Ok(actor)
    }

    /// Handles events until `control` gives [`Command::Stop`] and the mailbox is empty. While the
    /// actor waits after a failed try to make an instance, `connections` accepts nobody.
    pub async fn run(
        mut self,
        mailbox: Arc<Mailbox>,
        control: Arc<Control>,
        connections: Arc<Connections>,
    ) {
        let mut stopping = false;
        while let Some(event) = self.next(&mailbox, &control, &mut stopping).await {
            self.context.host.begin(&event);
            let outcome = self.call(&event, &connections).await;
            self.instances.note_outcome(outcome.is_ok());
            self.stats.events.add(1);
            self.stats.fuel.add(self.context.meter.spent());
            match self.commit(outcome).await {
                Ok((effects, answer)) => self.answer(&event, effects, answer).await,
                Err(failure) => self.roll_back(&event, &failure).await,
            }
            self.context.host.end(&event);
            self.measure();
            if let Source::Connection(session) = event.source {
                session.handled();
            }
            // No event is running, so no time limit can pass here.
            self.context.meter.renew();
            let _ = self.context.meter.yield_if_due().await;
        }
    }

    /// Waits for the next event: an alarm or a client's event. If both are ready, they alternate.
    /// Drops the instance after `limits.hibernate_after` without events. Returns `None` when the
    /// actor is to stop and no event waits.
    async fn next(
        &mut self,
        mailbox: &Mailbox,
        control: &Control,
        stopping: &mut bool,
    ) -> Option<Event> {
        let mut next = pin!(mailbox.next());
        poll_fn(|cx| {
            // Read commands before the mailbox: by the time of the command to stop, the last event
            // is in the mailbox.
            while let Poll::Ready(command) = control.poll_next(cx) {
                match command {
                    Command::Stop => *stopping = true,
                }
            }
            if !self.alarmed && self.context.host.alarm.poll(cx).is_ready() {
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
            self.context.meter.wait();
            if self.alarmed && self.context.host.alarm.poll(cx).is_ready() {
                return Poll::Ready(Some(self.alarm()));
            }
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

    /// The event of an alarm.
    fn alarm(&mut self) -> Event {
        self.idle.active();
        self.alarmed = true;
        self.stats.alarms.add(1);
        Event::alarm()
    }

    /// Calls `handle-message` for one event. Keeps the instance if the call ends without a fault.
    async fn call(&mut self, event: &Event, connections: &Connections) -> Outcome<Reply> {
        let context = &mut self.context;
        let mut instance = self.instances.take(&mut context.meter, connections).await?;
        context.meter.begin();
        instance.set_connection(event.source.session().map(|session| session.id()));
        let (mut code, alarm) = ([0; 2], MessageType::Other(ALARM.into()));
        let message = event_message::message(&event.kind, &mut code, &alarm);
        let outcome = instance.handle_message(message, self.state.as_deref(), context).await?;
        self.instances.put_back(instance);
        Ok(outcome)
    }

    /// Checks the result of a call and commits its changes: the state, the files, the alarm, the
    /// storage, and tags and attachments. None of them has reached a client yet.
    async fn commit(&mut self, outcome: Outcome<Reply>) -> Result<(Vec<Effect>, Answer), Failure> {
        let reply = outcome.map_err(Failure::Call)?.map_err(Failure::Returned)?;
        let answer = Answer::from_messages(reply.messages).map_err(Failure::Answer)?;
        let CallContext { meter, host } = &mut self.context;
        let committed = host.commit(reply.state, &mut self.state, meter).await;
        Ok((committed.map_err(Failure::Commit)?, answer))
    }

    /// Rolls back the changes of a failed event, and logs the failure.
    async fn roll_back(&mut self, event: &Event, failure: &Failure) {
        self.context.host.roll_back(&mut self.context.meter).await;
        failure.count(&self.stats);
        let from = event.source.session().map(|session| &**session);
        if let Some(from) = from
            && failure.closes()
        {
            from.close(CloseCode::INTERNAL_ERROR, "the actor failed");
        }
        self.delivery.say(failure.level(), from, format_args!("{}", failure.at(event)));
    }

    /// Delivers the messages of a committed event: first its effects in order, then the answer.
    async fn answer(&mut self, event: &Event, effects: Vec<Effect>, answer: Answer) {
        self.deliver(effects).await;
        if let Some(from) = event.source.session() {
            self.make_room(from, answer.cost()).await;
        }
        let Answer { messages, close, after_close } = answer;
        self.delivery.answer(event, messages, close, after_close);
    }

    /// Delivers effects in order.
    async fn deliver(&mut self, effects: Vec<Effect>) {
        // The call is over, so its time limit no longer counts.
        self.context.meter.renew();
        for effect in effects {
            match effect {
                Effect::Send { to, message } => self.post(&to, message).await,
                Effect::Broadcast { to, message } => {
                    for to in to {
                        self.post(&to, message.clone()).await;
                        let _ = self.context.meter.yield_if_due().await;
                    }
                }
                Effect::Close { to, close } => to.close_with(close),
            }
            let _ = self.context.meter.yield_if_due().await;
        }
    }

    /// Queues a message that is not an answer.
    async fn post(&mut self, to: &Session, message: Message) {
        if !self.delivery.offer(to, &message) {
            self.make_room(to, message.cost()).await;
            self.delivery.send(to, message);
        }
        self.context.meter.moved(PER_SEND);
    }

    /// Lets connections write if `bytes` more do not fit into this one's outbox. A client is slow
    /// only if its connection has had a chance to write.
    async fn make_room(&mut self, to: &Session, bytes: usize) {
        if !to.has_room(bytes) {
            self.context.meter.yield_now().await;
        }
        while !to.has_room(bytes) && to.is_draining() {
            self.context.meter.yield_now().await;
        }
    }

    /// Updates the gauges of the sizes of the memory and the state.
    fn measure(&self) {
        self.stats.memory.set(self.instances.memory_size());
        self.stats.state.set(self.state.as_ref().map_or(0, Vec::len));
    }
}
