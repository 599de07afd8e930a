//! The opening handshake over real sockets. The unit tests cover the decisions about a request's
//! head; these tests cover everything around it.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use crate::support::{Client, PATIENCE, Server, guest};

/// Sends bytes and reads until the server closes.
fn exchange(server: &Server, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(server.address("events")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(bytes).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_plain_request_is_told_that_this_is_a_websocket() {
    let server = Server::of(guest("events"));
    let answer = exchange(&server, b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{answer}");
    assert!(answer.contains("\r\nSec-WebSocket-Version: 13\r\n"), "{answer}");
    assert!(
        answer.ends_with(
            "\r\n\r\nthis is a WebSocket: connect with a WebSocket client, version 13\n"
        ),
        "{answer}"
    );
    server.wait_for(&["events: ", "is refused: 426"]);
}

#[test]
fn the_log_says_what_was_refused_and_why_without_the_query() {
    let server = Server::of(guest("events"));
    for (request, line) in [
        (
            "GET /no%0a\u{1b}where?token=secret HTTP/1.1\r\nHost: x\r\n",
            "is refused: 400 Bad Request: the target of the request is not valid (\"GET /no%0a",
        ),
        (
            "GET /nowhere?token=secret HTTP/1.1\r\nHost: x\r\n",
            "is refused: 404 Not Found: nothing is here; the WebSocket is at /ws (\"GET /nowhere\")",
        ),
        (
            "DELETE /ws HTTP/1.1\r\nHost: x\r\n",
            "is refused: 405 Method Not Allowed: only GET, HEAD and OPTIONS are answered here \
             (\"DELETE /ws\")",
        ),
        ("GET /ws HTTP/1.1\r\n", " (\"GET /ws\")"),
    ] {
        let answer = exchange(&server, format!("{request}Connection: close\r\n\r\n").as_bytes());
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        server.wait_for(&["INFO", "events: 127.0.0.1:", line]);
    }
    assert!(!server.log().contains("secret"), "{}", server.log());
    assert!(!server.log().contains('\u{1b}'), "{}", server.log());
}

#[test]
fn the_socket_is_at_its_path_and_at_the_root_and_nowhere_else() {
    let server = Server::of(guest("events").path("/chat"));
    assert!(server.url("events").ends_with("/chat"), "{}", server.url("events"));
    for path in ["/chat", "/", "/chat?name=x"] {
        Client::connect(server.address("events"), path).next();
    }
    let refused = Client::try_connect(server.address("events"), "/ws").err().unwrap();
    assert!(refused.contains("404"), "{refused}");
}

#[test]
fn frames_that_come_with_the_request_are_not_lost() {
    let server = Server::of(guest("events"));
    let mut socket = TcpStream::connect(server.address("events")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    // The request, the text `hi`, and an empty close frame.
    socket.write_all(&[&request[..], b"\x81\x82\0\0\0\0hi\x88\x80\0\0\0\0"].concat()).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    let frames = b"\x81\x07state:0\x81\x02hi\x88\x00";
    assert!(answer.ends_with(frames), "{}", answer.escape_ascii());
}

#[test]
fn a_request_that_comes_too_slowly_is_refused_after_the_deadline() {
    let server = Server::of(guest("events").limit("handshake", "\"200ms\""));
    let answer = exchange(&server, b"GET /ws HTTP/1.1\r\nHo");
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
}

#[test]
fn what_is_not_http_is_refused_and_counted() {
    let server = Server::of(guest("events"));
    let answer = exchange(&server, b"\x16\x03\x01\x02\x00\x01\x00");
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    let (_, log) = server.stop();
    assert!(log.contains("1 requests refused"), "{log}");
}

#[test]
fn an_endless_head_is_refused_once_it_is_too_long() {
    let server = Server::of(guest("events"));
    let head = [b"GET /ws HTTP/1.1\r\nX: ", vec![b'x'; 9000].as_slice()].concat();
    let answer = exchange(&server, &head);
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[test]
fn an_offer_of_compression_is_answered_without_it() {
    let server = Server::of(guest("events"));
    let mut socket = TcpStream::connect(server.address("events")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
    socket.write_all(&[&request[..], b"\x88\x80\0\0\0\0"].concat()).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    assert!(!answer.contains("Extensions"), "{answer}");
}
