//! Connections across runs of the host: their numbers, and the `close` events that are missing.

use super::{Device, joined, kill, stop};
use crate::support::{Client, guest};

/// The client's own number.
fn number(client: &mut Client) -> u64 {
    client.text("do sender");
    let answer = client.next();
    answer.to_text().unwrap().strip_prefix("sender ").unwrap().parse().unwrap()
}

#[test]
fn a_connections_number_is_never_used_again() {
    let device = Device::new();
    let mut last = 0;
    for end in [stop, kill, kill, stop] {
        let server = device.run(&guest("events"));
        for _ in 0..3 {
            let next = number(&mut joined(&server, "events").0);
            assert!(next > last && next < 1 << 53, "{next} after {last}");
            last = next;
        }
        end(server);
    }
}

#[test]
fn an_actor_first_gets_the_close_events_that_it_missed() {
    let device = Device::new();
    let server = device.run(&guest("events"));
    let mut clients: Vec<_> = (0..3).map(|_| joined(&server, "events").0).collect();
    let numbers: Vec<_> = clients.iter_mut().map(number).collect();
    kill(server);
    let server = device.run(&guest("events"));
    // Three `connect` and three texts, three `close`.
    let (_client, state) = joined(&server, "events");
    assert_eq!(state, "9");
    for number in numbers {
        server.wait_for(&[&format!("events#{number}"), "close 1006 none"]);
    }
    stop(server);
    let server = device.run(&guest("events"));
    // This client stays, because its own end would be a 1006 too.
    let (_client, state) = joined(&server, "events");
    assert_eq!(state, "11");
    assert_eq!(server.count("close 1006"), 0);
}

#[test]
fn a_connection_whose_close_was_handled_gets_none_again() {
    let device = Device::new();
    let server = device.run(&guest("events"));
    drop(joined(&server, "events"));
    server.wait_for(&["close 1006 none"]);
    let (mut client, _) = joined(&server, "events");
    client.ask("count", "4");
    kill(server);
    let server = device.run(&guest("events"));
    let (_client, state) = joined(&server, "events");
    assert_eq!(state, "5");
    server.wait_for(&["close 1006 none"]);
    assert_eq!(server.count("close 1006 none"), 1);
}
