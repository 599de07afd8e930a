//! Who may connect (origins, tokens, subprotocols), and how many may be connected.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use crate::{
    crowd::metric,
    support::{PATIENCE, Raw, Server, eventually, guest, masked},
};

/// Asks for an upgrade at `target` with some fields more, and reads the answer's head.
fn ask(server: &Server, target: &str, fields: &str) -> String {
    ask_at(server.address("events"), target, fields)
}

/// The same at another address.
fn ask_at(address: SocketAddr, target: &str, fields: &str) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{fields}\r\n"
    );
    socket.write_all(request.as_bytes()).unwrap();
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && socket.read(&mut byte).unwrap() == 1 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// The status of the answer.
fn status(server: &Server, target: &str, fields: &str) -> String {
    ask(server, target, fields).split(' ').nth(1).unwrap().to_owned()
}

#[test]
fn only_pages_of_the_listed_origins_may_connect_and_clients_that_are_no_pages() {
    let server =
        Server::of(guest("events").config("origins = [\"self\", \"https://a.example:8443\"]"));
    let own = format!("Origin: http://{}\r\n", server.address("events"));
    for (fields, expected) in [
        (own.as_str(), "101"),
        ("Origin: https://a.example:8443\r\n", "101"),
        ("Origin: https://A.Example:8443\r\n", "101"),
        ("", "101"),
        ("Origin: http://a.example:8443\r\n", "403"),
        ("Origin: https://a.example\r\n", "403"),
        ("Origin: https://a.example:8443.evil.example\r\n", "403"),
        ("Origin: null\r\n", "403"),
        ("Origin: https://a.example:8443\r\nOrigin: https://evil.example\r\n", "403"),
    ] {
        assert_eq!(status(&server, "/ws", fields), expected, "{fields}");
    }
}

#[test]
fn any_page_may_connect_unless_origins_says_otherwise_and_the_greeting_tells_so() {
    let server = Server::start(&[guest("events"), guest("typed").config("origins = [\"self\"]")]);
    assert_eq!(status(&server, "/ws", "Origin: https://evil.example\r\n"), "101");
    assert!(server.greeting[0].contains("any page in a browser may connect"));
    assert!(!server.greeting[1].contains("any page"));
}

#[test]
fn a_client_without_the_token_gets_401_and_how_to_show_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "s3cret\n").unwrap();
    let server = Server::of(guest("events").config(&format!("token_file = {file:?}")));
    for (target, fields, expected) in [
        ("/ws", "Authorization: Bearer s3cret\r\n", "101"),
        ("/ws?token=s3cret", "", "101"),
        ("/?a=b&token=s3%63ret", "", "101"),
        ("/ws", "", "401"),
        ("/ws?token=s3cre", "", "401"),
        ("/ws?token=s3crets", "", "401"),
        ("/ws", "Authorization: Basic s3cret\r\n", "401"),
    ] {
        assert_eq!(status(&server, target, fields), expected, "{target} {fields}");
    }
    assert!(ask(&server, "/ws", "").contains("\r\nWWW-Authenticate: Bearer\r\n"));
    let (_, log) = server.stop();
    assert!(!log.contains("s3cret"), "the token is in the log: {log}");
}

#[test]
fn a_token_file_that_is_missing_keeps_the_host_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let actor = guest("events").config("token_file = \"missing\"").write(folder.path());
    for command in ["run", "check"] {
        let output = crate::support::footlight(&[command, actor.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{command}");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains("missing: cannot be read: "), "{command}: {said}");
    }
}

#[test]
fn a_subprotocol_that_was_not_agreed_is_in_the_log_once_for_each_listener_and_counted() {
    let second = "[[handlers]]\ntype = \"websocket-server\"\nconfig = { port = 0 }\n";
    let actor = guest("events").config("subprotocols = [\"chat\"]").extra(second);
    let server = Server::of(actor);
    let name = "footlight_unagreed_subprotocols_total{actor=\"events\"}";
    let connect = |address, fields: &str| {
        let head = ask_at(address, "/ws", &format!("{fields}\r\n"));
        assert!(head.starts_with("HTTP/1.1 101 "), "{fields}: {head}");
    };
    let address = server.address("events");
    connect(address, "Sec-WebSocket-Protocol: chat");
    connect(address, "Sec-WebSocket-Protocol: other, chat");
    connect(address, "X: none");
    assert_eq!(metric(address, name), 0);
    connect(address, "Sec-WebSocket-Protocol: mqtt, v2.mqtt");
    let line = server.wait_for(&["WARN", "asks for the subprotocols"]);
    assert!(line.contains("events#4: 127.0.0.1:"), "{line}");
    assert!(line.contains("\"mqtt, v2.mqtt\", and `subprotocols` of this listener"), "{line}");
    for number in 0..20 {
        connect(address, &format!("Sec-WebSocket-Protocol: p{number}"));
    }
    assert_eq!(metric(address, name), 21);
    assert_eq!(server.count("asks for the subprotocols"), 1);
    // Another listener has a line of its own, however long the names are.
    let long = "x".repeat(4000);
    let url = server.greeting[1].split("://").nth(1).unwrap();
    let second = url.split('/').next().unwrap().parse().unwrap();
    connect(second, &format!("Sec-WebSocket-Protocol: {long}"));
    server.wait_for(&["WARN", &format!("\"{}\"", &long[..100])]);
    assert_eq!(server.count("asks for the subprotocols"), 2);
}

#[test]
fn the_first_of_the_clients_subprotocols_that_is_known_is_chosen() {
    let server = Server::of(guest("events").config("subprotocols = [\"a\", \"b\"]"));
    for (asked, chosen) in [("b", Some("b")), ("x, b ,a", Some("b")), ("x", None), ("A", None)] {
        let head = ask(&server, "/ws", &format!("Sec-WebSocket-Protocol: {asked}\r\n"));
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        let found = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Protocol: "));
        assert_eq!(found, chosen, "{asked}");
    }
    assert!(!ask(&server, "/ws", "").contains("Sec-WebSocket-Protocol"));
}

#[test]
fn clients_that_stay_after_their_last_answer_are_not_waited_for_all_at_once() {
    let server = Server::of(guest("events").limit("requests", 2).limit("close", "\"1h\""));
    let address = server.address("events");
    let before = server.descriptors();
    let mut stay = Vec::new();
    for number in 0..40 {
        let mut client = Raw::connect(address);
        if number % 2 == 0 {
            client.send(b"GET /missing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        } else {
            client = client.upgraded();
            client.send(&masked(0x88, b""));
        }
        // The server's side of the connection ends, but ours stays open.
        client.socket.read_to_end(&mut Vec::new()).unwrap();
        stay.push(client);
    }
    eventually("are their descriptors closed", || server.descriptors() <= before + 2);
}
