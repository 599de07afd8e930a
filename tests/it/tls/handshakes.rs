//! TLS handshakes: slow, broken, and many at once.

use std::{
    io::{Read as _, Write as _},
    net::Shutdown,
    sync::Arc,
};

use futures_rustls::rustls::{ClientConnection, StreamOwned, version};

use super::*;
use crate::support::{REQUEST, Raw, guest};

#[test]
fn a_tls_handshake_that_stalls_ends_at_the_deadline_and_is_counted() {
    let Some(certificates) = certificates() else { return };
    let server = serve(&certificates, guest("events").limit("handshake", "\"200ms\""));
    // Nothing at all; half a record; a record with half a message.
    for bytes in
        [&b""[..], b"\x16\x03\x01\x02\x00\x01", b"\x16\x03\x01\x00\x06\x01\x00\x01\x00\x03\x03"]
    {
        let mut socket = Raw::connect(server.address("events"));
        socket.send(bytes);
        let mut rest = Vec::new();
        // A reset is also an end: the host had unread bytes.
        let _ = socket.socket.read_to_end(&mut rest);
        assert!(rest.is_empty(), "{}", rest.escape_ascii());
    }
    let refused = "refused_requests_total{actor=\"events\",status=\"408\"}";
    assert_eq!(metric(&certificates, &server, refused), 3, "{}", server.log());
    // After the TLS handshake the host can answer the same.
    let mut stream = certificates.connect(server.address("events"));
    stream.write_all(b"GET /ws HTT").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[test]
fn a_tls_handshake_is_one_of_the_requests_in_progress() {
    let Some(certificates) = certificates() else { return };
    let actor = guest("events").limit("requests", 2).limit("handshake", "\"1h\"");
    let server = serve(&certificates, actor);
    let mut first = Raw::connect(server.address("events"));
    first.send(b"\x16\x03\x01");
    let _others = [(); 2].map(|()| {
        let mut socket = Raw::connect(server.address("events"));
        socket.send(b"\x16\x03\x01");
        socket
    });
    assert_eq!(first.socket.read(&mut [0]).unwrap_or(0), 0);
    server.wait_for(&["is refused: 503"]);
    client(&certificates, &server).close(None);
}

#[test]
fn what_is_no_tls_after_a_handshake_and_half_a_record_before_a_reset_end_one_client_only() {
    let Some(certificates) = certificates() else { return };
    let server = serve(&certificates, guest("events"));
    let mut other = client(&certificates, &server);
    // Half a record, then a reset.
    let broken = client(&certificates, &server);
    let mut below = Raw::of(broken.ws.get_ref().sock.try_clone().unwrap());
    below.send(b"\x17\x03\x03\x40\x00half");
    drop(broken);
    below.reset();
    server.wait_for(&["events#2: actor: close 1006"]);
    // A record that the client did not encrypt.
    let broken = client(&certificates, &server);
    let mut below = Raw::of(broken.ws.get_ref().sock.try_clone().unwrap());
    below.send(&[&b"\x17\x03\x03\x00\x20"[..], &[b'x'; 32]].concat());
    server.wait_for(&["events#3: actor: close 1006"]);
    // The end of the stream without TLS's own end.
    let broken = client(&certificates, &server);
    broken.ws.get_ref().sock.shutdown(Shutdown::Write).unwrap();
    server.wait_for(&["events#4: actor: close 1006"]);
    other.ask("hello", "hello");
    let (_, log) = server.stop();
    assert!(!log.contains("panic"), "{log}");
}

#[test]
fn a_thousand_clients_with_tls_that_come_at_once_get_in() {
    let Some(certificates) = certificates() else { return };
    // A busy machine may take long for all of them.
    let server = serve(&certificates, guest("events").limit("handshake", "\"10m\""));
    let address = server.address("events");
    let config = Arc::new(certificates.client(&[&version::TLS13]));
    footlight::fd_limit::raise();
    let hello = |_| {
        let connection = ClientConnection::new(config.clone(), address.ip().into()).unwrap();
        let mut stream = StreamOwned::new(connection, Raw::connect(address).socket);
        stream.conn.write_tls(&mut stream.sock).unwrap();
        stream
    };
    let mut clients: Vec<_> = (0..1000).map(hello).collect();
    clients.iter_mut().for_each(|client| client.write_all(REQUEST).unwrap());
    for client in &mut clients {
        let mut start = [0; 12];
        client.read_exact(&mut start).unwrap();
        assert_eq!(start, *b"HTTP/1.1 101");
    }
}

#[test]
fn clients_that_drip_their_tls_handshake_make_room_for_others() {
    let Some(certificates) = certificates() else { return };
    let server = serve(&certificates, guest("events").limit("handshake", "\"1h\""));
    // The first bytes of a handshake's record that never becomes complete.
    let mut dripping: Vec<_> = (0..64).map(|_| Raw::connect(server.address("events"))).collect();
    let drip = |clients: &mut [Raw], bytes: &[u8]| {
        // The host ends the connections that have lost their place, without an answer.
        clients.iter_mut().for_each(|client| drop(client.socket.write_all(bytes)));
    };
    drip(&mut dripping, &[22, 3, 1, 2, 0]);
    std::thread::scope(|scope| {
        let honest = scope.spawn(|| drop(client(&certificates, &server)));
        while !honest.is_finished() {
            drip(&mut dripping, &[1]);
            // The pause is what makes these clients slow.
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        honest.join().unwrap();
    });
    server.wait_for(&["events: ", "is refused: 503"]);
}
