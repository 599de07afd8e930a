//! Tests of the mailbox, alone and against a model.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Wake, Waker},
};

use proptest::{collection::vec, prelude::*};
use smol::block_on;

use super::*;
use crate::limits::Limits;

/// An empty mailbox with these limits.
fn mailbox(limit: usize, message: usize) -> Mailbox {
    Mailbox::new(Limits { mailbox: limit, message, ..Limits::default() }.into())
}

use crate::exchange::{Close, CloseCode, HttpRequest, Message, Source, request};

/// An event that costs 128 bytes more than `bytes`.
fn event(bytes: usize) -> Event {
    Event {
        source: Source::Alarm,
        kind: EventKind::Message(Message::Binary(vec![0; bytes].into())),
    }
}

/// Takes an event that is there.
fn take(mailbox: &Mailbox) -> Event {
    block_on(mailbox.next())
}

#[test]
fn requests_and_other_events_take_turns() {
    let mailbox = mailbox(1 << 20, 1 << 16);
    let request = || {
        let (responder, pending) = request::pending();
        let (method, uri) = ("GET".to_owned(), "/".to_owned());
        let request = HttpRequest { method, uri, headers: vec![], body: None };
        mailbox.push_unrefused(Event::request(responder, request));
        pending
    };
    let _pending = [request(), request(), request()];
    mailbox.push_unrefused(event(0));
    mailbox.push_unrefused(event(0));
    let kinds = [(); 5].map(|()| take(&mailbox).kind.name());
    let other = event(0).kind.name();
    assert_eq!(kinds, [other, "request", other, "request", "request"]);
    mailbox.push_unrefused(event(0));
    let _pending = request();
    assert_eq!([(); 2].map(|()| take(&mailbox).kind.name()), [other, "request"]);
}

#[test]
fn a_crowd_of_events_keeps_its_order_and_frees_its_memory() {
    let mailbox = mailbox(1 << 20, 1 << 16);
    let number = |code| EventKind::Close(Close::new(CloseCode(code), ""));
    for code in 0..10_000 {
        mailbox.push_unrefused(Event { source: Source::Alarm, kind: number(code) });
    }
    for code in 0..10_000 {
        assert_eq!(take(&mailbox).kind, number(code));
    }
    assert!(mailbox.inner.lock().queue.capacity() <= MAX_KEPT);
    assert_eq!(mailbox.bytes(), 0);
}

/// Counts how often a task was woken.
#[derive(Debug, Default)]
struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

impl Task {
    /// Whether there is room for this task.
    fn has_room(self: &Arc<Self>, sender: &mut Sender<'_>) -> bool {
        let waker = Waker::from(self.clone());
        sender.poll_reserve(&mut Context::from_waker(&waker)).is_ready()
    }

    /// How often the task was woken since the last call.
    fn woken(&self) -> usize {
        self.0.swap(0, Relaxed)
    }
}

#[test]
fn a_message_is_read_if_at_least_one_byte_is_left_below_the_limit() {
    for (bytes, room) in [(871, true), (872, false)] {
        let (mailbox, task) = (mailbox(1000, 500), Arc::new(Task::default()));
        let (mut one, mut other) = (mailbox.sender(), mailbox.sender());
        mailbox.push_unrefused(event(bytes));
        assert_eq!(task.has_room(&mut one), room);
        // The first sender reserves room for the largest message, which leaves none for another.
        assert!(!task.has_room(&mut other));
    }
}

#[test]
fn taking_an_event_wakes_only_as_many_senders_as_there_is_room_for() {
    const CROWD: usize = 1000;
    let mailbox = mailbox(1000, 500);
    mailbox.push_unrefused(event(1000));
    let tasks: Vec<_> = (0..CROWD).map(|_| Arc::new(Task::default())).collect();
    let mut senders: Vec<_> = tasks.iter().map(|_| mailbox.sender()).collect();
    for (task, sender) in tasks.iter().zip(&mut senders) {
        assert!(!task.has_room(sender));
    }
    take(&mailbox);
    for at in 0..CROWD {
        let woken: Vec<_> = tasks.iter().map(|task| task.woken()).collect();
        // Each sender reserves 628 of 1000 bytes. So two find room at first, and then one at a
        // time.
        let expected = |index| usize::from(if at == 0 { index < 2 } else { index == at + 1 });
        assert!(woken.iter().enumerate().all(|(index, times)| *times == expected(index)));
        assert!(tasks[at].has_room(&mut senders[at]));
        senders[at].push(event(500));
        take(&mailbox);
    }
}

/// A step of the test.
#[derive(Clone, Debug)]
enum Step {
    /// A sender asks for room.
    Ask(usize),
    /// A sender with room pushes a message of this many bytes.
    Push(usize, usize),
    /// A sender has nothing to read after all.
    Leave(usize),
    /// A sender is dropped and a new one takes its place.
    Replace(usize),
    /// An event is pushed without a reservation, such as a `connect`.
    Event,
    /// The actor takes an event.
    Take,
}

/// The number of senders.
const SENDERS: usize = 6;
/// The mailbox's limit.
const LIMIT: usize = 2000;
/// The largest message.
const MESSAGE: usize = 400;
/// The cost of the largest message.
const MAX_EVENT: usize = 128 + MESSAGE;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..SENDERS).prop_map(Step::Ask),
        4 => (0..SENDERS, 0..=MESSAGE).prop_map(|(sender, bytes)| Step::Push(sender, bytes)),
        1 => (0..SENDERS).prop_map(Step::Leave),
        1 => (0..SENDERS).prop_map(Step::Replace),
        1 => Just(Step::Event),
        3 => Just(Step::Take),
    ]
}

/// A simple model of the mailbox.
#[derive(Default)]
struct Model {
    /// The cost of each event.
    queue: VecDeque<usize>,
    /// The senders that wait, in order.
    waiting: VecDeque<usize>,
    /// The senders with room.
    inside: Vec<usize>,
    /// How often the last step woke each sender.
    woken: [usize; SENDERS],
}

impl Model {
    /// Queued and reserved bytes.
    fn bytes(&self) -> usize {
        self.queue.iter().sum::<usize>() + MAX_EVENT * self.inside.len()
    }

    /// A sender leaves.
    fn leave(&mut self, sender: usize) {
        self.waiting.retain(|other| *other != sender);
        self.inside.retain(|other| *other != sender);
    }

    /// Does a step. Returns whether a sender that asked has room.
    fn does(&mut self, step: &Step) -> bool {
        let mut yes = false;
        match *step {
            Step::Ask(sender) => {
                if !self.inside.contains(&sender) && !self.waiting.contains(&sender) {
                    if self.bytes() < LIMIT {
                        self.inside.push(sender);
                    } else {
                        self.waiting.push_back(sender);
                    }
                }
                yes = self.inside.contains(&sender);
            }
            Step::Push(sender, bytes) => {
                if self.inside.contains(&sender) {
                    self.leave(sender);
                    self.queue.push_back(128 + bytes);
                }
            }
            Step::Leave(sender) | Step::Replace(sender) => self.leave(sender),
            Step::Event => self.queue.push_back(128),
            Step::Take => {
                self.queue.pop_front();
            }
        }
        while self.bytes() < LIMIT
            && let Some(first) = self.waiting.pop_front()
        {
            self.inside.push(first);
            self.woken[first] += 1;
        }
        yes
    }
}

proptest! {
    #[test]
    fn free_room_goes_to_the_sender_that_has_waited_longest(steps in vec(step(), 1..200)) {
        let (mailbox, mut model) = (mailbox(LIMIT, MESSAGE), Model::default());
        let tasks: Vec<_> = (0..SENDERS).map(|_| Arc::new(Task::default())).collect();
        let mut senders: Vec<_> = tasks.iter().map(|_| mailbox.sender()).collect();
        let mut unasked = 0;
        for step in steps {
            let had_room = |sender| model.inside.contains(&sender);
            let yes = match step {
                Step::Ask(sender) => tasks[sender].has_room(&mut senders[sender]),
                Step::Push(sender, bytes) => {
                    if had_room(sender) {
                        senders[sender].push(event(bytes));
                    }
                    false
                }
                Step::Leave(sender) => {
                    senders[sender].release();
                    false
                }
                Step::Replace(sender) => {
                    senders[sender] = mailbox.sender();
                    false
                }
                Step::Event => {
                    mailbox.push_unrefused(event(0));
                    unasked += 128;
                    false
                }
                Step::Take => {
                    if !model.queue.is_empty() {
                        take(&mailbox);
                    }
                    false
                }
            };
            prop_assert_eq!(yes, model.does(&step), "{:?}", step);
            let woken: Vec<_> = tasks.iter().map(|task| task.woken()).collect();
            prop_assert_eq!(woken, std::mem::take(&mut model.woken), "{:?}", step);
            let inner = mailbox.inner.lock();
            prop_assert_eq!(inner.bytes + inner.reserved * event::max_cost(MESSAGE), model.bytes());
            prop_assert_eq!(inner.waiting.len(), model.waiting.len());
            // No sender waits while there is room, and the bytes stay within their bound.
            prop_assert!(inner.waiting.is_empty() || model.bytes() >= LIMIT);
            prop_assert!(model.bytes() < LIMIT + MAX_EVENT + unasked);
        }
        // When all senders are gone and all events are taken, nothing is left.
        drop(senders);
        while mailbox.bytes() > 0 {
            take(&mailbox);
        }
        let inner = mailbox.inner.lock();
        prop_assert_eq!((inner.bytes, inner.reserved, inner.waiting.len()), (0, 0, 0));
    }
}
