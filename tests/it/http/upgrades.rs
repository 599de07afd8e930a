//! The opening handshake (RFC 6455, section 4.2; RFC 9110, section 7.8).

use super::Connection;
use crate::support::{Server, guest};

/// The request of RFC 6455, section 1.2, with some text replaced.
fn request(from: &str, to: &str) -> String {
    let request = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                   Sec-WebSocket-Version: 13\r\n\r\n";
    assert!(request.contains(from), "{from}");
    request.replacen(from, to, 1)
}

#[test]
fn a_valid_handshake_is_answered_with_the_proof_that_its_key_was_read() {
    let server = Server::of(guest("events"));
    for (from, to) in [
        ("", ""),
        ("Upgrade: websocket", "upgrade: h2c, WebSocket"),
        ("Connection: Upgrade", "Connection: keep-alive, UPGRADE"),
        ("Connection: Upgrade", "Connection: keep-alive\r\nConnection: Upgrade"),
        ("GET /ws", "GET /"),
        ("GET /ws", "GET http://x/ws?a=b"),
        ("HTTP/1.1", "HTTP/1.2"),
        ("Host: x", "Host: x\r\nContent-Length: 0"),
        ("Host: x", "Host: x\r\nSec-WebSocket-Extensions: permessage-deflate"),
        ("Host: x", "Host: x\r\nSec-WebSocket-Protocol: unknown"),
    ] {
        let mut client = Connection::open(&server);
        client.send(request(from, to));
        let answer = client.head();
        assert_eq!(answer.status, 101, "{to}: {answer:?}");
        let accept = answer.field("Sec-WebSocket-Accept");
        assert_eq!(accept, Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{to}");
        assert_eq!(answer.field("Upgrade"), Some("websocket"));
        assert_eq!(answer.field("Connection"), Some("Upgrade"));
        // What was not agreed is not named.
        assert_eq!(answer.field("Sec-WebSocket-Extensions"), None);
        assert_eq!(answer.field("Sec-WebSocket-Protocol"), None);
    }
}

#[test]
fn a_handshake_with_a_mistake_gets_its_status_and_the_connection_closes() {
    let server = Server::of(guest("events"));
    for (from, to, status) in [
        ("GET ", "POST ", 405),
        ("GET /ws", "GET /other", 404),
        ("Connection: Upgrade", "Connection: keep-alive", 400),
        ("Host: x\r\n", "", 400),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ==", 400),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ", 400),
        ("dGhlIHNhbXBsZSBub25jZQ==", "", 400),
        ("Host: x", "Host: x\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", 400),
        ("Host: x", "Host: x\r\nContent-Length: 5", 400),
        ("Host: x", "Host: x\r\nTransfer-Encoding: chunked", 400),
        ("Version: 13", "Version: 8", 426),
        ("Version: 13", "Version: 13, 8", 426),
        ("Sec-WebSocket-Version: 13\r\n", "", 426),
    ] {
        let mut client = Connection::open(&server);
        let answer = client.ask(request(from, to));
        assert_eq!(answer.status, status, "{to}: {answer:?}");
        assert!(answer.closes(), "{to}: {answer:?}");
        client.expect_end();
    }
}

#[test]
fn a_request_without_an_upgrade_is_told_which_one_is_needed() {
    let server = Server::of(guest("events"));
    for (from, to) in [
        ("Upgrade: websocket\r\n", ""),
        ("Upgrade: websocket", "Upgrade: h2c"),
        // HTTP/1.0 has no upgrades, so this one is ignored.
        ("HTTP/1.1", "HTTP/1.0"),
    ] {
        let answer = Connection::open(&server).ask(request(from, to));
        assert_eq!(answer.status, 426, "{to}: {answer:?}");
        assert_eq!(answer.field("Upgrade"), Some("websocket"));
        assert_eq!(answer.field("Sec-WebSocket-Version"), Some("13"));
        let connection = answer.field("Connection").unwrap();
        assert!(connection.split(", ").any(|option| option == "Upgrade"), "{connection}");
    }
}
