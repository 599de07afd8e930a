//! The events that an actor gets: every row of the README's table, in every shape.

use std::io::Write as _;

use async_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use crate::support::{Client, SHAPES, Server, guest};

/// One server with an actor of each shape, and a client of each after its `connect`.
fn every_shape() -> (Server, Vec<(&'static str, Client)>) {
    let server = Server::start(&SHAPES.map(guest));
    let clients = SHAPES.map(|shape| {
        let mut client = server.client(shape);
        client.expect("state:0");
        (shape, client)
    });
    (server, clients.into())
}

fn frame(code: u16, reason: &'static str) -> Option<CloseFrame> {
    Some(CloseFrame { code: CloseCode::from(code), reason: reason.into() })
}

#[test]
fn a_completed_handshake_is_a_connect_event_before_anything_else() {
    let (server, _clients) = every_shape();
    for shape in SHAPES {
        // The first client of each has been counted by now.
        server.client(shape).expect("state:1");
    }
}

#[test]
fn texts_and_binaries_come_back_as_they_were_sent() {
    let (_server, clients) = every_shape();
    for (_, mut client) in clients {
        for text in ["", "hello", "žluťoučký kůň 🐎", &"x".repeat(60_000)] {
            client.ask(text, text);
        }
        for data in [vec![], vec![0, 255, 128], vec![7; 60_000]] {
            client.send(Message::binary(data.clone()));
            assert_eq!(client.next(), Message::binary(data));
        }
    }
}

#[test]
fn a_ping_is_answered_by_the_host_and_told_to_the_actor_with_its_payload() {
    let (_server, clients) = every_shape();
    for (_, mut client) in clients {
        for (payload, hex) in [(&b""[..], ""), (b"\x01\xff", "01ff")] {
            client.send(Message::Ping(payload.to_vec().into()));
            assert_eq!(client.next(), Message::Pong(payload.to_vec().into()));
            client.expect(&format!("ping:{hex}"));
        }
    }
}

#[test]
fn a_pong_is_told_to_the_actor_with_its_payload() {
    let (_server, clients) = every_shape();
    for (_, mut client) in clients {
        client.send(Message::Pong(b"\x00\x10".to_vec().into()));
        client.expect("pong:0010");
    }
}

#[test]
fn a_close_frame_is_a_close_event_with_its_code_and_reason() {
    let (server, clients) = every_shape();
    for (shape, client) in clients {
        client.close(frame(4321, "had enough"));
        server.wait_for(&[shape, "#1: actor: close 4321 had enough"]);
    }
}

#[test]
fn a_close_frame_without_a_code_is_1005_and_without_a_reason_is_none() {
    let (server, clients) = every_shape();
    for (shape, client) in clients {
        client.close(None);
        server.wait_for(&[shape, "#1: actor: close 1005 none"]);
        server.client(shape).close(frame(1000, ""));
        server.wait_for(&[shape, "#2: actor: close 1000 none"]);
    }
}

#[test]
fn a_connection_that_vanishes_is_a_close_event_with_1006() {
    let (server, clients) = every_shape();
    for (shape, client) in clients {
        drop(client);
        server.wait_for(&[shape, "#1: actor: close 1006 none"]);
    }
}

#[test]
fn every_connect_is_followed_by_exactly_one_close_however_the_connection_ends() {
    let server = Server::start(&SHAPES.map(guest));
    let endings: [fn(Client); 6] = [
        |client| client.close(frame(1000, "")),
        drop,
        |mut client| {
            client.text("trap");
            client.expect_close(1011);
        },
        |mut client| {
            client.text("close");
            client.expect_close(4001);
        },
        |mut client| {
            client.send(Message::binary(vec![0; 70_000]));
            client.expect_close(1009);
        },
        |mut client| {
            // A frame with a reserved opcode.
            client.ws.get_mut().write_all(&[0x83, 0x80, 0, 0, 0, 0]).unwrap();
            client.expect_close(1002);
        },
    ];
    for shape in SHAPES {
        for (ending, number) in endings.iter().zip(1..) {
            let mut client = server.client(shape);
            assert!(client.next().is_text());
            ending(client);
            server.wait_for(&[&format!("{shape}#{number}: actor: close ")]);
        }
    }
    let (_, log) = server.stop();
    for shape in SHAPES {
        for number in 1..=endings.len() {
            let close = format!("{shape}#{number}: actor: close ");
            assert_eq!(log.matches(&close).count(), 1, "{close} in:\n{log}");
        }
    }
}

#[test]
fn nothing_comes_after_the_close_event() {
    let server = Server::of(guest("events"));
    let mut client = server.client("events");
    client.expect("state:0");
    // One write, so that the close frame arrives before the first answer.
    for text in ["one", "two", "three"] {
        client.ws.write(Message::text(text)).unwrap();
    }
    client.ws.write(Message::Close(frame(1000, "done"))).unwrap();
    client.ws.flush().unwrap();
    for text in ["one", "two", "three"] {
        client.expect(text);
    }
    server.wait_for(&["events#1: actor: close 1000 done"]);
    // connect, three texts and close: the next one is the sixth.
    server.client("events").expect("state:5");
}
