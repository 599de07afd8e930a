//! Ctrl-C, SIGTERM and SIGQUIT.

use std::{
    io::{ErrorKind, Read as _},
    net::TcpStream,
};

use footlight::{
    exchange::{ActorHandle, Command, Event, EventKind, Message},
    limits::Limits,
};
use smol::block_on;

use crate::support::{Actor, SHAPES, Server, guest, in_process, wat};

/// An actor that logs `looping` when it gets a text, and then never returns.
pub fn endless() -> Actor {
    let text = r#"(module
        (import "ntwk:theater/runtime" "log" (func $log (param i32 i32)))
        (memory (export "memory") 1)
        (data (i32.const 512) "looping")
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "ntwk:theater/websocket-server#handle-message")
            (param i32 i32 i32 i32 i32) (param $has-text i32) (param i32 i32 i32 i32) (result i32)
            (if (local.get $has-text) (then
                (call $log (i32.const 512) (i32.const 7))
                (loop (br 0))))
            i32.const 0))"#;
    wat("endless", text).limit("time", "\"24h\"")
}

#[test]
fn each_signal_closes_every_client_with_1001_and_ends_with_exit_code_0() {
    for signal in ["INT", "TERM", "QUIT"] {
        let mut server = Server::start(&SHAPES.map(guest));
        let mut clients: Vec<_> =
            SHAPES.iter().flat_map(|shape| [server.client(shape), server.client(shape)]).collect();
        for client in &mut clients {
            assert!(client.next().is_text());
        }
        server.signal(signal);
        for client in &mut clients {
            assert_eq!(client.expect_close(1001), "the host is stopping");
        }
        assert_eq!(server.wait().code(), Some(0), "{signal}");
        for shape in SHAPES {
            for number in [1, 2] {
                server.wait_for(&[&format!("{shape}#{number}: actor: close 1001")]);
            }
        }
    }
}

#[test]
fn answers_that_are_on_their_way_arrive_before_the_close_frame() {
    let server = Server::of(guest("events"));
    let mut client = server.client("events");
    client.expect("state:0");
    client.text("log");
    server.wait_for(&["a line from guide"]);
    server.signal("TERM");
    client.expect("logged");
    client.expect_close(1001);
}

#[test]
fn a_client_that_does_not_answer_delays_the_end_only_until_the_deadline() {
    let mut server = Server::of(guest("events").limit("close", "\"200ms\""));
    let mut client = server.client("events");
    client.expect("state:0");
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
    server.wait_for(&["events#1: actor: close 1006"]);
    let mut bytes = Vec::new();
    client.ws.get_mut().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes[..4], [0x88, 22, 0x03, 0xe9]);
}

#[test]
fn an_actor_that_never_returns_delays_the_end_only_until_the_deadline() {
    let mut server = Server::of(endless().limit("shutdown", "\"300ms\""));
    let mut client = server.client("endless");
    client.text("loop");
    server.wait_for(&["endless#1: actor: looping"]);
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
    server.wait_for(&["1 connections were still open after `limits.shutdown`"]);
}

#[test]
fn a_second_signal_ends_at_once() {
    let mut server = Server::of(endless().limit("shutdown", "\"1h\""));
    let mut client = server.client("endless");
    client.text("loop");
    server.wait_for(&["endless#1: actor: looping"]);
    server.signal("TERM");
    server.wait_for(&["stopping; a second signal ends at once"]);
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_client_in_the_middle_of_its_handshake_does_not_delay_the_end() {
    let mut server = Server::of(guest("events").limit("handshake", "\"1h\""));
    let mut socket = std::net::TcpStream::connect(server.address("events")).unwrap();
    server.client("events").expect("state:0");
    server.signal("TERM");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    drop(socket);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn many_clients_are_asked_to_leave_in_batches_and_all_of_them_get_1001() {
    let mut server = Server::of(guest("events"));
    let mut clients: Vec<_> = (0..250).map(|_| server.client("events")).collect();
    for client in &mut clients {
        assert!(client.next().is_text());
    }
    server.signal("TERM");
    for client in &mut clients {
        client.expect_close(1001);
    }
    assert_eq!(server.wait().code(), Some(0));
    server.wait_for(&["100 clients dismissed, 150 left"]);
    server.wait_for(&["100 clients dismissed, 50 left"]);
}

#[test]
fn an_actor_that_never_returns_does_not_keep_another_ones_clients() {
    let endless = endless().limit("shutdown", "\"1h\"");
    let mut server = Server::start(&[endless, guest("events")]);
    let (mut stuck, mut other) = (server.client("endless"), server.client("events"));
    other.expect("state:0");
    stuck.text("loop");
    server.wait_for(&["endless#1: actor: looping"]);
    server.signal("TERM");
    other.expect_close(1001);
    server.wait_for(&["events: 1 connections, "]);
    for actor in ["endless", "events"] {
        let refused = TcpStream::connect(server.address(actor)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused, "{actor}");
    }
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn an_actor_that_is_told_to_stop_handles_the_events_that_wait_first() {
    let handle = ActorHandle::new("stops".into(), Limits::default());
    let open = in_process::open(&handle);
    handle.control.send(Command::Stop).unwrap();
    for kind in [EventKind::Connect, EventKind::Message(Message::Text("text".into()))] {
        handle.mailbox.push_unrefused(Event::at(&open.session, kind));
    }
    block_on(in_process::events(&handle, None));
    assert_eq!(handle.stats.events.get(), 2);
}
