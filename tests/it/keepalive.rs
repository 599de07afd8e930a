//! Quiet, dead and idle clients; `auto_response`, which does not wake the actor; `on_overflow`, with
//! which slow clients miss messages instead of being closed.

use std::io::Write as _;

use async_tungstenite::tungstenite::Message;

use crate::support::{REQUEST, Raw, Server, guest, masked};

#[test]
fn a_quiet_client_is_pinged_and_its_pong_does_not_wake_the_actor() {
    let server = Server::of(guest("events").limit("ping", "\"50ms\""));
    let mut client = server.client("events");
    client.expect("state:0");
    for _ in 0..3 {
        assert_eq!(client.next(), Message::Ping(b"\0footlight".as_slice().into()));
    }
    // Its pongs went out while it read. The actor logs every event that it gets.
    client.ask("hello", "hello");
    assert_eq!(server.count("actor: pong"), 0, "{}", server.log());
}

#[test]
fn a_client_that_does_not_answer_a_ping_is_dead_and_the_actor_is_told_1006() {
    let server = Server::of(guest("events").limit("ping", "\"50ms\"").limit("pong", "\"50ms\""));
    let mut client = Raw::connect(server.address("events"));
    client.send(REQUEST);
    server.wait_for(&["events#1: the client does not answer a ping"]);
    server.wait_for(&["events#1: actor: close 1006"]);
    let (_, log) = server.stop();
    assert!(log.contains("1 clients dead"), "{log}");
}

#[test]
fn a_connection_without_messages_is_closed_as_idle() {
    let server = Server::of(guest("events").limit("idle", "\"100ms\""));
    let mut client = server.client("events");
    client.expect("state:0");
    assert_eq!(client.expect_close(1001), "idle");
    server.wait_for(&["events#1: actor: close 1001"]);
}

#[test]
fn the_texts_of_auto_response_are_answered_without_the_actor_and_others_are_not() {
    let config = "auto_response = { ping = \"are you there?\", pong = \"yes\" }";
    let server = Server::of(guest("events").config(config));
    let mut client = server.client("events");
    client.expect("state:0");
    client.ask("are you there?", "yes");
    client.ask("are you there", "are you there");
    client.ask("are you there?", "yes");
    client.close(None);
    let (_, log) = server.stop();
    // Connect, one text, close.
    assert!(log.contains("3 events"), "{log}");
}

/// A client asks for texts of `auto_response` and reads none of them, until the host treats it as too
/// slow. Returns what the log says then.
fn floods(on_overflow: &str, line: &str) -> (Raw, Server) {
    let pong = "x".repeat(1000);
    let config = format!("auto_response = {{ ping = \"p\", pong = {pong:?} }}\n{on_overflow}");
    let server = Server::of(guest("events").config(&config));
    let mut client = Raw::with_small_buffer(server.address("events")).upgraded();
    let pings = masked(0x81, b"p").repeat(100);
    while server.count(line) == 0 {
        // In the end the server may have closed the connection.
        if client.socket.write_all(&pings).is_err() {
            break;
        }
    }
    server.wait_for(&[line]);
    (client, server)
}

#[test]
fn a_client_that_does_not_read_texts_of_auto_response_is_closed_as_too_slow() {
    let line = "WARN  events#1: the client reads too slowly and is closed";
    let (client, server) = floods("", line);
    server.wait_for(&["events#1: actor: close "]);
    drop(client);
    let (_, log) = server.stop();
    assert!(log.contains("1 clients too slow"), "{log}");
    assert!(!log.contains("messages dropped"), "{log}");
}

#[test]
fn it_misses_the_newest_of_them_and_stays_if_the_manifest_says_so() {
    let line = "WARN  events#1: the client reads too slowly, 1 messages are left out";
    let (mut client, server) = floods("on_overflow = \"drop\"", line);
    // The client reads what waits for it. Then the host answers it again.
    client.text("the end");
    while client.frame().1 != b"the end" {}
    client.text("p");
    assert_eq!(client.frame().1.len(), 1000);
    let (_, log) = server.stop();
    assert!(log.contains("messages dropped") && !log.contains("too slow,"), "{log}");
}

#[test]
fn a_slow_client_misses_the_newest_messages_and_stays_if_the_manifest_says_so() {
    let actor = guest("events")
        .config("on_overflow = \"drop\"")
        .limit("outbox", 100_000)
        .limit("answer", 200_000);
    let server = Server::of(actor);
    let mut slow = server.client("events");
    slow.expect("state:0");
    while server.count("events#1: the client reads too slowly, 1 messages are left out") == 0 {
        slow.ws.write(Message::text("big:100000")).unwrap();
        slow.ws.flush().unwrap();
    }
    // What had been queued comes, and the connection goes on.
    slow.text("the end");
    let mut large = 0;
    loop {
        match slow.next().to_text().unwrap() {
            "the end" => break,
            text => assert_eq!(text.len(), 100_000),
        }
        large += 1;
        if large % 10 == 0 {
            // The host may have dropped this one too, so ask again.
            slow.text("the end");
        }
    }
    let (_, log) = server.stop();
    assert!(log.contains("messages dropped"), "{log}");
}
