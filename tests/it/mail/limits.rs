//! The limits of messages between actors, each at the limit and one past it.

use super::{answer, ready, typed};
use crate::support::Server;

/// What a message counts for beside itself, with a receiver whose name has five letters.
const OVERHEAD: usize = 64 + 5;

/// A server in which `other` is busy for longer than the test takes, so that what `one` sends waits.
fn busy(one: crate::support::Actor) -> Server {
    let other = typed("other", &[]).limit("time", "\"24h\"");
    let server = Server::start(&[one, other]);
    let mut other = ready(&server, "other");
    other.text("spin 4000000000");
    // The client may close: the actor is at its event all the same.
    server
}

#[test]
fn so_many_messages_may_wait_and_one_more_is_an_error() {
    let server = busy(typed("one", &["other"]).limit("sends", 3));
    let full = "3 messages of this actor wait already (`limits.sends`)";
    let mut one = ready(&server, "one");
    assert_eq!(answer(&mut one, "burst 4 other m"), format!("3 {full}"));
    assert_eq!(answer(&mut one, "send other more"), full);
}

#[test]
fn so_many_bytes_may_wait_and_one_more_is_an_error() {
    let limited = || typed("one", &["other"]).limit("sent", 1000);
    let full = "more than 1000B of messages would wait (`limits.sent`)";
    let server = busy(limited());
    let mut one = ready(&server, "one");
    assert_eq!(answer(&mut one, &format!("big {} other", 1000 - OVERHEAD + 1)), full);
    assert_eq!(answer(&mut one, &format!("big {} other", 1000 - OVERHEAD)), "sent");
    assert_eq!(answer(&mut one, "big 0 other"), full);
    // A request has the same bound, whatever waits.
    let server = Server::start(&[limited(), typed("other", &[])]);
    let mut one = ready(&server, "one");
    let most = 1000 - OVERHEAD;
    assert_eq!(answer(&mut one, &format!("large {most} other")), (most + 4).to_string());
    assert_eq!(answer(&mut one, &format!("large {} other", most + 1)), full);
}

#[test]
fn a_reply_may_have_so_many_bytes_and_one_more_is_a_failure_of_its_actor() {
    let server =
        Server::start(&[typed("one", &["other"]), typed("other", &[]).limit("reply", 100)]);
    let mut one = ready(&server, "one");
    assert_eq!(answer(&mut one, "request other size 100"), "x".repeat(100));
    let failed = "other failed at the request; the log says why";
    assert_eq!(answer(&mut one, "request other size 101"), failed);
    server.wait_for(&["other", "message-request event", "reply"]);
}

#[test]
fn a_call_may_send_as_much_as_its_effects_and_no_more() {
    // Each message counts for 64 bytes more.
    let one = typed("one", &["other"]).limit("effects", 1000);
    let server = Server::start(&[one, typed("other", &[])]);
    let mut one = ready(&server, "one");
    let most = 1000 - 64 - 5;
    assert_eq!(answer(&mut one, &format!("big {most} other")), "sent");
    let limit = "this call asks for too much (`limits.effects`)";
    assert_eq!(answer(&mut one, &format!("big {} other", most + 1)), limit);
    assert_eq!(answer(&mut one, &format!("large {} other", most + 1)), limit);
}

#[test]
fn a_receiver_for_which_too_much_waits_refuses_requests() {
    let one = typed("one", &["other"]).limit("reply_wait", "\"20ms\"");
    let other =
        typed("other", &[]).limit("time", "\"24h\"").limit("mailbox", 200).limit("message", 100);
    let server = Server::start(&[one, other]);
    let mut client = ready(&server, "other");
    client.text("spin 4000000000");
    let mut one = ready(&server, "one");
    let late = "other has not answered within 20ms (`limits.reply_wait`)";
    assert_eq!(answer(&mut one, "large 72 other"), late);
    // The one whose asker has gone waits there still, with 128 bytes for itself.
    let full = "other is full: as much waits for it as its `limits.mailbox`";
    assert_eq!(answer(&mut one, "request other hi"), full);
}
