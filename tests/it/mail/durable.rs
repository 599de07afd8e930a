//! Messages that outlast the process.

use std::{thread, time::Duration};

use super::{answer, ready, seen, typed};
use crate::{
    durable::Device,
    support::{Server, emulated},
};

/// Kills the process, as if the power had gone for it alone.
fn kill(mut server: Server) {
    server.signal("KILL");
    server.wait();
}

/// What these messages leave as the state of their receiver.
fn all(number: usize) -> String {
    (0..number).map(|index| format!("m{index} ")).collect()
}

#[test]
fn what_was_sent_comes_after_a_kill_in_its_order() {
    let device = Device::new();
    let one = || typed("one", &["other"]);
    // Its receiver never gets to them.
    let busy = typed("other", &[]).limit("time", "\"24h\"");
    let server = device.start(&[one(), busy]);
    let mut other = ready(&server, "other");
    other.text("spin 4000000000");
    assert_eq!(answer(&mut ready(&server, "one"), "burst 20 other m"), "20 ");
    kill(server);
    // It waits for a receiver that is not there.
    let server = device.start(&[one()]);
    assert_eq!(answer(&mut ready(&server, "one"), "seen"), "");
    kill(server);
    let server = device.start(&[one(), typed("other", &[])]);
    seen(&mut ready(&server, "other"), &all(20));
    // Nothing comes twice after a clean stop.
    seen(&mut ready(&server, "one"), "");
    wait_until_done(&server, 20);
    assert!(server.stop().0.success());
    let server = device.start(&[one(), typed("other", &[])]);
    assert_eq!(answer(&mut ready(&server, "other"), "seen"), all(20));
    assert_eq!(answer(&mut ready(&server, "one"), "send other last"), "sent");
    seen(&mut ready(&server, "other"), &(all(20) + "last "));
}

/// Waits until an actor has been told that so many messages are handled.
fn wait_until_done(server: &Server, number: usize) {
    let line = format!("footlight_messages_delivered_total{{actor=\"one\"}} {number}");
    while !crate::support::get(server.address("one"), "/metrics").contains(&line) {
        thread::yield_now();
    }
}

#[test]
fn every_message_that_a_client_was_told_of_comes_after_every_kill() {
    let device = Device::new();
    let mut next = 0;
    let rounds = if emulated() { 2 } else { 8 };
    let actors = || {
        let one = typed("one", &["other"]).limit("sends", 10_000).limit("sent", 1 << 20);
        [one, typed("other", &[])]
    };
    for round in 0..rounds {
        let server = device.start(&actors());
        let mut one = ready(&server, "one");
        for _ in 0..20 {
            assert_eq!(answer(&mut one, &format!("send other {next}")), "sent");
            next += 1;
        }
        // The kills come at different points of the work.
        thread::sleep(Duration::from_micros(round * 7919 % 20_000));
        kill(server);
    }
    let server = device.start(&actors());
    assert_eq!(answer(&mut ready(&server, "one"), "send other end"), "sent");
    let mut other = ready(&server, "other");
    let seen = loop {
        let seen = answer(&mut other, "seen");
        if seen.ends_with("end ") {
            break seen;
        }
        thread::yield_now();
    };
    let mut expected = 0;
    for number in seen.split_whitespace().filter_map(|word| word.parse::<u64>().ok()) {
        assert!(number <= expected, "{number} comes where {expected} is missing: {seen}");
        expected = expected.max(number + 1);
    }
    assert_eq!(expected, next, "{seen}");
}
