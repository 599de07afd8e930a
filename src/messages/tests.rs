//! What an actor has sent, with mailboxes that a test empties in the place of the receivers.

use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
};

use smol::{block_on, future};

use super::*;
use crate::{
    exchange::{ActorHandle, EventKind, Outcome, Source, Takes},
    limits::Limits,
};

/// Two actors that take messages, and what the first has sent.
struct Stage {
    directory: Arc<Directory>,
    one: Arc<ActorHandle>,
    other: Arc<ActorHandle>,
    messages: Messages,
}

impl Stage {
    fn new(limits: Limits) -> Self {
        let actor = |name: &str| {
            let actor = Arc::new(ActorHandle::new(name.into(), Limits::default()));
            actor.mailbox.set_takes(Takes { sends: true, requests: true, brokers: false });
            actor
        };
        let (one, other) = (actor("one"), actor("other"));
        let directory = Arc::new(Directory::new([one.clone(), other.clone()]));
        let messages = Self::messages(&directory, &one, limits);
        Self { directory, one, other, messages }
    }

    fn messages(directory: &Arc<Directory>, of: &ActorHandle, limits: Limits) -> Messages {
        let config = Config { to: vec!["other".into()] };
        let (stats, lines) = (of.stats.clone(), of.lines.clone());
        Messages::new(of.name.clone(), config, directory.clone(), &limits, stats, lines)
    }

    fn send(&self, text: &str) {
        self.messages.send("other", text.as_bytes()).unwrap().start();
    }
}

/// The event that waits for an actor, if one does.
fn next(actor: &ActorHandle) -> Option<Event> {
    block_on(future::or(async { Some(actor.mailbox.next().await) }, future::ready(None)))
}

/// The message of an event.
fn text(event: &Event) -> &str {
    let (EventKind::Sent(message) | EventKind::Asked(message)) = &event.kind else {
        panic!("{event:?}")
    };
    str::from_utf8(&message.content).unwrap()
}

fn settle(event: &Event, outcome: Outcome) {
    let Source::Sender(receipt) = &event.source else { panic!("{event:?}") };
    receipt.settle(outcome);
}

#[test]
fn the_receiver_has_one_message_at_a_time_and_the_next_one_after_it() {
    let stage = Stage::new(Limits::default());
    ["a", "b", "c"].into_iter().for_each(|text| stage.send(text));
    for expected in ["a", "b", "c"] {
        let event = next(&stage.other).unwrap();
        assert_eq!(text(&event), expected);
        assert!(next(&stage.other).is_none(), "no other one comes before it is handled");
        settle(&event, Outcome::Delivered);
    }
    assert!(next(&stage.other).is_none());
    assert_eq!(stage.one.stats.messages_delivered.get(), 3);
}

#[test]
fn a_message_comes_again_until_what_its_receiver_did_is_stored() {
    let stage = Stage::new(Limits::default());
    ["a", "b"].into_iter().for_each(|text| stage.send(text));
    let event = next(&stage.other).unwrap();
    settle(&event, Outcome::Undone);
    settle(&event, Outcome::Delivered); // Only the first counts.
    let event = next(&stage.other).unwrap();
    assert_eq!(text(&event), "a");
    settle(&event, Outcome::Failed);
    assert_eq!(next(&stage.other).as_ref().map(text), Some("b"));
    assert_eq!(stage.one.stats.messages_failed.get(), 1);
}

#[test]
fn a_message_waits_for_a_receiver_that_ends_and_comes_when_it_is_back() {
    let stage = Stage::new(Limits::default());
    ["a", "b"].into_iter().for_each(|text| stage.send(text));
    stage.other.mailbox.close();
    assert!(next(&stage.other).is_none());
    assert_eq!(stage.messages.send("other", b"c").err().unwrap(), "other takes no messages");
    stage.directory.remove("other");
    assert_eq!(
        stage.messages.send("other", b"c").err().unwrap(),
        "there is no actor other here now"
    );
    let again = Arc::new(ActorHandle::new("other".into(), Limits::default()));
    stage.directory.add(again.clone());
    assert!(next(&again).is_none(), "it takes nothing yet");
    again.mailbox.set_takes(Takes { sends: true, requests: false, brokers: false });
    stage.directory.came("other");
    let event = next(&again).unwrap();
    assert_eq!(text(&event), "a");
    drop(event);
    assert_eq!(next(&again).as_ref().map(text), Some("a"), "it was dropped unhandled");
}

#[test]
fn a_message_that_was_not_committed_was_never_sent() {
    let stage = Stage::new(Limits { sends: 1, ..Limits::default() });
    let sent = stage.messages.send("other", b"a").unwrap();
    assert!(stage.messages.send("other", b"b").is_err(), "it counts from the call on");
    assert!(!stage.messages.stored().is_empty());
    drop(sent);
    assert!(stage.messages.stored().is_empty());
    assert!(next(&stage.other).is_none());
    stage.send("b");
    assert_eq!(next(&stage.other).as_ref().map(text), Some("b"));
}

#[test]
fn messages_of_an_earlier_run_come_in_their_order_before_new_ones() {
    let stage = Stage::new(Limits::default());
    // Nobody takes them.
    stage.other.mailbox.set_takes(Takes::default());
    for content in ["a", "b"] {
        stage.messages.pending.add("other", content.into()).unwrap();
    }
    let stored = stage.messages.stored();
    let mut again = Stage::new(Limits::default());
    again.messages.restore(&stored);
    again.send("c");
    for expected in ["a", "b", "c"] {
        let event = next(&again.other).unwrap();
        assert_eq!(text(&event), expected);
        settle(&event, Outcome::Delivered);
    }
    // After a failed record, what the disk knows comes again, and what it does not know does not.
    again.send("d");
    again.messages.restore(&stored);
    let events = [next(&again.other), next(&again.other)];
    let texts: Vec<_> = events.iter().flatten().map(text).collect();
    assert_eq!(texts, ["d", "a"], "one was in the mailbox already");
}

#[test]
fn a_message_that_is_done_has_to_be_stored_once() {
    let stage = Stage::new(Limits::default());
    let cx = &mut Context::from_waker(Waker::noop());
    stage.send("a");
    assert_eq!(stage.messages.poll_less(cx), Poll::Pending);
    settle(&next(&stage.other).unwrap(), Outcome::Delivered);
    assert_eq!(stage.messages.poll_less(cx), Poll::Ready(()));
    assert_eq!(stage.messages.poll_less(cx), Poll::Pending);
    assert!(stage.messages.stored().is_empty());
}

#[test]
fn what_waits_for_an_actor_that_is_named_no_more_is_dropped() {
    let stage = Stage::new(Limits::default());
    ["a", "b"].into_iter().for_each(|text| stage.send(text));
    let event = next(&stage.other).unwrap();
    let mut new = Stage::messages(&stage.directory, &stage.one, Limits::default());
    new.config = Config::default();
    let new = new.after(stage.messages);
    assert!(new.stored().is_empty());
    settle(&event, Outcome::Delivered);
    assert!(next(&stage.other).is_none());
    assert_eq!(stage.one.stats.messages_failed.get(), 2);
    assert!(new.send("other", b"c").is_err());
}

#[test]
fn a_request_gets_its_reply_or_says_why_there_is_none() {
    let stage = Stage::new(Limits {
        reply_wait: std::time::Duration::from_millis(20),
        ..Limits::default()
    });
    let ask = || stage.messages.ask("other", b"hi".to_vec());
    let reply = |answer: Option<request::Answered<Vec<u8>>>| async move { answer };
    for (answer, expected) in [
        (Some(Ok(b"ho".to_vec())), Ok(b"ho".to_vec())),
        (
            Some(Err(Unanswered::Failed)),
            Err("other failed at the request; the log says why".to_owned()),
        ),
        (None, Err("other has not answered: the actor has stopped".to_owned())),
    ] {
        let answers = async {
            let event = stage.other.mailbox.next().await;
            let Source::Asker(responder) = &event.source else { panic!("{event:?}") };
            assert!(!event.source.is_gone());
            if let Some(answer) = reply(answer).await {
                responder.answer(answer);
            }
        };
        assert_eq!(block_on(future::zip(ask(), answers)).0, expected);
    }
    let late = "other has not answered within 20ms (`limits.reply_wait`)";
    assert_eq!(block_on(ask()), Err(late.to_owned()));
    assert!(next(&stage.other).unwrap().source.is_gone(), "nobody waits for it any more");
}
