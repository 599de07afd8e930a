//! Clients that break the protocol. Each gets the right close frame and then a clean end of the
//! stream, even if it keeps sending. Nobody else has to wait.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    thread,
};

use crate::support::{Raw, Server, guest, masked};

/// A server's close frame.
fn close(code: u16, reason: &str) -> Vec<u8> {
    let payload = [&code.to_be_bytes(), reason.as_bytes()].concat();
    let mut frame = vec![0x88, u8::try_from(payload.len()).unwrap()];
    frame.extend(payload);
    frame
}

/// A client's close frame.
fn closing(code: u16, reason: &[u8]) -> Vec<u8> {
    masked(0x88, &[&code.to_be_bytes(), reason].concat())
}

/// Reads to the end, which must be a clean one.
fn rest(socket: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes).unwrap();
    bytes
}

/// Writes the same again and again until the server ends the connection.
fn flood(socket: &TcpStream, bytes: &[u8]) -> thread::JoinHandle<()> {
    let mut socket = socket.try_clone().unwrap();
    let bytes = bytes.repeat(65536 / bytes.len());
    thread::spawn(move || {
        let error = loop {
            if let Err(error) = socket.write_all(&bytes) {
                break error.kind();
            }
        };
        assert!(matches!(error, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
    })
}

/// Every breach, and the close frame that answers it.
fn breaches() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let protocol = close(1002, "protocol error");
    let text = close(1007, "text is not UTF-8");
    let size = close(1009, "message too large");
    let mut breaches = vec![
        ("a frame that is not masked", b"\x81\x02hi".to_vec(), protocol.clone()),
        ("a continuation without a start", masked(0x80, b"hi"), protocol.clone()),
        ("the same, unfinished", masked(0x00, b"hi"), protocol.clone()),
        (
            "a start within a message",
            [masked(0x01, b"a"), masked(0x81, b"b")].concat(),
            protocol.clone(),
        ),
        ("a fragmented ping", masked(0x09, b"hi"), protocol.clone()),
        ("a fragmented close frame", masked(0x08, b"\x03\xe8"), protocol.clone()),
        ("a ping of 126 bytes", masked(0x89, &[b'x'; 126]), protocol.clone()),
        ("a pong of 126 bytes", masked(0x8a, &[b'x'; 126]), protocol.clone()),
        ("a close frame of 126 bytes", closing(1000, &[b'x'; 124]), protocol.clone()),
        ("a close frame of one byte", masked(0x88, b"\x03"), protocol.clone()),
        ("text that is not UTF-8", masked(0x81, b"a\xff"), text.clone()),
        ("text that ends within a character", masked(0x81, b"a\xc3"), text.clone()),
        ("a first fragment that is not UTF-8", masked(0x01, b"a\xff"), text.clone()),
        (
            "a later fragment that is not UTF-8",
            [masked(0x01, b"a\xc3"), masked(0x00, b"\xa9"), masked(0x00, b"\xff")].concat(),
            text.clone(),
        ),
        ("a reason that is not UTF-8", closing(1000, b"\xff"), text.clone()),
        ("a frame past the limit", masked(0x82, &[0; 65537]), size.clone()),
        (
            "fragments past the limit",
            [masked(0x02, &[0; 65536]), masked(0x00, &[0; 1])].concat(),
            size.clone(),
        ),
        (
            "a length of nearly 2^64",
            b"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0".to_vec(),
            size,
        ),
    ];
    for bit in [0x40, 0x20, 0x10] {
        breaches.push(("a reserved bit", masked(0x81 | bit, b"hi"), protocol.clone()));
        breaches.push(("a reserved bit of a ping", masked(0x89 | bit, b"hi"), protocol.clone()));
    }
    for opcode in [0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf] {
        breaches.push(("a reserved opcode", masked(0x80 | opcode, b"hi"), protocol.clone()));
    }
    // 1014 is what only a gateway sends.
    for code in [0, 999, 1004, 1005, 1006, 1014, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
        // This one is tungstenite's own answer.
        breaches.push(("an invalid code", closing(code, b""), close(1002, "Protocol violation")));
    }
    breaches
}

#[test]
fn each_breach_gets_its_close_frame_and_a_clean_end_while_the_client_goes_on_sending() {
    let server = Server::of(guest("events").limit("log_rate", 1000));
    for (what, bytes, frame) in breaches() {
        let mut client = Raw::connect(server.address("events")).upgraded();
        client.send(&bytes);
        // More bytes than the server reads at once, and no valid frames.
        client.send(&[0xff; 100_000]);
        let found = rest(&mut client.socket);
        assert_eq!(found, frame, "{what}: {}", found.escape_ascii());
        // Still no reset: the server keeps reading for a while.
        client.send(b"and more");
    }
    let (_, log) = server.stop();
    // None of them has sent anything that becomes an event.
    let breaches = breaches().len();
    assert_eq!(log.matches("actor: close 1006 none").count(), breaches, "{log}");
    assert!(log.contains(&format!("{breaches} clients at fault")), "{log}");
}

#[test]
fn what_comes_after_a_clients_close_frame_is_neither_delivered_nor_in_the_way_of_its_echo() {
    let server = Server::of(guest("events"));
    for (number, (payload, echo)) in [
        (&b""[..], b"\x88\x00".to_vec()),
        (b"\x03\xe8", close(1000, "")),
        (b"\x0b\xb8why", close(3000, "why")),
        (&[&b"\x13\x87"[..], &[b'x'; 123]].concat(), close(4999, &"x".repeat(123))),
    ]
    .into_iter()
    .enumerate()
    {
        let mut client = Raw::connect(server.address("events")).upgraded();
        let late = [masked(0x88, payload), masked(0x81, b"log"), vec![0xff; 100_000]].concat();
        client.send(&late);
        assert_eq!(rest(&mut client.socket), echo);
        client.send(b"and more");
        server.wait_for(&[&format!("events#{}: actor: close", number + 1)]);
    }
    assert_eq!(server.count("a line from"), 0, "{}", server.log());
}

#[test]
fn each_code_that_a_client_may_send_is_echoed_and_told_to_the_actor() {
    let server = Server::of(guest("events").limit("log_rate", 1000));
    let known = (1000..=1003).chain(1007..=1013).chain([3000, 3003, 3008, 3999, 4000, 4999]);
    for (number, code) in known.enumerate() {
        let mut client = Raw::connect(server.address("events")).upgraded();
        client.send(&closing(code, b""));
        assert_eq!(rest(&mut client.socket), close(code, ""), "{code}");
        server.wait_for(&[&format!("events#{}: actor: close {code} none", number + 1)]);
    }
}

#[test]
fn a_breach_after_the_actors_close_does_not_cost_the_client_its_close_frame() {
    let server = Server::of(guest("events"));
    let mut client = Raw::connect(server.address("events")).upgraded();
    let bytes = [masked(0x81, b"close"), masked(0x83, b""), vec![0xff; 100_000]].concat();
    client.send(&bytes);
    assert_eq!(rest(&mut client.socket), close(4001, "bye"));
    server.wait_for(&["events#1: actor: close 1006 none"]);
    // By now a socket that was closed with bytes unread would have been reset.
    Raw::connect(server.address("events")).upgraded();
    client.send(b"and more");
}

#[test]
fn a_client_that_goes_on_sending_forever_is_cut_off_and_holds_up_nobody() {
    let server = Server::of(guest("events").limit("close", "\"300ms\""));
    let mut other = server.client("events");
    other.expect("state:0");
    for (what, first, then) in [
        ("a breach", masked(0x83, b""), vec![0xff]),
        ("its close frame", masked(0x88, b""), vec![0xff]),
        ("the actor's close, messages", masked(0x81, b"close"), masked(0x82, b"more")),
        ("the actor's close, pongs", masked(0x81, b"close"), masked(0x8a, b"")),
    ] {
        let mut client = Raw::connect(server.address("events")).upgraded();
        client.send(&first);
        assert_eq!(client.frame().0, 0x88, "{what}");
        let flood = flood(&client.socket, &then);
        while !flood.is_finished() {
            other.ask(what, what);
        }
        flood.join().unwrap();
    }
}

#[test]
fn a_message_of_endless_fragments_holds_up_nobody() {
    let server = Server::of(guest("events"));
    let mut other = server.client("events");
    other.expect("state:0");
    let mut client = Raw::connect(server.address("events")).upgraded();
    client.send(&masked(0x01, b""));
    let flood = flood(&client.socket, &masked(0x00, b""));
    for _ in 0..100 {
        other.ask("hello", "hello");
    }
    client.socket.shutdown(Shutdown::Both).unwrap();
    flood.join().unwrap();
}

#[test]
fn a_client_that_sends_far_more_than_the_limit_without_looking_up_is_told_so_in_the_end() {
    let server = Server::of(guest("events"));
    let mut client = Raw::connect(server.address("events")).upgraded();
    client.send(&masked(0x82, &vec![0; 15 << 20]));
    assert_eq!(rest(&mut client.socket), close(1009, "message too large"));
}
