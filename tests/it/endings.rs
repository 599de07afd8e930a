//! How connections end: who sends which close frame, and what happens to clients that do not
//! answer it. `violations` tests the answers to breaches of the protocol.

use std::{io::Read, net::Shutdown};

use async_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use crate::support::{Client, Server, guest};

/// A client after its `connect` event.
fn client(server: &Server) -> Client {
    let mut client = server.client("events");
    assert!(client.next().is_text());
    client
}

#[test]
fn the_clients_close_frame_is_answered_with_the_same_code() {
    let server = Server::of(guest("events"));
    let mut client = client(&server);
    let code = CloseCode::from(3456);
    client.ws.close(Some(CloseFrame { code, reason: "why".into() })).unwrap();
    client.expect_close(3456);
}

#[test]
fn a_client_that_does_not_answer_a_close_frame_is_dropped_after_the_deadline() {
    let server = Server::of(guest("events").limit("close", "\"200ms\""));
    let mut client = client(&server);
    client.text("close");
    let mut bytes = Vec::new();
    // Without the library, which would answer.
    client.ws.get_mut().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes[..4], [0x88, 5, 0x0f, 0xa1]);
    server.wait_for(&["events#1: actor: close 1006 none"]);
}

#[test]
fn a_client_that_stops_sending_but_reads_is_over_too() {
    let server = Server::of(guest("events"));
    let client = client(&server);
    client.ws.get_ref().shutdown(Shutdown::Write).unwrap();
    server.wait_for(&["events#1: actor: close 1006 none"]);
}

#[test]
fn messages_that_come_after_the_actors_close_do_not_reach_it() {
    let server = Server::of(guest("events"));
    let mut client = client(&server);
    client.ws.write(Message::text("close")).unwrap();
    client.ws.write(Message::text("log")).unwrap();
    client.ws.flush().unwrap();
    client.expect_close(4001);
    server.wait_for(&["events#1: actor: close 4001"]);
    assert_eq!(server.count("a line from guide"), 0);
}
