//! The messages between the courier and other actors. The courier itself is the actor `a`. The fuzzer
//! is the actor `bb`: it has a mailbox, and takes its events out by hand.

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use arbitrary::Unstructured;
use footlight::{
    exchange::{
        ActorHandle, ActorMessage, Directory, Event, EventKind, Outcome, Receipt, Sends, Source,
        Takes, Unanswered, request,
    },
    limits::Limits,
    messages::{Config, Messages},
    stats::Stats,
};

use super::{Stage, Step};
use crate::input::{byte, pick};

/// The courier's name.
pub(super) const OWN: &str = "a";
/// The name of the actor that the fuzzer is.
const OTHER: &str = "bb";
/// What a message counts for beside its receiver's name and its content.
const MESSAGE: usize = 64;

/// What the courier has sent, in the model, and the actor that the fuzzer is.
pub(super) struct Post {
    directory: Arc<Directory>,
    other: Arc<ActorHandle>,
    /// Whether the other actor is there, and what it takes.
    is_there: bool,
    takes: Takes,
    /// The event that the other actor handles.
    held: Option<Event>,
    /// Whether the first message for it is in its mailbox or held.
    is_offered: bool,
    /// What nobody has handled, in the order in which it was sent.
    pub(super) waiting: Vec<Letter>,
    sent: u64,
    delivered: u64,
    failed: u64,
    pub(super) refused: u64,
}

/// A message: the receiver's name and the content.
pub(super) type Letter = (&'static str, Vec<u8>);

/// What the courier has made of the other actor's messages.
#[derive(Default)]
struct Ledger(Mutex<Vec<Outcome>>);

impl Sends for Ledger {
    fn settle(&self, _: u64, outcome: Outcome) {
        self.0.lock().expect("nothing panics here").push(outcome);
    }

    fn offer(&self, _: &str) {}
}

/// What messages count for in `limits.sent`.
fn size(letters: &[Letter]) -> usize {
    letters.iter().map(|(to, content)| to.len() + content.len() + MESSAGE).sum()
}

impl Post {
    /// The two actors, and what the courier may send.
    pub(super) fn new(own: Arc<ActorHandle>, limits: &Limits) -> (Self, Messages) {
        let other = Arc::new(ActorHandle::new(OTHER.into(), Limits::default()));
        let takes = Takes { sends: true, requests: true, brokers: false };
        other.mailbox.set_takes(takes);
        let directory = Arc::new(Directory::new([own.clone(), other.clone()]));
        let config = Config { to: vec![OWN.into(), OTHER.into()] };
        let (name, stats, lines) = (own.name.clone(), own.stats.clone(), own.lines.clone());
        let messages = Messages::new(name, config, directory.clone(), limits, stats, lines);
        let (held, waiting) = (None, Vec::new());
        let post = Self {
            directory,
            other,
            is_there: true,
            takes,
            held,
            is_offered: false,
            waiting,
            sent: 0,
            delivered: 0,
            failed: 0,
            refused: 0,
        };
        (post, messages)
    }

    /// Whether the courier may send this message after those that its call has sent.
    pub(super) fn takes(&self, letter: &Letter, sent: &[Letter], limits: &Limits) -> bool {
        let (to, _) = *letter;
        let is_taken = to == OWN || (to == OTHER && self.is_there && self.takes.sends);
        let bytes = size(&self.waiting) + size(sent) + size(std::slice::from_ref(letter));
        is_taken && self.waiting.len() + sent.len() < limits.sends && bytes <= limits.sent
    }

    /// The length of the reply to a message of the courier; `None` if there is none.
    pub(super) fn reply(&self, letter: &Letter, limits: &Limits) -> Option<usize> {
        let (to, content) = letter;
        let is_taken = *to == OTHER && self.is_there && self.takes.requests;
        let fits = size(std::slice::from_ref(letter)) <= limits.sent;
        (is_taken && fits && content.len().is_multiple_of(3)).then_some(content.len())
    }

    /// Sends what a call has sent.
    pub(super) fn send(&mut self, letters: Vec<Letter>) {
        self.sent += letters.len() as u64;
        self.waiting.extend(letters);
        self.offers();
    }

    /// Lets the courier handle what it has sent to itself. Returns how many messages that were, and
    /// how many it has failed at. What it does with them changes nothing.
    pub(super) fn own(&mut self) -> (u64, u64) {
        let (own, rest): (Vec<_>, _) = self.waiting.drain(..).partition(|(to, _)| *to == OWN);
        self.waiting = rest;
        let failed = own.iter().filter(|(_, content)| content.first() == Some(&1)).count() as u64;
        self.failed += failed;
        self.delivered += own.len() as u64 - failed;
        (own.len() as u64, failed)
    }

    /// The first message for the other actor comes into its mailbox, if it takes messages.
    fn offers(&mut self) {
        let waits = self.waiting.iter().any(|(to, _)| *to == OTHER);
        self.is_offered |= self.is_there && self.takes.sends && waits;
    }

    /// Takes events out of the other actor's mailbox, and answers the requests.
    pub(super) fn take(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        while let Poll::Ready(event) = pin!(self.other.mailbox.next()).poll(&mut context) {
            let (EventKind::Sent(message) | EventKind::Asked(message)) = &event.kind else {
                panic!("{event:?}");
            };
            assert_eq!(*message.from, *OWN);
            if let Source::Asker(responder) = &event.source {
                assert!(responder.begin());
                match message.content.len() % 3 {
                    0 => responder.answer(Ok(vec![0; message.content.len()])),
                    1 => responder.answer(Err(Unanswered::Failed)),
                    // Nobody answers.
                    _ => {}
                }
                continue;
            }
            assert!(self.held.is_none(), "one comes at a time");
            self.held = Some(event);
        }
    }

    /// The other actor has handled its message, or has not.
    fn settles(&mut self, outcome: Outcome) {
        self.take();
        let Some(event) = self.held.take() else { return };
        self.is_offered = false;
        if matches!(outcome, Outcome::Delivered | Outcome::Failed) {
            let first = self.waiting.iter().position(|(to, _)| *to == OTHER);
            let (_, content) = self.waiting.remove(first.expect("it has sent it"));
            assert!(matches!(&event.kind, EventKind::Sent(message) if message.content == content));
            match outcome {
                Outcome::Delivered => self.delivered += 1,
                _ => self.failed += 1,
            }
        }
        let Source::Sender(receipt) = &event.source else { panic!("{event:?}") };
        if outcome != Outcome::Returned {
            receipt.settle(outcome);
        }
        drop(event);
        self.offers();
    }

    /// The other actor takes other messages from now on.
    fn changes(&mut self, takes: Takes) {
        self.takes = takes;
        self.other.mailbox.set_takes(takes);
        self.directory.came(OTHER);
        self.offers();
    }

    /// The other actor ends, or is there again.
    fn comes_or_goes(&mut self) {
        self.is_there = !self.is_there;
        if self.is_there {
            self.directory.add(self.other.clone());
        } else {
            // What is in its mailbox is returned, and what it handles is not.
            self.other.mailbox.close();
            self.takes = Takes::default();
            self.is_offered = self.held.is_some();
            self.directory.remove(OTHER);
        }
        self.offers();
    }

    /// The courier has ended. What it has sent is dropped, except what the other actor has.
    pub(super) fn is_dropped(&self, stats: &Stats) {
        let dropped = self.waiting.len() - usize::from(self.is_offered);
        assert_eq!(stats.messages_failed.get(), self.failed + dropped as u64);
    }
}

impl Stage {
    /// The other actor does something.
    pub(super) fn other_acts(&mut self, u: &mut Unstructured<'_>) {
        match byte(u) % 8 {
            0..=2 => {
                let outcomes =
                    [Outcome::Delivered, Outcome::Failed, Outcome::Undone, Outcome::Returned];
                self.post.settles(pick(u, &outcomes));
            }
            3 => self.post.take(),
            4 => {
                let bits = byte(u);
                self.post.changes(Takes {
                    sends: bits & 1 > 0,
                    requests: bits & 2 > 0,
                    brokers: false,
                });
            }
            5 => self.post.comes_or_goes(),
            kind => {
                let (end, steps) = self.program(u);
                self.is_told(end, &steps, kind == 6);
            }
        }
    }

    /// The courier gets a message of the other actor, which may wait for the reply.
    fn is_told(&mut self, end: u8, steps: &[Step], is_request: bool) {
        let fails = end == 1;
        let report = self.calls(None, fails, steps);
        let content = Self::message(end, steps).into();
        let message = ActorMessage { from: OTHER.into(), content };
        if is_request {
            let (responder, pending) = request::pending();
            let source = Source::Asker(responder);
            self.happens(Event { source, kind: EventKind::Asked(message) }, fails);
            let mut context = Context::from_waker(Waker::noop());
            let answered = pin!(pending.answered()).poll(&mut context);
            let expected = if fails { Err(Unanswered::Failed) } else { Ok(report) };
            assert_eq!(answered, Poll::Ready(expected));
        } else {
            let ledger = Arc::new(Ledger::default());
            let source = Source::Sender(Receipt::new(ledger.clone(), 0));
            self.happens(Event { source, kind: EventKind::Sent(message) }, fails);
            let expected = if fails { Outcome::Failed } else { Outcome::Delivered };
            assert_eq!(*ledger.0.lock().expect("nothing panics here"), [expected]);
        }
        self.look();
    }

    /// Checks the counters, and where the first message for the other actor is.
    pub(super) fn post_is_as_it_must_be(&self) {
        let (post, stats) = (&self.post, &self.actor.stats);
        assert_eq!(stats.messages_sent.get(), post.sent);
        assert_eq!(stats.messages_delivered.get(), post.delivered);
        assert_eq!(stats.messages_failed.get(), post.failed);
        assert_eq!(stats.message_refusals.get(), post.refused);
        let is_in_mailbox = post.is_offered && post.held.is_none();
        assert_eq!(post.other.mailbox.bytes() > 0, is_in_mailbox);
    }
}
