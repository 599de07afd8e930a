//! Another module for an actor that runs: sockets and state stay, and a module that fails is given
//! back.

use super::{reload, until_reloaded, versions::Version};
use crate::support::{Server, get};

/// The value of a counter of the actor.
fn metric(server: &Server, name: &str) -> u64 {
    let text = get(server.address("actor"), "/metrics");
    let start = format!("footlight_{name}_total{{actor=\"actor\"}} ");
    let line = text.lines().find_map(|line| line.strip_prefix(&start)).expect("the counter");
    line.parse().unwrap()
}

#[test]
fn a_new_module_goes_on_with_the_sockets_and_the_state_of_the_old_one() {
    let server = Server::of(Version::new(1).actor());
    let mut client = server.client("actor");
    client.ask("a", "0");
    client.ask("+", "0+");
    reload(&server, &Version::new(2).actor());
    server.wait_for(&["actor: reloaded: module"]);
    until_reloaded(&server, 1);
    client.ask("a", "0+");
    server.wait_for(&["the new module has handled its first event"]);
    client.ask("+", "0++");
    assert_eq!(["reloads", "rollbacks"].map(|name| metric(&server, name)), [1, 0]);
}

#[test]
fn the_new_module_migrates_the_state_once() {
    let server = Server::of(Version::new(1).actor());
    let mut client = server.client("actor");
    client.ask("+", "0+");
    reload(&server, &Version::new(2).adds('m').actor());
    until_reloaded(&server, 1);
    for text in ["a", "b"] {
        client.ask(text, "0+m");
    }
    client.ask("+", "0+m+");
    // The same module again is no other one.
    reload(&server, &Version::new(2).adds('m').actor());
    until_reloaded(&server, 2);
    client.ask("a", "0+m+");
    assert_eq!(metric(&server, "reloads"), 1);
}

#[test]
fn a_module_that_fails_where_the_old_one_succeeds_is_given_back_with_its_migration() {
    for new in [Version::new(2).adds('m').traps("x"), Version::new(2).refuses()] {
        let server = Server::of(Version::new(1).actor());
        let mut client = server.client("actor");
        client.ask("+", "0+");
        reload(&server, &new.actor());
        until_reloaded(&server, 1);
        client.ask("x", "0+");
        let line = server.wait_for(&["ERROR actor#1: the new module is given back"]);
        let why = if new.refuses {
            "it returned an error: `migrate`: why"
        } else {
            "it trapped in ntwk:theater/websocket-server#handle-message: "
        };
        assert!(line.contains("(text), which the old one has handled"), "{line}");
        assert!(
            line.contains("the old one stays, with its state: ") && line.contains(why),
            "{line}"
        );
        client.ask("+", "0++");
        client.ask("x", "0++");
        assert_eq!(["rollbacks", "traps", "errors"].map(|name| metric(&server, name)), [1, 0, 0]);
        // It is offered again at the next reload, and stays if it works then.
        if !new.refuses {
            server.signal("HUP");
            until_reloaded(&server, 2);
            client.ask("a", "0++m");
        }
    }
}

#[test]
fn a_module_that_fails_where_the_old_one_fails_too_stays_and_migrates_at_the_next_event() {
    let server = Server::of(Version::new(1).traps("y").actor());
    let (mut client, mut other) = (server.client("actor"), server.client("actor"));
    client.ask("a", "0");
    other.ask("a", "0");
    reload(&server, &Version::new(2).adds('m').traps("y").actor());
    until_reloaded(&server, 1);
    client.text("y");
    client.expect_close(1011);
    other.ask("a", "0m");
    server.wait_for(&["the new module has handled its first event"]);
    assert_eq!(["rollbacks", "traps"].map(|name| metric(&server, name)), [0, 1]);
}

#[test]
fn a_module_that_replaces_one_before_its_first_event_is_tried_against_the_last_good_one() {
    let server = Server::of(Version::new(1).actor());
    let mut client = server.client("actor");
    client.ask("a", "0");
    for (number, times) in [(2, 1), (3, 2)] {
        reload(&server, &Version::new(number).adds('m').traps("x").actor());
        until_reloaded(&server, times);
    }
    client.ask("x", "0");
    client.ask("a", "0");
    assert_eq!(metric(&server, "rollbacks"), 1);
}

#[test]
fn the_fuel_of_a_migration_and_of_each_try_counts() {
    let server = Server::of(Version::new(1).actor());
    let mut client = server.client("actor");
    client.ask("a", "0");
    let before = metric(&server, "fuel");
    client.ask("a", "0");
    let each = metric(&server, "fuel") - before;
    assert!(each > 0);
    reload(&server, &Version::new(2).adds('m').traps("x").actor());
    until_reloaded(&server, 1);
    let before = metric(&server, "fuel");
    client.ask("x", "0");
    // The migration, a try that traps, and the event of the old module.
    let all = metric(&server, "fuel") - before;
    assert!(all > each, "{all} for all, {each} for an event");
}
