//! The mailbox by itself, and against a model of it.

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
use crate::exchange::{Close, CloseCode, EventKind, Message, Source};

/// An event that costs 128 bytes and so many more.
fn event(bytes: usize) -> Event {
    Event {
        source: Source::Alarm,
        kind: EventKind::Message(Message::Binary(vec![0; bytes].into())),
    }
}

/// Takes an event that is there.
fn take(mailbox: &Mailbox) -> Event {
    block_on(mailbox.next()).unwrap()
}

#[test]
fn what_a_crowd_of_events_took_is_given_back_and_their_order_kept() {
    let mailbox = Mailbox::new(1 << 20, 1 << 16);
    let number = |code| EventKind::Close(Close::new(CloseCode(code), ""));
    for code in 0..10_000 {
        mailbox.push(Event { source: Source::Alarm, kind: number(code) });
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
    fn asks(self: &Arc<Self>, sender: &mut Sender<'_>) -> bool {
        let waker = Waker::from(self.clone());
        sender.poll_reserve(&mut Context::from_waker(&waker)).is_ready()
    }

    /// How often it was woken since this was asked last.
    fn woken(&self) -> usize {
        self.0.swap(0, Relaxed)
    }
}

#[test]
fn one_message_is_read_where_the_limit_leaves_a_byte_and_none_where_it_leaves_none() {
    for (bytes, room) in [(871, true), (872, false)] {
        let (mailbox, task) = (Mailbox::new(1000, 500), Arc::new(Task::default()));
        let (mut one, mut other) = (mailbox.sender(), mailbox.sender());
        mailbox.push(event(bytes));
        assert_eq!(task.asks(&mut one), room);
        // Room for the largest is held for the first, so that there is none for another.
        assert!(!task.asks(&mut other));
    }
}

#[test]
fn each_event_that_is_taken_wakes_no_more_than_there_is_room_for() {
    const CROWD: usize = 1000;
    let mailbox = Mailbox::new(1000, 500);
    mailbox.push(event(1000));
    let tasks: Vec<_> = (0..CROWD).map(|_| Arc::new(Task::default())).collect();
    let mut senders: Vec<_> = tasks.iter().map(|_| mailbox.sender()).collect();
    for (task, sender) in tasks.iter().zip(&mut senders) {
        assert!(!task.asks(sender));
    }
    take(&mailbox);
    for at in 0..CROWD {
        let woken: Vec<_> = tasks.iter().map(|task| task.woken()).collect();
        // At first two find room, as each may need 628 of 1000 bytes, and then always one more.
        let expected = |index| usize::from(if at == 0 { index < 2 } else { index == at + 1 });
        assert!(woken.iter().enumerate().all(|(index, times)| *times == expected(index)));
        assert!(tasks[at].asks(&mut senders[at]));
        senders[at].push(event(500));
        take(&mailbox);
    }
}

/// What can happen.
#[derive(Clone, Debug)]
enum Step {
    /// A connection asks for room.
    Ask(usize),
    /// A connection that has room has read a message of so many bytes.
    Push(usize, usize),
    /// A connection has nothing to read after all.
    Leave(usize),
    /// A connection is gone, and another one comes.
    Replace(usize),
    /// An event comes for which nobody asks, such as a `connect`.
    Event,
    /// The actor takes an event.
    Take,
}

/// How many connections there are.
const SENDERS: usize = 6;
/// The limit.
const LIMIT: usize = 2000;
/// The largest message.
const MESSAGE: usize = 400;
/// What that costs.
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

/// The same, such that it is easy to see what is right.
#[derive(Default)]
struct Model {
    /// What each event costs.
    queue: VecDeque<usize>,
    /// Who waits, in order.
    waiting: VecDeque<usize>,
    /// Who has room.
    inside: Vec<usize>,
    /// How often each one has been woken by the last step.
    woken: [usize; SENDERS],
}

impl Model {
    /// What waits, and what is held for messages.
    fn bytes(&self) -> usize {
        self.queue.iter().sum::<usize>() + MAX_EVENT * self.inside.len()
    }

    /// A connection is no longer there.
    fn leave(&mut self, sender: usize) {
        self.waiting.retain(|other| *other != sender);
        self.inside.retain(|other| *other != sender);
    }

    /// Does what a step does, and says whether it was an answer of yes.
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
    fn room_is_given_as_it_comes_to_the_first_in_line(steps in vec(step(), 1..200)) {
        let (mailbox, mut model) = (Mailbox::new(LIMIT, MESSAGE), Model::default());
        let tasks: Vec<_> = (0..SENDERS).map(|_| Arc::new(Task::default())).collect();
        let mut senders: Vec<_> = tasks.iter().map(|_| mailbox.sender()).collect();
        let mut unasked = 0;
        for step in steps {
            let had_room = |sender| model.inside.contains(&sender);
            let yes = match step {
                Step::Ask(sender) => tasks[sender].asks(&mut senders[sender]),
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
                    mailbox.push(event(0));
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
            prop_assert_eq!(inner.bytes + inner.held, model.bytes());
            prop_assert_eq!(inner.waiting.len(), model.waiting.len());
            // Nobody waits while there is room, and what was asked for stays within its bound.
            prop_assert!(inner.waiting.is_empty() || model.bytes() >= LIMIT);
            prop_assert!(model.bytes() < LIMIT + MAX_EVENT + unasked);
        }
        // When all have left and all is taken, nothing is left behind.
        drop(senders);
        while mailbox.bytes() > 0 {
            take(&mailbox);
        }
        let inner = mailbox.inner.lock();
        prop_assert_eq!((inner.bytes, inner.held, inner.waiting.len()), (0, 0, 0));
    }
}
