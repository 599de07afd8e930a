//! Brokers that break the protocol, flood the host or do nothing. They run in the test's process.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use super::{ask, guest, joined};
use crate::support::{Server, emulated, eventually};

/// How many packets a flood has.
const FLOOD: u64 = 20_000;
/// How much memory the host may take for all of them, in bytes. Each has limits of about 64 KiB and of 16
/// messages of 64 KiB.
const MEMORY: u64 = 24 << 20;

/// CONNACK of MQTT 5: accepted, a new session, no properties.
const CONNACK: &[u8] = &[0x20, 3, 0, 0, 0];

/// What a broker does with each connection, until it is over.
type Deed = fn(&mut TcpStream) -> std::io::Result<()>;

/// The brokers, and what the log says of the first connection, if it ends.
const DEEDS: [(&str, Deed, Option<&str>); 10] = [
    ("garbage", |socket| socket.write_all(&[0xff; 4096]), Some("")),
    ("closes", |_| Ok(()), Some("ended without a reason")),
    ("endless", endless, Some("")),
    (
        "silent",
        |socket| {
            socket.write_all(CONNACK)?;
            read_all(socket)
        },
        None,
    ),
    ("mute", read_all, None),
    (
        "flood",
        |socket| {
            socket.write_all(CONNACK)?;
            (0..FLOOD).try_for_each(|_| socket.write_all(&publish(0, 0)))?;
            read_all(socket)
        },
        None,
    ),
    (
        "flood-1",
        |socket| {
            socket.write_all(CONNACK)?;
            // All have other identifiers, and nobody waits for acknowledgements.
            (1..=20_000).try_for_each(|id| socket.write_all(&publish(1, id)))
        },
        None,
    ),
    (
        "again",
        |socket| {
            socket.write_all(CONNACK)?;
            (0..FLOOD).try_for_each(|_| socket.write_all(&publish(1, 1)))?;
            read_all(socket)
        },
        None,
    ),
    (
        "pubacks",
        |socket| {
            socket.write_all(CONNACK)?;
            socket.write_all(&[0x40, 2, 0, 9])?;
            read_all(socket)
        },
        Some("no publication waits for it"),
    ),
    (
        "slow",
        |socket| {
            for byte in CONNACK.iter().chain(&publish(0, 0)) {
                socket.write_all(&[*byte])?;
                thread::sleep(Duration::from_millis(50));
            }
            read_all(socket)
        },
        None,
    ),
];

/// Reads until the host closes the connection.
fn read_all(socket: &mut TcpStream) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    while socket.read(&mut buffer)? > 0 {}
    Ok(())
}

/// A packet that never ends.
fn endless(socket: &mut TcpStream) -> std::io::Result<()> {
    socket.write_all(CONNACK)?;
    // 200 MB in a PUBLISH.
    socket.write_all(&[0x30, 0x80, 0x80, 0x80, 0x60])?;
    (0..FLOOD).try_for_each(|_| socket.write_all(&[b'a'; 4096]))
}

/// A PUBLISH of 1 KB to the topic `a`.
fn publish(qos: u8, id: u16) -> Vec<u8> {
    let mut body = vec![0, 1, b'a'];
    if qos > 0 {
        body.extend(id.to_be_bytes());
    }
    // No properties.
    body.push(0);
    body.resize(1024, b'x');
    let mut packet = vec![0x30 | qos << 1, 0x80, 8];
    packet.extend(body);
    packet
}

/// A broker that does this with each connection. Counts those that are over.
fn broker(deed: Deed) -> (SocketAddr, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let over = Arc::new(AtomicU64::new(0));
    let count = over.clone();
    thread::spawn(move || {
        for mut socket in listener.incoming().map_while(Result::ok) {
            let count = count.clone();
            thread::spawn(move || {
                let mut connect = [0; 16];
                if socket.read_exact(&mut connect).is_ok() {
                    let _ = deed(&mut socket);
                }
                count.fetch_add(1, SeqCst);
            });
        }
    });
    (address, over)
}

#[test]
fn hostile_brokers_hurt_neither_the_host_nor_its_clients_nor_its_memory() {
    let brokers: Vec<_> =
        DEEDS.iter().map(|(name, deed, says)| (name, broker(*deed), says)).collect();
    let handlers = brokers.iter().map(|(name, (address, _), _)| {
        let config = format!(
            "name = \"{name}\", version = \"5\", subscribe = [{{ topic = \"a\", qos = 1 }}]"
        );
        super::at(*address, &config)
    });
    let server = Server::of(guest().extra(&handlers.collect::<String>()));
    let mut ws = server.client("broker");
    ws.expect("ready");
    let before = server.memory();
    for (name, (_, over), says) in &brokers {
        match says {
            Some(says) => {
                // Again and again, and few lines in the log.
                eventually("over", || over.load(SeqCst) >= 5);
                server.wait_for(&[&format!("the connection with the broker {name} at"), says]);
            }
            None => eventually("there", || {
                let status = ask(&mut joined(&server), &format!("status {name}"));
                status == "up" || **name == "mute"
            }),
        }
    }
    // The floods have gone on meanwhile, and those who talk with the actor have their answers.
    for _ in 0..20 {
        assert_eq!(ask(&mut joined(&server), "hello"), "hello");
    }
    if !emulated() {
        let peak = server.peak_memory();
        assert!(peak < before + MEMORY, "{before} {peak}");
    }
    for (name, ..) in &brokers {
        let lines = server.count(&format!("the connection with the broker {name} at"));
        assert!(lines < 40, "{name}: {lines}");
    }
    let (status, log) = server.stop();
    assert!(status.success() && !log.contains("panicked"), "{log}");
}
