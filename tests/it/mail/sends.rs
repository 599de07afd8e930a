//! Messages that nobody waits for.

use super::{MAILERS, answer, mailer, ready, seen, typed};
use crate::support::{Server, get, guest};

#[test]
fn an_actor_of_every_shape_sends_to_one_of_every_shape() {
    for sender in MAILERS {
        let actors: Vec<_> = MAILERS.iter().map(|shape| mailer(shape, shape, &[])).collect();
        let one = mailer(sender, "one", &MAILERS);
        let server = Server::start(&[&[one][..], &actors].concat());
        let mut one = ready(&server, "one");
        for receiver in MAILERS {
            assert_eq!(answer(&mut one, &format!("send {receiver} hello")), "sent");
            seen(&mut ready(&server, receiver), "hello ");
        }
        assert!(server.stop().0.success());
    }
}

#[test]
fn messages_come_in_the_order_in_which_they_were_sent() {
    let server = Server::start(&[typed("one", &["other"]), typed("other", &[])]);
    assert_eq!(answer(&mut ready(&server, "one"), "burst 60 other m"), "60 ");
    let all: String = (0..60).map(|index| format!("m{index} ")).collect();
    seen(&mut ready(&server, "other"), &all);
    let metrics = get(server.address("one"), "/metrics");
    for name in ["messages_sent", "messages_delivered"] {
        let line = format!("footlight_{name}_total{{actor=\"one\"}} 60");
        assert!(metrics.contains(&line), "{line} is missing in {metrics}");
    }
}

#[test]
fn nothing_is_sent_by_a_call_that_fails() {
    let server = Server::start(&[typed("one", &["other"]), typed("other", &[])]);
    let mut one = ready(&server, "one");
    one.text("trap other lost");
    one.expect_close(1011);
    assert_eq!(answer(&mut ready(&server, "one"), "send other kept"), "sent");
    seen(&mut ready(&server, "other"), "kept ");
}

#[test]
fn a_message_at_which_its_receiver_fails_is_dropped_and_the_next_one_comes() {
    for (shape, bad) in [("mail-typed", "trap"), ("mail-result", "refuse")] {
        let server = Server::start(&[typed("one", &["other"]), mailer(shape, "other", &[])]);
        let mut one = ready(&server, "one");
        for text in ["a", bad, "b"] {
            assert_eq!(answer(&mut one, &format!("send other {text}")), "sent");
        }
        seen(&mut ready(&server, "other"), "a b ");
        server.wait_for(&["other", "at a send event"].map(|part| {
            if bad == "refuse" && part.starts_with("at") { "for a send event" } else { part }
        }));
        let metrics = get(server.address("one"), "/metrics");
        assert!(metrics.contains("footlight_messages_failed_total{actor=\"one\"} 1"), "{metrics}");
    }
}

#[test]
fn an_actor_may_send_to_itself_and_at_a_message() {
    let server = Server::start(&[typed("one", &["one", "other"]), typed("other", &["one"])]);
    let mut one = ready(&server, "one");
    assert_eq!(answer(&mut one, "send one me"), "sent");
    seen(&mut one, "me ");
    assert_eq!(answer(&mut one, "send other send one back"), "sent");
    seen(&mut one, "me back ");
}

#[test]
fn whom_an_actor_can_not_send_to_is_an_error_that_says_why() {
    let no_handler = crate::support::wat("deaf", DEAF).receivers(&["one"]);
    let no_grant = guest("typed").name("silent");
    let actors = [typed("one", &["deaf", "silent", "nobody"]), no_handler, no_grant];
    let server = Server::start(&actors);
    let mut one = ready(&server, "one");
    for what in ["send", "request"] {
        for (to, expected) in [
            ("deaf", "deaf takes no messages"),
            ("silent", "silent takes no messages"),
            ("nobody", "there is no actor nobody here now"),
            ("one", "the manifest does not let one send to \"one\"; `to` has to name it"),
        ] {
            assert_eq!(answer(&mut one, &format!("{what} {to} hi")), expected);
        }
    }
    let metrics = get(server.address("one"), "/metrics");
    assert!(metrics.contains("footlight_message_refusals_total{actor=\"one\"} 8"), "{metrics}");
    server.wait_for(&["one", "nobody", "no manifest"]);
}

/// An actor of the shape *guide* that does nothing, and has no handlers for other actors.
const DEAF: &str = r#"(module
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 1024))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "ntwk:theater/websocket-server#handle-message")
        (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 0)))"#;

#[test]
fn one_that_sends_much_delays_another_sender_and_clients_by_one_event() {
    let busy = typed("busy", &["other"]).limit("sends", 1000);
    let server = Server::start(&[busy, typed("one", &["other"]), typed("other", &[])]);
    // The receiver's client has the first turn, so all of the burst waits.
    let mut other = ready(&server, "other");
    assert_eq!(answer(&mut ready(&server, "busy"), "burst 500 other b"), "500 ");
    assert_eq!(answer(&mut ready(&server, "one"), "send other one"), "sent");
    let all = (0..500).map(|index| format!("b{index} ")).collect::<String>();
    let start = std::time::Instant::now();
    let state = loop {
        let state = answer(&mut other, "seen");
        if state.len() == all.len() + "one ".len() {
            break state;
        }
        assert!(start.elapsed() < crate::support::PATIENCE, "{state}");
    };
    assert_eq!(state.replace("one ", ""), all);
}
