//! An actor that reaches other clients as its clients ask, compared with a model. The model
//! predicts every result, every message in every outbox in order, and who is closed and how. A call
//! that fails must change nothing.

mod call;
mod member;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, LazyLock},
    task::{Context, Waker},
    time::Duration,
};

use arbitrary::Unstructured;
use footlight::{
    actor::{Grants, Module},
    exchange::{Close, CloseCode, Command, Event, EventKind, Message, OnOverflow},
    limits::Limits,
    world::{Manual, World},
};

use call::{Call, Effect};
use member::Member;

use crate::{
    client::known,
    input::{byte, pick},
    running::Running,
};

/// The guest.
static COURIER: LazyLock<Vec<u8>> = LazyLock::new(|| {
    wat::parse_str(include_str!("../guests/courier.wat")).expect("the courier is valid")
});

/// The most actions in a run.
const ACTS: usize = 60;
/// The most imports that one event calls.
const STEPS: u8 = 24;
/// The initial time of the clock.
const EPOCH: u64 = 1_700_000_000_000;

/// A request to the guest: the import, a connection, and two numbers.
type Step = [u8; 4];

/// The tags and attachment of a connection.
#[derive(Clone, Default)]
struct Kept {
    /// The indices of its tags in the guest.
    tags: Vec<u8>,
    /// The length of its attachment.
    attachment: Option<usize>,
    /// Whether the actor has closed it.
    leaving: bool,
}

/// The actor and its clients, with the model's state.
struct Stage {
    /// The actor's limits.
    limits: Limits,
    /// The actor.
    actor: Running,
    /// Sets the actor's clock.
    hands: Arc<Manual>,
    /// The open connections.
    members: BTreeMap<u64, Member>,
    /// The length of the value of each key that is stored.
    stored: BTreeMap<u8, usize>,
    /// The largest number of any connection so far.
    last: u64,
    /// The milliseconds since the beginning.
    now: u64,
    /// The time of the next alarm.
    alarm: Option<u64>,
    /// The time of the last alarm.
    rang: Option<u64>,
}

/// Does what these bytes say.
pub fn perform(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    let mut stage = Stage::open(&mut u);
    for _ in 0..ACTS {
        if u.is_empty() {
            break;
        }
        match byte(&mut u) % 16 {
            0..=2 => stage.comes(pick(&mut u, &[OnOverflow::Close, OnOverflow::Drop])),
            3..=10 => {
                let (who, end, count) = (byte(&mut u), byte(&mut u) % 4, byte(&mut u) % STEPS);
                let steps: Vec<Step> = (0..count).map(|_| stage.step(&mut u)).collect();
                stage.asks(who, end, &steps);
            }
            11..=12 => stage.reads(byte(&mut u), byte(&mut u)),
            13 => {
                if let Some(id) = stage.who(byte(&mut u)) {
                    stage.leaves(id);
                }
            }
            _ => stage.waits(u64::from(byte(&mut u))),
        }
        stage.is_as_it_must_be();
    }
    stage.ends();
}

impl Stage {
    fn open(u: &mut Unstructured<'_>) -> Self {
        let limits = Limits {
            effects: pick(u, &[1 << 20, 3_000, 500, 1]),
            outbox: pick(u, &[64 << 10, 1_000, 100, 1]),
            connections: pick(u, &[8, 4, 2]),
            tags: pick(u, &[2, 1]),
            tag: 6,
            attachment: pick(u, &[200, 20]),
            storage: 300,
            storage_key: 6,
            storage_value: 150,
            slice: pick(u, &[1_000_000, 20_000]),
            hibernate_after: Duration::MAX,
            alarm: Duration::from_millis(30),
            ..Limits::default()
        };
        let (world, hands) = World::manual(EPOCH);
        let module = Module::compile(&COURIER, &limits, Grants::ALL).expect("it fits");
        let actor = Running::start(module, &limits, None, world);
        let actor = actor.unwrap_or_else(|error| panic!("{error}"));
        let (members, stored) = (BTreeMap::new(), BTreeMap::new());
        let mut stage = Self {
            limits,
            actor,
            hands,
            members,
            stored,
            last: 0,
            now: 0,
            alarm: None,
            rang: None,
        };
        stage.settle(0);
        stage
    }

    /// A call of any import. Its connection is open, closed or unknown.
    fn step(&self, u: &mut Unstructured<'_>) -> Step {
        [byte(u) % 19, byte(u) % (self.last as u8 % 250 + 2), byte(u) % 6, byte(u)]
    }

    /// One of the open connections.
    fn who(&self, who: u8) -> Option<u64> {
        let index = usize::from(who).checked_rem(self.members.len())?;
        self.members.keys().nth(index).copied()
    }

    /// Runs the actor until it has handled this many events. If instances take long on a busy
    /// machine, another thread makes them.
    fn settle(&mut self, events: u64) {
        let waker = Waker::from(self.actor.bell.clone());
        let mut context = Context::from_waker(&waker);
        loop {
            self.actor.bell.rang();
            assert!(self.actor.task.as_mut().poll(&mut context).is_pending());
            if self.actor.stats.events.get() < events {
                assert!(self.actor.bell.rings(), "it waits, and nothing wakes it");
            } else if !self.actor.bell.rang() {
                break;
            }
        }
        assert_eq!(self.actor.mailbox.bytes(), 0);
    }

    fn comes(&mut self, on_overflow: OnOverflow) {
        let Ok(open) = self.actor.connections.open(on_overflow, known) else {
            return assert_eq!(self.members.len(), self.limits.connections);
        };
        // Messages that come before the next read wait.
        open.session.stop_draining();
        let id = open.session.id().0;
        assert!(id > self.last, "numbers are never used again");
        self.last = id;
        let (queue, close, kept) = (VecDeque::new(), None, Kept::default());
        self.members.insert(id, Member { open, id, on_overflow, queue, close, kept });
        self.tell(id, EventKind::Connect, 1);
    }

    /// Pushes an event of this connection, and runs the actor until it has handled `events` in all.
    fn tell(&mut self, id: u64, kind: EventKind, events: u64) {
        let session = self.members[&id].open.session.clone();
        session.set_busy();
        self.actor.mailbox.push_unrefused(Event::at(&session, kind));
        let before = self.actor.stats.events.get();
        self.settle(before + events);
        assert_eq!(self.actor.stats.events.get(), before + events);
    }

    /// A client asks the guest to call imports.
    fn asks(&mut self, who: u8, end: u8, steps: &[Step]) {
        let Some(id) = self.who(who) else { return };
        let data: Vec<u8> = [end].into_iter().chain(steps.iter().copied().flatten()).collect();
        // Its message type has six letters.
        let mut call = Call::new(self, Some(id));
        let report: Vec<u8> = steps.iter().flat_map(|step| call.step(*step)).collect();
        let Call { kept, stored, effects, alarm, .. } = call;
        match end {
            1 => self.close(id, CloseCode::INTERNAL_ERROR),
            2 => {}
            _ => {
                self.commit(kept, stored, effects, alarm);
                self.queue(id, Message::Binary(report.into()));
            }
        }
        let rings = self.rings();
        let (traps, refused) =
            (self.actor.stats.traps.get(), self.actor.stats.refused_answers.get());
        self.tell(id, EventKind::Message(Message::Binary(data.into())), 1 + u64::from(rings));
        assert_eq!(self.actor.stats.traps.get() - traps, u64::from(end == 1));
        assert_eq!(self.actor.stats.refused_answers.get() - refused, u64::from(end == 2));
        self.look();
    }

    /// Lets time pass.
    fn waits(&mut self, millis: u64) {
        self.now += millis;
        let rings = self.rings();
        let before = self.actor.stats.alarms.get();
        let events = self.actor.stats.events.get() + u64::from(rings);
        self.hands.advance(Duration::from_millis(millis));
        self.settle(events);
        assert_eq!(self.actor.stats.alarms.get() - before, u64::from(rings));
        self.look();
    }

    /// Lets the alarm fire, if it is due.
    fn rings(&mut self) -> bool {
        let rings = self.alarm.is_some_and(|at| at <= self.now);
        if rings {
            self.alarm = None;
            self.rang = Some(self.now);
            let mut call = Call::new(self, None);
            call.step([1, 0, 4, 1]);
            let Call { kept, stored, effects, alarm, .. } = call;
            self.commit(kept, stored, effects, alarm);
        }
        rings
    }

    /// Applies what a call has requested to the model.
    fn commit(
        &mut self,
        mut kept: BTreeMap<u64, Kept>,
        stored: BTreeMap<u8, usize>,
        effects: Vec<Effect>,
        alarm: Option<Option<u64>>,
    ) {
        for (id, member) in &mut self.members {
            member.kept = kept.remove(id).expect("it knows all");
        }
        self.stored = stored;
        if let Some(after) = alarm {
            let least = self.rang.map_or(0, |rang| rang + 30);
            self.alarm = after.map(|after| (self.now + after).max(least));
        }
        for effect in effects {
            match effect {
                Effect::Send(id, frame) => self.queue(id, frame),
                Effect::Broadcast(ids, frame) => {
                    ids.into_iter().for_each(|id| self.queue(id, frame.clone()));
                }
                Effect::Close(id, code) => self.close(id, code),
            }
        }
    }

    /// Adds a message to an outbox. If it does not fit, the client is too slow.
    fn queue(&mut self, id: u64, message: Message) {
        let limit = self.limits.outbox;
        let member = self.members.get_mut(&id).expect("it is there");
        let queued = member.waiting();
        if queued == 0 || queued + message.cost() <= limit {
            return member.queue.push_back(message);
        }
        if member.on_overflow == OnOverflow::Close {
            member.queue.clear();
            self.close(id, CloseCode::TRY_AGAIN_LATER);
        }
    }

    /// Closes a connection. The first reason counts.
    fn close(&mut self, id: u64, code: CloseCode) {
        self.members.get_mut(&id).expect("it is there").close.get_or_insert(code);
    }

    /// Lets all connections check whether they must close.
    fn look(&mut self) {
        while let Some(member) = self.members.values_mut().find(|member| member.close.is_some()) {
            let id = member.id;
            member.reads(0);
            self.leaves(id);
        }
    }

    fn reads(&mut self, who: u8, count: u8) {
        if let Some(id) = self.who(who) {
            self.members.get_mut(&id).expect("it is there").reads(count.into());
        }
    }

    fn leaves(&mut self, id: u64) {
        self.tell(id, EventKind::Close(Close::NO_STATUS), 1);
        self.members.remove(&id);
    }

    fn is_as_it_must_be(&self) {
        assert_eq!(self.actor.connections.count(), self.members.len());
        for member in self.members.values() {
            assert_eq!(member.open.session.bytes(), member.waiting());
            let largest = self.limits.effects.max(self.limits.answer).max(self.limits.outbox);
            assert!(member.waiting() <= largest);
        }
    }

    /// Closes all connections and stops the actor.
    fn ends(mut self) {
        while let Some(id) = self.who(0) {
            self.members.get_mut(&id).expect("it is there").reads(usize::MAX);
            self.leaves(id);
        }
        self.actor.control.send(Command::Stop).expect("nothing else is asked of it");
        let waker = Waker::from(self.actor.bell.clone());
        assert!(self.actor.task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
    }
}
