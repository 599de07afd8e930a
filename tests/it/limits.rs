//! Every limit of the manifest that a client or an actor can reach, at the limit and one past it.

use async_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use crate::support::{Actor, Client, Server, footlight, guest, wat};

/// The guest of the guide's shape with one limit set.
fn limited(key: &str, value: impl std::fmt::Display) -> Server {
    Server::of(guest("events").limit(key, value))
}

/// A client after its `connect` event.
fn client(server: &Server) -> Client {
    let mut client = server.client("events");
    assert!(client.next().is_text());
    client
}

#[test]
fn a_message_may_have_as_many_bytes_as_the_limit_and_no_more() {
    let server = limited("message", 1000);
    let mut fits = client(&server);
    fits.ask(&"x".repeat(1000), &"x".repeat(1000));
    fits.text(&"x".repeat(1001));
    assert_eq!(fits.expect_close(1009), "message too large");
    server.wait_for(&["events#1: the client is closed with code 1009"]);
}

#[test]
fn the_fragments_of_a_message_count_together() {
    let server = limited("message", 1000);
    let mut client = client(&server);
    let part = |bytes, opcode, last| {
        Message::Frame(Frame::message("x".repeat(bytes), OpCode::Data(opcode), last))
    };
    client.send(part(600, Data::Text, false));
    client.send(part(400, Data::Continue, true));
    client.expect(&"x".repeat(1000));
    client.send(part(600, Data::Text, false));
    client.send(part(401, Data::Continue, false));
    client.expect_close(1009);
}

#[test]
fn as_many_clients_are_served_as_the_limit_and_the_next_gets_503() {
    let server = limited("connections", 2);
    let (first, _second) = (client(&server), client(&server));
    let refused = Client::try_connect(server.address("events"), "/ws").err().unwrap();
    assert!(refused.contains("503"), "{refused}");
    first.close(None);
    server.wait_for(&["events#1: closed"]);
    // The place is free once the actor knows of the close.
    server.wait_for(&["events#1: actor: close"]);
    let mut tries = 0;
    while Client::try_connect(server.address("events"), "/ws").is_err() {
        tries += 1;
        assert!(tries < 1000, "the place does not become free");
    }
}

#[test]
fn an_answer_may_have_as_many_bytes_as_the_limit_and_no_more() {
    let server = limited("answer", 1000);
    let mut client = client(&server);
    // The type's name counts as well: `text`.
    client.ask("big:996", &"x".repeat(996));
    client.text("big:997");
    client.expect_close(1011);
    server.wait_for(&["events#1: the actor failed", "messages[0].text", "1001", "1000"]);
}

#[test]
fn an_answer_may_have_as_many_messages_as_the_limit_and_no_more() {
    let server = limited("answers", 3);
    let mut client = client(&server);
    client.text("many:3");
    (0..3).for_each(|number| client.expect(&format!("m{number}")));
    client.text("many:4");
    client.expect_close(1011);
    server.wait_for(&["events#1: the actor failed", "messages", "comes to 4", "limit of 3"]);
}

#[test]
fn a_state_may_have_as_many_bytes_as_the_limit_and_no_more() {
    let server = limited("state", 1000);
    let mut one = client(&server);
    one.ask("state:1000", "ok");
    one.text("state:1001");
    one.expect_close(1011);
    server.wait_for(&["events#1: the actor failed", "state", "comes to 1001", "limit of 1000"]);
    // The host has kept the state of 1000 bytes, and `close` has counted on from it.
    let mut two = server.client("events");
    assert!(two.next().to_text().unwrap().starts_with("state:"));
}

#[test]
fn memory_grows_up_to_the_limit_and_an_allocation_past_it_fails_in_the_guest() {
    let server = limited("memory", "\"2MiB\"");
    let mut client = client(&server);
    client.ask("grow:1500000", "grown");
    client.text("grow:1000000");
    client.expect_close(1011);
    server.wait_for(&["events#1: the actor failed at a text event"]);
    // A new instance has its memory back.
    let mut next = server.client("events");
    assert!(next.next().is_text());
    next.ask("grow:1500000", "grown");
}

#[test]
fn a_module_that_begins_past_the_memory_limit_is_not_loaded() {
    let small = |actor: Actor| {
        let keys = ["message", "state", "answer"];
        keys.iter().fold(actor.limit("memory", 65536), |actor, key| actor.limit(key, 1000))
    };
    let manifest = small(guest("events"));
    let big = r#"(module (memory (export "memory") 2)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 8)
        (func (export "ntwk:theater/websocket-server#handle-message")
            (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) i32.const 8))"#;
    let folder = tempfile::tempdir().unwrap();
    let big = small(wat("big", big));
    let check = |actor: &Actor| {
        let manifest = actor.write(folder.path());
        footlight(&["check", manifest.to_str().unwrap()])
    };
    let fine = check(&manifest);
    assert!(fine.status.success(), "{}", String::from_utf8_lossy(&fine.stdout));
    let wrong = check(&big);
    assert_eq!(wrong.status.code(), Some(1));
    let text = String::from_utf8_lossy(&wrong.stdout).into_owned();
    assert!(text.contains("131072 bytes, past the limit of 65536"), "{text}");
}

#[test]
fn a_call_that_spends_its_fuel_is_stopped_and_its_client_closed() {
    let server = limited("fuel", 5_000_000);
    let (mut busy, mut other) = (client(&server), client(&server));
    busy.text("loop");
    busy.expect_close(1011);
    server.wait_for(&["events#1: the actor failed at a text event", "5000000 units of fuel"]);
    other.ask("still here", "still here");
}

#[test]
fn a_client_that_does_not_read_is_closed_and_the_others_are_served() {
    // Its answers fill the buffers of both kernels, and then the outbox.
    let server = Server::of(guest("events").limit("outbox", 100_000).limit("answer", 200_000));
    let (mut slow, mut other) = (client(&server), client(&server));
    while server.count("events#1: the client reads too slowly") == 0 {
        slow.ws.write(Message::text("big:100000")).unwrap();
        slow.ws.flush().unwrap();
        other.ask("quick", "quick");
    }
    server.wait_for(&["events#1: actor: close 1006"]);
    other.ask("still quick", "still quick");
    let (_, log) = server.stop();
    assert!(log.contains("1 clients too slow"), "{log}");
}
