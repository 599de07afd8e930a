//! How `/metrics` and the last line of the log count an actor's requests.

use std::{io::Read as _, net::SocketAddr};

use super::{joined, make, several};
use crate::support::{Raw, SHAPES, Server, guest};

/// A counter, by its name without `footlight_` and `_total`.
fn counter(address: SocketAddr, name: &str) -> u64 {
    let mut raw = Raw::connect(address);
    raw.send(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let mut text = String::new();
    raw.socket.read_to_string(&mut text).unwrap();
    let start = format!("footlight_{name}_total{{");
    let line = text.lines().find(|line| line.starts_with(&start)).unwrap();
    line.rsplit_once(' ').unwrap().1.parse().unwrap()
}

#[test]
fn refusals_alarms_and_messages_are_counted() {
    let actors = SHAPES.map(|shape| guest(shape).limit("outbox", 1000).limit("effects", 10_000));
    let server = Server::start(&actors);
    for shape in SHAPES {
        let [mut one, mut two] = several(&server, shape);
        let count = |name| counter(server.address(shape), name);
        assert_eq!((count("answers"), count("refused_effects"), count("alarms")), (2, 0, 0));
        make(&mut one, "send 2 a; broadcast - 1 b", &["sent 1", "to 1"]);
        two.expect_all(&["a", "b"]);
        assert_eq!(count("answers"), 2 + 2 + 2);
        make(
            &mut one,
            "send 9 x; tag 1 ; close 2 1006; send-big 2 10000; send-big 2 900; send-big 2 200; \
             broadcast-big - - 10000; write-big file 10000",
            &["gone", "invalid", "invalid", "limit", "sent 900", "full 900", "limit", "limit"],
        );
        assert_eq!(count("refused_effects"), 7);
        assert_eq!(count("answers"), 6 + 1 + 8);
        make(&mut one, "tag 1 alarm; alarm 0", &["done", "done"]);
        one.expect("alarm");
        assert_eq!((count("alarms"), count("traps")), (1, 0));
        // Reads and writes that succeed, and some that fail.
        make(&mut one, "write file x; read gone", &["done", "not-found"]);
        make(&mut one, "write-big file 65537", &["too-large"]);
        make(&mut one, "read file", &["content x"]);
        let files = (count("file_writes"), count("file_reads"), count("file_failures"));
        assert_eq!(files, (1, 1, 2));
    }
    let (_, log) = server.stop();
    assert_eq!(log.matches("7 wishes of the actor refused").count(), SHAPES.len(), "{log}");
}

#[test]
fn messages_for_a_connection_that_has_ended_are_counted_as_undelivered() {
    let server = Server::of(guest("events"));
    let mut one = joined(&server, "events");
    let two = joined(&server, "events");
    // The second client's `close` event waits while the first client's call computes. That call then
    // sends to a client that is gone.
    one.text("do log; repeat 100 random 65536; send 2 late; broadcast - 1 late");
    server.wait_for(&["actor: a line from"]);
    two.vanish();
    one.expect_all(&["logged", "random 65536"]);
    // It depends on the sockets whether the host already knows of the other one's end.
    let sent = one.next();
    assert!(matches!(sent.to_text().unwrap(), "sent 4" | "gone"), "{sent}");
    let gone = u32::from(sent.to_text().unwrap() == "gone");
    one.expect("to 1");
    server.wait_for(&["events#2: actor: close 1006"]);
    let (_, log) = server.stop();
    assert!(log.contains(&format!("{} messages undelivered", 2 - gone)), "{log}");
}
