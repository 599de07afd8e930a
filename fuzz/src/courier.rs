//! An actor that reaches other clients, files and other actors as its clients and those actors ask,
//! compared with a model. The model predicts every result, every message in every outbox in order, who
//! is closed and how, what is on the disk, and what becomes of messages to other actors. A call that
//! fails must change nothing.

mod call;
mod member;
mod post;
mod tree;

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
    task::{Context, Waker},
    time::Duration,
};

use arbitrary::Unstructured;
use footlight::{
    actor::{Grants, Module},
    exchange::{ActorHandle, CloseCode, Command, Event, EventKind, Message, OnOverflow},
    files::{Files, Folders, config::SharedFolder},
    limits::Limits,
    world::{Manual, World},
};

use call::{Call, Effect};
use member::Member;
use post::{OWN, Post};
use tempfile::TempDir;
use tree::Tree;

use crate::{
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
    /// The folder of its files.
    folder: TempDir,
    /// What must be in that folder.
    files: Tree,
    /// The messages to and from other actors.
    post: Post,
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
                let who = byte(&mut u);
                let (end, steps) = stage.program(&mut u);
                stage.asks(who, end, &steps);
            }
            11..=12 => stage.reads(byte(&mut u), byte(&mut u)),
            13 => {
                if let Some(id) = stage.who(byte(&mut u)) {
                    stage.leaves(id);
                }
            }
            14 => stage.waits(u64::from(byte(&mut u))),
            _ => stage.other_acts(&mut u),
        }
        stage.is_as_it_must_be();
    }
    stage.ends();
}

impl Stage {
    fn open(u: &mut Unstructured<'_>) -> Self {
        let effects = pick(u, &[1 << 20, 3_000, 500, 1, 10_000]);
        let outbox = pick(u, &[64 << 10, 1_000, 100, 1]);
        let connections = pick(u, &[8, 4, 2]);
        let (tags, attachment) = (pick(u, &[2, 1]), pick(u, &[200, 20]));
        // One byte for four, so that older inputs mean the same.
        let bits = byte(u);
        let bit = |number: u8| bits >> number & 1 > 0;
        let limits = Limits {
            effects,
            outbox,
            connections,
            tags,
            tag: 6,
            attachment,
            storage: 300,
            storage_key: 6,
            storage_value: 150,
            slice: if bit(0) { 20_000 } else { 1_000_000 },
            sends: if bit(1) { 2 } else { 64 },
            sent: if bit(2) { 300 } else { 64 << 10 },
            file_access: if bit(3) { 100 } else { 64 << 10 },
            // A busy machine may take long.
            file_wait: Duration::from_secs(60),
            reply_wait: Duration::from_secs(60),
            hibernate_after: Duration::MAX,
            alarm: Duration::from_millis(30),
            ..Limits::default()
        };
        let (world, hands) = World::manual(EPOCH);
        let module = Module::compile(&COURIER, &limits, Grants::ALL).expect("it fits");
        let handle = Arc::new(ActorHandle::new(OWN.into(), limits.clone()));
        let folder = tempfile::tempdir().expect("there is room");
        let shared = SharedFolder { path: folder.path().into(), writable: true, name: None };
        let folders = Folders::open(&[shared]).expect("it is there");
        let (stats, lines) = (handle.stats.clone(), handle.lines.clone());
        let files = Files::new(OWN, folders, &limits, stats, lines);
        let (post, messages) = Post::new(handle.clone(), &limits);
        let actor = Running::start_with(&handle, module, None, world, Some(files), Some(messages));
        let mut stage = Self {
            limits,
            actor: actor.unwrap_or_else(|error| panic!("{error}")),
            hands,
            members: BTreeMap::new(),
            stored: BTreeMap::new(),
            folder,
            files: Tree::default(),
            post,
            last: 0,
            now: 0,
            alarm: None,
            rang: None,
        };
        stage.settle(0);
        stage
    }

    /// How a call ends, and which imports it calls before. Their connections are open, closed or
    /// unknown.
    fn program(&self, u: &mut Unstructured<'_>) -> (u8, Vec<Step>) {
        let (end, count) = (byte(u) % 4, byte(u) % STEPS);
        let most = self.last as u8 % 250 + 2;
        (end, (0..count).map(|_| [byte(u) % 28, byte(u) % most, byte(u) % 6, byte(u)]).collect())
    }

    /// The message to the guest that says so.
    fn message(end: u8, steps: &[Step]) -> Vec<u8> {
        [end].into_iter().chain(steps.iter().copied().flatten()).collect()
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
                // It may wait for the other actor.
                self.post.take();
                assert!(self.actor.bell.rings(), "it waits, and nothing wakes it");
            } else if !self.actor.bell.rang() {
                break;
            }
        }
        assert_eq!(self.actor.mailbox.bytes(), 0);
    }

    /// A connection has an event.
    fn tell(&mut self, id: u64, kind: EventKind, fails: bool) {
        let session = self.members[&id].open.session.clone();
        session.set_busy();
        self.happens(Event::at(&session, kind), fails);
    }

    /// Pushes an event, and runs the actor until it has handled it, the alarm that is due, and what
    /// it has sent to itself.
    fn happens(&mut self, event: Event, fails: bool) {
        let rings = u64::from(self.rings());
        let (own, failed) = self.post.own();
        let (events, traps) = (self.actor.stats.events.get(), self.actor.stats.traps.get());
        self.actor.mailbox.push_unrefused(event);
        self.settle(events + 1 + rings + own);
        assert_eq!(self.actor.stats.events.get(), events + 1 + rings + own);
        assert_eq!(self.actor.stats.traps.get(), traps + u64::from(fails) + failed);
    }

    /// A call in the model. Returns the report of its imports. If it fails, it changes nothing.
    fn calls(&mut self, sender: Option<u64>, fails: bool, steps: &[Step]) -> Vec<u8> {
        let mut call = Call::new(self, sender);
        let report = steps.iter().flat_map(|step| call.step(*step)).collect();
        let Call { kept, stored, effects, alarm, files, letters, refused, .. } = call;
        self.post.refused += refused;
        if !fails {
            (self.stored, self.files) = (stored, files);
            self.commit(kept, effects, alarm);
            self.post.send(letters);
        }
        report
    }

    /// A client asks the guest to call imports.
    fn asks(&mut self, who: u8, end: u8, steps: &[Step]) {
        let Some(id) = self.who(who) else { return };
        let report = self.calls(Some(id), matches!(end, 1 | 2), steps);
        match end {
            1 => self.close(id, CloseCode::INTERNAL_ERROR),
            2 => {}
            _ => self.queue(id, Message::Binary(report.into())),
        }
        let refused = self.actor.stats.refused_answers.get();
        let data = Self::message(end, steps);
        self.tell(id, EventKind::Message(Message::Binary(data.into())), end == 1);
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
            self.calls(None, false, &[[1, 0, 4, 1]]);
        }
        rings
    }

    /// Applies what a call has requested to the model.
    fn commit(
        &mut self,
        mut kept: BTreeMap<u64, Kept>,
        effects: Vec<Effect>,
        alarm: Option<Option<u64>>,
    ) {
        for (id, member) in &mut self.members {
            member.kept = kept.remove(id).expect("it knows all");
        }
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

    fn is_as_it_must_be(&self) {
        assert_eq!(self.actor.connections.count(), self.members.len());
        for member in self.members.values() {
            assert_eq!(member.open.session.bytes(), member.waiting());
            let largest = self.limits.effects.max(self.limits.answer).max(self.limits.outbox);
            assert!(member.waiting() <= largest);
        }
        assert_eq!(Tree::of(self.folder.path()), self.files);
        self.post_is_as_it_must_be();
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
        self.post.is_dropped(&self.actor.stats);
    }
}
