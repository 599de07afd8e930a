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
    block_on(mailbox.next())
}

#[test]
fn what_a_crowd_of_events_took_is_given_back_and_their_order_kept() {
    let mailbox = Mailbox::new(1 << 20, 1 << 16);
    let number = |code| EventKind::Close(Close::new(CloseCode(code), ""));
    for code in 0..10_000 {
        mailbox.push_unrefused(Event { source: Source::Alarm, kind: number(code) });
    }
    for code in 0..10_000 {
        assert_eq!(take(&mailbox).kind, number(code));
    }
    assert!(mailbox.inner.lock().queue.capacity() <= KEPT);
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
    fn asks(self: &Arc<Self>, line: &mut Line<'_>) -> bool {
        let waker = Waker::from(self.clone());
        line.poll_room(&mut Context::from_waker(&waker)).is_ready()
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
        let (mut one, mut other) = (mailbox.line(), mailbox.line());
        mailbox.push_unrefused(event(bytes));
        assert_eq!(task.asks(&mut one), room);
        // Room for the largest is held for the first, so that there is none for another.
        assert!(!task.asks(&mut other));
    }
}

#[test]
fn each_event_that_is_taken_wakes_no_more_than_there_is_room_for() {
    const CROWD: usize = 1000;
    let mailbox = Mailbox::new(1000, 500);
    mailbox.push_unrefused(event(1000));
    let tasks: Vec<_> = (0..CROWD).map(|_| Arc::new(Task::default())).collect();
    let mut lines: Vec<_> = tasks.iter().map(|_| mailbox.line()).collect();
    for (task, line) in tasks.iter().zip(&mut lines) {
        assert!(!task.asks(line));
    }
    take(&mailbox);
    for at in 0..CROWD {
        let woken: Vec<_> = tasks.iter().map(|task| task.woken()).collect();
        // At first two find room, as each may need 628 of 1000 bytes, and then always one more.
        let expected = |index| usize::from(if at == 0 { index < 2 } else { index == at + 1 });
        assert!(woken.iter().enumerate().all(|(index, times)| *times == expected(index)));
        assert!(tasks[at].asks(&mut lines[at]));
        lines[at].push(event(500));
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
const LINES: usize = 6;
/// The limit.
const LIMIT: usize = 2000;
/// The largest message.
const MESSAGE: usize = 400;
/// What that costs.
const MAX_EVENT: usize = 128 + MESSAGE;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..LINES).prop_map(Step::Ask),
        4 => (0..LINES, 0..=MESSAGE).prop_map(|(line, bytes)| Step::Push(line, bytes)),
        1 => (0..LINES).prop_map(Step::Leave),
        1 => (0..LINES).prop_map(Step::Replace),
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
    woken: [usize; LINES],
}

impl Model {
    /// What waits, and what is held for messages.
    fn bytes(&self) -> usize {
        self.queue.iter().sum::<usize>() + MAX_EVENT * self.inside.len()
    }

    /// A connection is no longer there.
    fn leave(&mut self, line: usize) {
        self.waiting.retain(|other| *other != line);
        self.inside.retain(|other| *other != line);
    }

    /// Does what a step does, and says whether it was an answer of yes.
    fn does(&mut self, step: &Step) -> bool {
        let mut yes = false;
        match *step {
            Step::Ask(line) => {
                if !self.inside.contains(&line) && !self.waiting.contains(&line) {
                    if self.bytes() < LIMIT {
                        self.inside.push(line);
                    } else {
                        self.waiting.push_back(line);
                    }
                }
                yes = self.inside.contains(&line);
            }
            Step::Push(line, bytes) => {
                if self.inside.contains(&line) {
                    self.leave(line);
                    self.queue.push_back(128 + bytes);
                }
            }
            Step::Leave(line) | Step::Replace(line) => self.leave(line),
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
        let tasks: Vec<_> = (0..LINES).map(|_| Arc::new(Task::default())).collect();
        let mut lines: Vec<_> = tasks.iter().map(|_| mailbox.line()).collect();
        let mut unasked = 0;
        for step in steps {
            let had_room = |line| model.inside.contains(&line);
            let yes = match step {
                Step::Ask(line) => tasks[line].asks(&mut lines[line]),
                Step::Push(line, bytes) => {
                    if had_room(line) {
                        lines[line].push(event(bytes));
                    }
                    false
                }
                Step::Leave(line) => {
                    lines[line].leave();
                    false
                }
                Step::Replace(line) => {
                    lines[line] = mailbox.line();
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
            prop_assert_eq!(inner.bytes + inner.held, model.bytes());
            prop_assert_eq!(inner.waiting.len(), model.waiting.len());
            // Nobody waits while there is room, and what was asked for stays within its bound.
            prop_assert!(inner.waiting.is_empty() || model.bytes() >= LIMIT);
            prop_assert!(model.bytes() < LIMIT + MAX_EVENT + unasked);
        }
        // When all have left and all is taken, nothing is left behind.
        drop(lines);
        while mailbox.bytes() > 0 {
            take(&mailbox);
        }
        let inner = mailbox.inner.lock();
        prop_assert_eq!((inner.bytes, inner.held, inner.waiting.len()), (0, 0, 0));
    }
}
