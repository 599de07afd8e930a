//! Messages whose senders wait for a reply.

use super::{MAILERS, answer, mailer, ready, seen, typed};
use crate::support::Server;

#[test]
fn an_actor_of_every_shape_asks_one_of_every_shape() {
    for asker in MAILERS {
        let actors: Vec<_> = MAILERS.iter().map(|shape| mailer(shape, shape, &[])).collect();
        let one = mailer(asker, "one", &MAILERS);
        let server = Server::start(&[&[one][..], &actors].concat());
        let mut one = ready(&server, "one");
        for receiver in MAILERS {
            let reply = answer(&mut one, &format!("request {receiver} hello"));
            assert_eq!(reply, "got hello");
            // Its own event, which is committed before the reply.
            assert_eq!(answer(&mut ready(&server, receiver), "seen"), "hello ");
        }
    }
}

#[test]
fn a_request_at_which_the_receiver_fails_is_an_error_and_the_asker_goes_on() {
    for (shape, bad) in [("mail-typed", "trap"), ("mail-renamed", "refuse")] {
        let server = Server::start(&[typed("one", &["other"]), mailer(shape, "other", &[])]);
        let mut one = ready(&server, "one");
        let error = answer(&mut one, &format!("request other {bad}"));
        assert_eq!(error, "other failed at the request; the log says why");
        assert_eq!(answer(&mut one, "request other again"), "got again");
        server.wait_for(&["other", "message-request event"]);
    }
}

#[test]
fn requests_pass_through_a_chain_of_actors() {
    let actors = [typed("a", &["b"]), typed("b", &["c"]), typed("c", &[])];
    let server = Server::start(&actors);
    let reply = answer(&mut ready(&server, "a"), "request b request c hi");
    assert_eq!(reply, "c: got hi");
}

#[test]
fn a_request_waits_no_longer_than_the_limit_and_the_late_reply_is_dropped() {
    let one = typed("one", &["other"]).limit("reply_wait", "\"50ms\"");
    let other = typed("other", &[]).limit("time", "\"24h\"");
    let server = Server::start(&[one, other]);
    // Longer than the test takes.
    let mut busy = ready(&server, "other");
    busy.text("spin 4000000000");
    let mut one = ready(&server, "one");
    let late = "other has not answered within 50ms (`limits.reply_wait`)";
    assert_eq!(answer(&mut one, "request other hi"), late);
    assert_eq!(answer(&mut one, "request other hi"), late);
}

#[test]
fn the_time_that_a_request_waits_is_no_time_of_the_call() {
    let one = typed("one", &["other"]).limit("time", "\"20ms\"").limit("reply_wait", "\"1h\"");
    let other = typed("other", &[]).limit("time", "\"1h\"");
    let server = Server::start(&[one, other]);
    let mut one = ready(&server, "one");
    assert_eq!(answer(&mut one, "request other spin 20000000"), "");
    assert_eq!(answer(&mut one, "seen"), "");
}

#[test]
fn an_actor_that_stops_with_the_host_answers_what_waits_for_it() {
    let server = Server::start(&[typed("one", &["other"]), typed("other", &[])]);
    assert_eq!(answer(&mut ready(&server, "one"), "send other hi"), "sent");
    seen(&mut ready(&server, "other"), "hi ");
    let (status, log) = server.stop();
    assert!(status.success() && !log.contains("drops"), "{log}");
}
