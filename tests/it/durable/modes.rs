//! What each durability promises.

use super::{Device, counted, joined, kill, metric, stop};
use crate::support::{Actor, example, guest};

/// An actor with this durability.
fn with(durability: &str) -> Actor {
    guest("events").extra(&format!("[storage]\n{durability}\n"))
}

#[test]
fn a_relaxed_actor_loses_nothing_at_a_clean_stop_and_whole_events_at_the_end_in_a_kill() {
    let device = Device::new();
    let actor = with("durability = \"relaxed\"\ninterval = \"1h\"");
    let server = device.run(&actor);
    let (mut client, _) = joined(&server, "events");
    client.ask("state:3", "ok");
    stop(server);
    let server = device.run(&actor);
    // The close of the first client came before the stop.
    let (mut client, state) = joined(&server, "events");
    assert_eq!(state, "112");
    client.ask("state:4", "ok");
    kill(server);
    let server = device.run(&actor);
    assert_eq!(counted(&server, "events"), 112);
}

#[test]
fn a_relaxed_actor_syncs_once_for_many_events() {
    let device = Device::new();
    let server = device.run(&with("durability = \"relaxed\"\ninterval = \"1h\""));
    let (mut client, _) = joined(&server, "events");
    let syncs = || metric(&server, "events", "footlight_store_syncs_total");
    let before = syncs();
    for count in 2..100 {
        client.ask("count", &count.to_string());
    }
    // The first connection may have caused a reservation of numbers.
    assert!(syncs() <= before + 1, "{} after {before}", syncs());
}

#[test]
fn an_actor_without_durability_begins_anew() {
    let device = Device::new();
    let actor = with("durability = \"none\"");
    let server = device.run(&actor);
    joined(&server, "events").0.ask("count", "2");
    stop(server);
    let server = device.run(&actor);
    assert_eq!(counted(&server, "events"), 0);
}

#[test]
fn an_event_that_changes_nothing_writes_nothing() {
    let device = Device::new();
    let server = device.run(&Actor::file("echo", example("echo")));
    let mut client = server.client("echo");
    client.ask("one", "one");
    assert_eq!(metric(&server, "echo", "footlight_store_events_total"), 0);
    let written = || metric(&server, "echo", "footlight_store_written_bytes_total");
    let before = written();
    for _ in 0..100 {
        client.ask("text", "text");
    }
    drop(client);
    server.client("echo").ask("other", "other");
    assert_eq!(written(), before);
}

#[test]
fn messages_are_held_until_the_disk_has_their_record_and_arrive_in_order() {
    let device = Device::new();
    let server = device.run(&guest("events"));
    let (mut one, _) = joined(&server, "events");
    let (mut other, _) = joined(&server, "events");
    one.ask("do tag 1 room; tag 2 room", "done");
    one.expect("done");
    for number in 0..50 {
        one.text(&format!("do broadcast room - {number}"));
        other.expect(&number.to_string());
        one.expect_all(&[&number.to_string(), "to 2"]);
    }
}
