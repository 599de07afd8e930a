//! A client that does not read: the results that its senders get, and its end.

use async_tungstenite::tungstenite::Message;

use super::{answer, joined, make, with_each};
use crate::support::{Raw, Server, emulated};

/// The size of a message: a little less than the default outbox.
const SIZE: usize = 50_000;

/// A client with a small buffer, which is number 2 if one has come before.
fn slow(server: &Server, shape: &str) -> Raw {
    Raw::with_small_buffer(server.address(shape)).upgraded()
}

#[test]
fn a_sender_is_told_that_a_client_is_full_and_every_message_before_that_arrives() {
    with_each(
        |actor| actor,
        |server, shape| {
            let mut one = joined(server, shape);
            let mut slow = slow(server, shape);
            let mut sent = 0;
            let waiting = loop {
                let answer = answer(&mut one, &format!("send-big 2 {SIZE}"));
                match answer.strip_prefix("full ") {
                    Some(waiting) => break waiting.parse::<usize>().unwrap(),
                    None => assert!(answer.starts_with("sent "), "{answer}"),
                }
                sent += 1;
                assert!(sent < 10_000, "it is never full");
            };
            assert!(waiting > 0 && waiting % SIZE == 0 && waiting <= 65_536, "{waiting}");
            // A small one still fits; the client is not closed.
            make(&mut one, "send 2 small", &[&format!("sent {}", waiting + 5)]);
            for _ in 0..sent {
                let (first, payload) = slow.frame();
                assert_eq!((first, payload.len()), (0x81, SIZE));
            }
            assert_eq!(slow.frame(), (0x81, b"small".into()));
            make(&mut one, "send 2 again", &["sent 5"]);
            assert_eq!(slow.frame(), (0x81, b"again".into()));
        },
    );
}

#[test]
fn a_client_that_reads_is_not_taken_for_slow_however_many_messages_come_at_once() {
    with_each(
        |actor| actor.limit("outbox", 20),
        |server, shape| {
            let [mut one, mut two, mut three] = super::several(server, shape);
            make(&mut one, "repeat 500 broadcast - 1 xyz", &["to 2"]);
            for client in [&mut two, &mut three] {
                (0..500).for_each(|_| client.expect("xyz"));
            }
        },
    );
}

#[test]
fn a_client_that_reads_is_not_taken_for_slow_however_much_comes_at_once() {
    /// So few bytes that the kernels' buffers hold them until the test reads them.
    const MODEST: usize = 10_000;
    with_each(
        |actor| actor.limit("outbox", 15_000),
        |server, shape| {
            let [mut one, mut two, mut three] = super::several(server, shape);
            let large = "x".repeat(MODEST);
            for _ in 0..5 {
                // In one call, with an equally large answer.
                let broadcast = format!("broadcast-big - - {MODEST}");
                one.text(&format!("do {broadcast}; {broadcast}; {broadcast}; big:{MODEST}"));
                for client in [&mut two, &mut three] {
                    client.expect_all(&[&large, &large, &large]);
                }
                one.expect_all(&[&large, &large, &large, "to 3", "to 3", "to 3", &large]);
                // In several calls, one right after the other.
                for client in [&mut one, &mut two] {
                    client.text(&format!("do broadcast-big - - {MODEST}"));
                }
                for client in [&mut one, &mut two] {
                    for _ in 0..3 {
                        let message = client.next();
                        assert!(
                            message.is_text() && (message.len() == MODEST || message.len() == 4)
                        );
                    }
                }
                three.expect_all(&[&large, &large]);
                for _ in 0..3 {
                    for client in [&mut one, &mut two] {
                        client.text(&format!("do send-big 3 {MODEST}"));
                    }
                }
                for client in [&mut one, &mut two] {
                    for _ in 0..3 {
                        let answer = client.next();
                        assert!(answer.to_text().unwrap().starts_with("sent "), "{answer}");
                    }
                }
                (0..6).for_each(|_| three.expect(&large));
            }
        },
    );
}

#[test]
fn a_broadcast_closes_a_client_that_is_too_slow_and_the_others_get_it() {
    with_each(
        |actor| actor,
        |server, shape| {
            let mut one = joined(server, shape);
            let slow = slow(server, shape);
            let mut three = joined(server, shape);
            let too_slow = format!("{shape}#2: the client reads too slowly and is closed");
            while server.count(&too_slow) == 0 {
                one.text(&format!("do broadcast-big - 1 {SIZE}"));
                assert_eq!(three.next(), Message::text("x".repeat(SIZE)));
                let to = one.next().to_text().unwrap().to_owned();
                assert!(to == "to 2" || to == "to 1", "{to}");
            }
            server.wait_for(&[&format!("{shape}#2: actor: close 1006")]);
            make(&mut one, "list; broadcast - 1 still here", &["list 1 3", "to 1"]);
            three.expect("still here");
            drop(slow);
        },
    );
}

#[test]
fn where_the_handler_says_so_a_broadcast_is_left_out_for_a_client_that_is_too_slow() {
    with_each(
        |actor| actor.config("on_overflow = \"drop\""),
        |server, shape| {
            let mut one = joined(server, shape);
            let mut slow = slow(server, shape);
            let mut three = joined(server, shape);
            let left_out =
                format!("{shape}#2: the client reads too slowly, 1 messages are left out");
            let mut sent = 0;
            while server.count(&left_out) == 0 {
                make(&mut one, &format!("broadcast-big - 1 {SIZE}"), &["to 2"]);
                assert_eq!(three.next(), Message::text("x".repeat(SIZE)));
                sent += 1;
            }
            // It stays, and gets all messages for which there was room.
            make(&mut one, "list", &["list 1 2 3"]);
            let waiting = answer(&mut one, "send 2 end");
            assert!(waiting.starts_with("sent "), "{waiting}");
            let mut got = 0;
            loop {
                let (first, payload) = slow.frame();
                assert_eq!(first, 0x81);
                if payload == b"end" {
                    break;
                }
                assert_eq!(payload.len(), SIZE);
                got += 1;
            }
            assert!(got < sent, "{got} of {sent}");
        },
    );
}

#[test]
fn large_broadcasts_leave_no_buffer_behind_at_each_client() {
    const CLIENTS: usize = 100;
    const LARGE: usize = 65_000;
    let server = Server::of(crate::support::guest("events"));
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| joined(&server, "events")).collect();
    let mut round = |size: usize| {
        clients[0].text(&format!("do broadcast-big - - {size}"));
        for client in &mut clients {
            assert_eq!(client.next().len(), size);
        }
        clients[0].expect("to 100");
    };
    round(1);
    let before = server.memory();
    for _ in 0..10 {
        round(LARGE);
        round(1);
    }
    // A buffer of this size at each client would be 6.5 MB.
    let grown = server.memory().saturating_sub(before);
    assert!(emulated() || grown < 2 << 20, "grown by {grown}");
}
