//! Faults around the host: killed clients, no more descriptors, a full disk. Every `connect` still
//! has its `close`, nothing leaks, and nothing panics.
//!
//! The guest's state counts its events, so the last client learns how many there were.

use crate::support::{Actor, REQUEST, Raw, Server, eventually, guest, masked};

/// How many clients are killed at each stage.
const CLIENTS: usize = 5;

/// The guest, with limits that allow many waiting answers and drop no line of the log.
fn events() -> Actor {
    guest("events").limit("outbox", 64 << 20).limit("log_rate", 1_000_000)
}

/// Waits until as many descriptors are open as before. One more client connects first, so that the
/// host has accepted all clients before it. The host closes a connection's descriptor after its
/// `close` event, so the guest has then had all of these events.
fn settled(server: &Server, descriptors: usize) {
    server.client("events").close(None);
    eventually("are the descriptors closed", || server.descriptors() == descriptors);
}

/// Checks that the guest had a `connect` and a `close` for every connection, and the expected number
/// of other events. Checks that the server ends well.
fn balanced(server: Server, connections: usize, others: usize) {
    server.client("events").expect(&format!("state:{}", 2 * connections + others));
    let (status, log) = server.stop();
    assert!(status.success() && !log.contains("panicked"), "{log}");
}

/// Kills clients at a stage of their lives. `reach` brings each client there, and sends this many
/// messages.
fn killed(messages: usize, reach: impl Fn(&Server, usize) -> Raw) {
    let server = Server::of(events());
    let descriptors = server.descriptors();
    for number in 1..=CLIENTS {
        reach(&server, number).reset();
    }
    settled(&server, descriptors);
    let state = server.client("events").next().to_text().unwrap().to_owned();
    let (status, log) = server.stop();
    assert!(status.success() && !log.contains("panicked"), "{log}");
    // Count when the log is complete, because the host writes it a little later. The last client is
    // the one that asked for the state.
    let connections = log.matches("connected from").count();
    assert_eq!(log.matches("actor: close").count(), connections, "{log}");
    assert_eq!(log.matches(": closed: ").count(), connections, "{log}");
    assert_eq!(state, format!("state:{}", 2 * (connections - 1) + CLIENTS * messages), "{log}");
}

/// A client that sends these bytes instead of a handshake, and reads nothing.
fn stranger(bytes: &'static [u8]) -> impl Fn(&Server, usize) -> Raw {
    move |server, _| {
        let mut client = Raw::connect(server.address("events"));
        client.send(bytes);
        client
    }
}

/// A client that sends these bytes after its handshake, and reads nothing.
fn client(bytes: &'static [u8]) -> impl Fn(&Server, usize) -> Raw {
    move |server, _| {
        let mut client = Raw::connect(server.address("events")).upgraded();
        client.send(bytes);
        client
    }
}

#[test]
fn clients_may_be_killed_during_the_handshake() {
    killed(0, stranger(b""));
    killed(0, stranger(&REQUEST[..60]));
    // The host refuses these, and is writing its answer or reading the rest.
    killed(0, stranger(b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    // Some have become connections by then.
    killed(0, stranger(REQUEST));
}

#[test]
fn clients_may_be_killed_in_the_middle_of_a_message() {
    killed(0, client(b""));
    // Half of a frame's head, half of its payload, the first of two fragments.
    killed(0, client(b"\x81\xfe\x01"));
    killed(0, client(b"\x81\x85\0\0\0\0he"));
    killed(0, client(b"\x01\x82\0\0\0\0he"));
}

#[test]
fn clients_may_be_killed_while_their_answers_are_written() {
    /// More bytes than the buffers of both kernels hold.
    const ANSWERS: usize = 60;
    killed(ANSWERS + 1, |server, number| {
        let mut client = Raw::with_small_buffer(server.address("events")).upgraded();
        for _ in 0..ANSWERS {
            client.text("big:200000");
        }
        // All answers are queued when the log has this line.
        client.text("log");
        server.wait_for(&[&format!("events#{number}: actor: a line from guide")]);
        client
    });
}

#[test]
fn clients_may_be_killed_while_their_connections_close() {
    // After a close frame of the client's, of the actor's, and of the host's.
    killed(0, client(b"\x88\x80\0\0\0\0"));
    killed(1, |server, _| {
        let mut client = Raw::connect(server.address("events")).upgraded();
        client.text("close");
        assert_eq!(client.frame(), (0x88, b"\x0f\xa1bye".into()));
        client
    });
    killed(0, client(b"\x83\x80\0\0\0\0"));
    killed(0, |server, _| {
        let mut client = Raw::connect(server.address("events")).upgraded();
        client.send(b"\x83\x80\0\0\0\0");
        assert_eq!(client.frame(), (0x88, b"\x03\xeaprotocol error".into()));
        client.send(b"and on");
        client
    });
}

#[test]
fn without_descriptors_clients_wait_and_are_served_when_others_have_gone() {
    const CLIENTS: usize = 40;
    let server = Server::of(events());
    let descriptors = server.descriptors();
    let mut first = server.client("events");
    first.expect("state:0");
    // Fewer descriptors than the host had planned for: enough for some of the clients.
    server.limit_descriptors(descriptors + 10);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let mut client = Raw::connect(server.address("events"));
            client.send(REQUEST);
            client
        })
        .collect();
    server.wait_for(&["events: a connection could not be accepted"]);
    // The host serves the clients that got in.
    first.ask("hello", "hello");
    // Each client that leaves makes room for another.
    for mut client in clients {
        assert!(client.read(12).starts_with(b"HTTP/1.1 101"));
        client.send(&masked(0x88, b""));
        client.socket.shutdown(std::net::Shutdown::Write).unwrap();
    }
    first.ask("hello", "hello");
    first.close(None);
    settled(&server, descriptors);
    balanced(server, CLIENTS + 2, 2);
}

#[test]
fn a_full_disk_under_the_log_loses_lines_and_nothing_else() {
    const CLIENTS: usize = 20;
    let logging = "[logging]\nlevel = \"debug\"\noutput = \"file\"\nfile_path = \"/dev/full\"\n";
    let server = Server::start_with(&[], &[events().extra(logging)]);
    let descriptors = server.descriptors();
    for number in 0..CLIENTS {
        let mut client = server.client("events");
        assert!(client.next().is_text());
        client.ask("log", "logged");
        match number % 2 {
            0 => client.close(None),
            _ => drop(client),
        }
    }
    settled(&server, descriptors);
    server.wait_for(&["cannot write the log to /dev/full", "No space left on device"]);
    assert_eq!(server.count("cannot write the log"), 1, "{}", server.log());
    balanced(server, CLIENTS + 1, CLIENTS);
}
