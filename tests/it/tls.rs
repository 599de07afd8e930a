//! TLS: everything works as without it, and the host bounds and reports its failures.
//!
//! `openssl` makes the certificates. Without `openssl` the tests say so and pass, unless
//! `FOOTLIGHT_REQUIRE_CLIENTS` is set.

mod asking;
mod brokers;
mod certificates;
mod handshakes;

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    process::Command,
};

use async_tungstenite::tungstenite::Message;
use futures_rustls::rustls::version;

use crate::{
    clients::{self, available, node, python},
    support::{
        Actor, Client, PATIENCE, REQUEST, Raw, Server,
        certificates::{Certificates, TlsStream},
        guest, masked,
    },
};

/// Certificates, if this machine has openssl.
fn certificates() -> Option<Certificates> {
    let mut probe = Command::new("openssl");
    probe.arg("version");
    available("openssl", probe, clients::REQUIRED).then(Certificates::make)
}

/// A server of one actor, with TLS.
fn serve(certificates: &Certificates, actor: Actor) -> Server {
    let server = Server::of(actor.config(&certificates.config()));
    assert!(server.url("events").starts_with("wss://127.0.0.1:"), "{:?}", server.greeting);
    server
}

/// A client of a server, with TLS, after the greeting.
fn client(certificates: &Certificates, server: &Server) -> Client<TlsStream> {
    let stream = certificates.connect(server.address("events"));
    greeted(stream, server)
}

/// A client over a connection, after the greeting with the number of events so far.
fn greeted(stream: TlsStream, server: &Server) -> Client<TlsStream> {
    let mut client = Client::over(stream, &server.url("events")).unwrap();
    assert!(client.next().to_text().unwrap().starts_with("state:"));
    client
}

/// Sends a request, and reads the whole answer. TLS must confirm its end, or reading fails.
fn request(certificates: &Certificates, server: &Server, head: &str) -> Vec<u8> {
    let mut stream = certificates.connect(server.address("events"));
    stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

/// The number of a metric.
fn metric(certificates: &Certificates, server: &Server, name: &str) -> u64 {
    let text = request(certificates, server, "GET /metrics HTTP/1.1\r\nHost: x");
    let text = String::from_utf8(text).unwrap();
    let label = format!("footlight_{name}");
    let line = text.lines().find_map(|line| line.strip_prefix(&label)).unwrap();
    line.split(' ').next_back().unwrap().parse().unwrap()
}

/// Lets another project's client talk to the server. It trusts the authority that these variables
/// name.
fn talk(probe: Command, name: &str, mut command: Command, script: &str) {
    let Some(certificates) = certificates() else { return };
    if !available(name, probe, clients::REQUIRED) {
        return;
    }
    for variable in ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"] {
        command.env(variable, certificates.file("ca.pem"));
    }
    let server = serve(&certificates, guest("events"));
    clients::talk_with(server, command, script, "close 3333 that is all");
}

/// The same for a Python module.
fn talk_in_python(module: &str) {
    let mut probe = python();
    probe.args(["-c", &format!("import {module}")]);
    talk(probe, &format!("Python's {module}"), python(), &format!("{module}_client.py"));
}

#[test]
fn python_websockets_sees_over_tls_what_it_sees_without() {
    talk_in_python("websockets");
}

#[test]
fn python_aiohttp_sees_over_tls_what_it_sees_without() {
    talk_in_python("aiohttp");
}

#[test]
fn npm_ws_sees_over_tls_what_it_sees_without() {
    let mut probe = node();
    probe.args(["-e", "require('ws')"]);
    talk(probe, "npm's ws", node(), "ws_client.js");
}

#[test]
fn both_versions_of_tls_are_spoken_and_a_client_that_wants_another_protocol_is_told_so() {
    let Some(certificates) = certificates() else { return };
    let server = serve(&certificates, guest("events"));
    for version in [&version::TLS12, &version::TLS13] {
        let stream =
            certificates.connect_by(certificates.client(&[version]), server.address("events"));
        let mut client = greeted(stream, &server);
        // Several records, and several reads of the server's.
        let long = "x".repeat(65536);
        client.ask(&long, &long);
        client.close(None);
    }
    let mut config = certificates.client(&[&version::TLS13]);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = certificates.connect_by(config, server.address("events"));
    let refused = Client::over(stream, &server.url("events")).err().unwrap();
    assert!(refused.contains("NoApplicationProtocol"), "{refused}");
}

#[test]
fn pages_and_large_files_come_whole_and_their_end_is_confirmed() {
    let Some(certificates) = certificates() else { return };
    let folder = tempfile::tempdir().unwrap();
    let large: Vec<u8> = (0u32..2_000_000).map(|n| (n % 251) as u8).collect();
    fs::write(folder.path().join("large"), &large).unwrap();
    let actor = guest("events").config(&format!("static = {:?}", folder.path()));
    let server = serve(&certificates, actor);
    let answer = request(&certificates, &server, "GET /large HTTP/1.1\r\nHost: x");
    assert!(answer.ends_with(&large), "{} bytes", answer.len());
    for (path, part) in [("/healthz", "ok\n"), ("/console", "\"wss://\""), ("/missing", "nothing")]
    {
        let answer = request(&certificates, &server, &format!("GET {path} HTTP/1.1\r\nHost: x"));
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.contains(part), "{path}: {answer}");
    }
}

#[test]
fn a_client_that_does_not_trust_the_certificate_is_logged_and_counted() {
    let Some(certificates) = certificates() else { return };
    let server = serve(&certificates, guest("events"));
    let stranger = Certificates::make();
    let stream = stranger.connect(server.address("events"));
    let refused = Client::over(stream, &server.url("events")).err().unwrap();
    assert!(refused.contains("invalid peer certificate"), "{refused}");
    server.wait_for(&["gets no TLS: received fatal alert"]);
    assert_eq!(metric(&certificates, &server, "tls_failures_total"), 1);
}

#[test]
fn a_client_without_tls_is_told_that_it_is_needed() {
    let Some(certificates) = certificates() else { return };
    let server = serve(&certificates, guest("events"));
    let mut plain = TcpStream::connect(server.address("events")).unwrap();
    plain.set_read_timeout(Some(PATIENCE)).unwrap();
    plain.write_all(REQUEST).unwrap();
    let mut answer = String::new();
    plain.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    assert!(answer.ends_with("this port speaks TLS: write wss:// or https://\n"), "{answer}");
    server.wait_for(&["is refused: 400"]);
    client(&certificates, &server).close(None);
}

#[test]
fn a_breach_of_the_protocol_gets_its_close_frame_and_a_clean_end_of_tls() {
    let Some(certificates) = certificates() else { return };
    let server = serve(&certificates, guest("events"));
    let mut client = client(&certificates, &server);
    let stream = client.ws.get_mut();
    stream.write_all(&masked(0x83, b"")).unwrap();
    stream.write_all(&[0xff; 100_000]).unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"\x88\x10\x03\xeaprotocol error");
    // Still no reset: the server keeps reading for a while.
    stream.write_all(b"and more").unwrap();
}

#[test]
fn quiet_clients_are_pinged_dead_ones_end_and_the_hosts_end_is_told() {
    let Some(certificates) = certificates() else { return };
    let actor = guest("events").limit("ping", "\"50ms\"").limit("pong", "\"300ms\"");
    let server = serve(&certificates, actor);
    let mut quiet = client(&certificates, &server);
    for _ in 0..3 {
        assert_eq!(quiet.next(), Message::Ping(b"\0footlight".as_slice().into()));
    }
    let dead = client(&certificates, &server);
    // The quiet client keeps answering meanwhile.
    while server.count("events#2: actor: close 1006") == 0 {
        quiet.next();
    }
    drop(dead);
    server.signal("TERM");
    loop {
        if let Message::Close(Some(frame)) = quiet.next() {
            assert_eq!(u16::from(frame.code), 1001);
            break;
        }
    }
    quiet.expect_end();
}

#[test]
fn a_client_that_does_not_read_is_closed_with_1013_and_gets_what_was_sent_before_in_order() {
    let Some(certificates) = certificates() else { return };
    let server =
        serve(&certificates, guest("events").limit("outbox", 100_000).limit("answer", 200_000));
    let mut slow = client(&certificates, &server);
    while server.count("events#1: the client reads too slowly and is closed") == 0 {
        if slow.ws.send(Message::text("big:100000")).is_err() {
            break;
        }
    }
    loop {
        match slow.ws.read() {
            Ok(Message::Text(text)) => assert_eq!(text.len(), 100_000),
            Ok(Message::Close(Some(frame))) => {
                assert_eq!(u16::from(frame.code), 1013);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Asks for texts of 4,000 bytes, one after the other, until the host has handed this many to the
/// sockets, or until one waits. Returns how many it asked for, and how many the host handed over.
fn ask_until(
    certificates: &Certificates,
    server: &Server,
    client: &mut Client<TlsStream>,
    most: u64,
) -> (u64, u64) {
    let number = |name| metric(certificates, server, name);
    let before = number("sent_messages_total");
    let (mut asked, mut sent) = (0, 0);
    while asked < most && sent == asked {
        let few = (most - asked).min(16);
        for _ in 0..few {
            client.text("big:4000");
        }
        asked += few;
        // The host has sent all of them, or one waits and keeps waiting.
        let mut waits = 0;
        while sent < asked && waits < 5 {
            sent = number("sent_messages_total") - before;
            waits = if number("outbox_bytes") > 0 { waits + 1 } else { 0 };
        }
    }
    (asked, sent)
}

#[test]
fn what_tls_holds_back_while_a_client_does_not_read_is_sent_when_it_does() {
    let Some(certificates) = certificates() else { return };
    let server =
        serve(&certificates, guest("events").limit("outbox", 16_000_000).limit("ping", "\"1h\""));
    let slow = || {
        let socket = Raw::with_small_buffer(server.address("events")).socket;
        greeted(certificates.over(socket), &server)
    };
    let (_, taken) = ask_until(&certificates, &server, &mut slow(), u64::MAX);
    // A few fewer, so that the last text is one that TLS has taken but the socket has not.
    for texts in taken.saturating_sub(6)..taken {
        let mut client = slow();
        let (asked, _) = ask_until(&certificates, &server, &mut client, texts);
        for _ in 0..asked {
            assert_eq!(client.next().len(), 4000, "{texts} texts");
        }
    }
}
