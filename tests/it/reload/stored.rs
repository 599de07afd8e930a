//! A state that another module has stored, in this run or in an earlier one.

use std::fs;

use super::{reload, until_reloaded, versions::Version};
use crate::durable::Device;

#[test]
fn a_state_that_another_module_has_stored_is_migrated_once_at_the_first_event_after_a_start() {
    let device = Device::new();
    let server = device.run(&Version::new(1).actor());
    let mut client = server.client("actor");
    client.ask("+", "0+");
    drop(client);
    server.stop();
    let new = Version::new(2).adds('m');
    for started in 0..2 {
        let server = device.run(&new.actor());
        let mut client = server.client("actor");
        client.ask("a", "0+m");
        client.ask("b", "0+m");
        let told = "another module has stored the state; it is migrated";
        if started == 0 {
            server.wait_for(&[told]);
        }
        let (_, log) = server.stop();
        assert_eq!(log.contains(told), started == 0);
    }
    // An older module is another one too.
    let server = device.run(&Version::new(1).adds('o').actor());
    server.client("actor").ask("a", "0+mo");
}

#[test]
fn what_a_reload_has_migrated_is_not_migrated_again_after_a_restart() {
    let device = Device::new();
    let server = device.run(&Version::new(1).actor());
    let mut client = server.client("actor");
    client.ask("+", "0+");
    reload(&server, &Version::new(2).adds('m').actor());
    until_reloaded(&server, 1);
    client.ask("a", "0+m");
    drop(client);
    server.stop();
    let server = device.run(&Version::new(2).adds('m').actor());
    server.client("actor").ask("a", "0+m");
}

#[test]
fn a_state_that_can_not_be_migrated_is_kept_for_the_module_that_has_stored_it() {
    let device = Device::new();
    let server = device.run(&Version::new(1).actor());
    server.client("actor").ask("+", "0+");
    server.stop();
    // Without a copy, the old module can't get the event.
    fs::remove_dir_all(device.folder().join("modules")).unwrap();
    let server = device.run(&Version::new(2).refuses().actor());
    let mut client = server.client("actor");
    client.text("+");
    server.wait_for(&["the module that has stored the state is not there"]);
    server.wait_for(&["returned an error for a text event, the state is kept: `migrate`: why"]);
    server.stop();
    let server = device.run(&Version::new(1).actor());
    server.client("actor").ask("a", "0+");
}

/// How many copies of modules are kept.
fn copies(device: &Device) -> usize {
    fs::read_dir(device.folder().join("modules")).unwrap().count()
}

#[test]
fn a_module_that_fails_after_a_restart_where_the_old_one_succeeds_is_given_back() {
    let new = || Version::new(2);
    for new in [new().adds('m').traps(" "), new().traps(" "), new().refuses()] {
        let device = Device::new();
        let server = device.run(&Version::new(1).actor());
        server.client("actor").ask("+", "0+");
        server.stop();
        for before in ["0+", "0++"] {
            // The file of the old one is gone.
            let server = device.run(&new.actor());
            let mut client = server.client("actor");
            client.ask("+", &format!("{before}+"));
            server.wait_for(&["the new module is given back", "the old one stays, with its state"]);
            drop(client);
            server.stop();
            assert_eq!(copies(&device), 2);
        }
        let server = device.run(&Version::new(3).adds('m').actor());
        server.client("actor").ask("a", "0+++m");
        server.stop();
    }
}

#[test]
fn after_a_restart_a_module_that_fails_where_the_old_one_fails_too_stays_and_migrates_at_the_next_event()
 {
    let device = Device::new();
    // Only the first state is stored.
    let server = device.run(&Version::new(1).traps(" ").actor());
    server.client("actor").expect_close(1011);
    server.stop();
    let server = device.run(&Version::new(2).adds('m').traps(" ").actor());
    server.client("actor").expect_close(1011);
    server.wait_for(&["trapped"]);
    // The `close` event has a text, the client's reason.
    server.wait_for(&["the new module has handled its first event"]);
    assert_eq!(server.count("is given back"), 0);
    server.stop();
    let server = device.run(&Version::new(3).actor());
    server.client("actor").ask("a", "0m");
    server.stop();
}

#[test]
fn a_copy_of_a_module_is_kept_only_until_another_ones_work_is_on_the_disk_in_its_place() {
    let device = Device::new();
    let server = device.run(&Version::new(1).actor());
    let mut client = server.client("actor");
    client.ask("+", "0+");
    assert_eq!(copies(&device), 1);
    for number in 2..5 {
        reload(&server, &Version::new(number).actor());
        until_reloaded(&server, usize::from(number) - 1);
        assert_eq!(copies(&device), 2);
        client.ask("+", &format!("0{}", "+".repeat(number.into())));
    }
    drop(client);
    server.stop();
    // One that has committed nothing is kept as long as it runs.
    let server = device.run(&Version::new(5).actor());
    server.client("actor").ask("a", "0++++");
    server.stop();
    assert_eq!(copies(&device), 2);
    let server = device.run(&Version::new(4).actor());
    assert_eq!(copies(&device), 1);
    server.stop();
}

#[test]
fn a_copy_that_was_changed_or_can_not_be_written_does_no_harm() {
    let device = Device::new();
    let modules = device.folder().join("modules");
    let server = device.run(&Version::new(1).actor());
    server.client("actor").ask("+", "0+");
    server.stop();
    // Another module under its name.
    let copy = fs::read_dir(&modules).unwrap().next().unwrap().unwrap().path();
    let other = tempfile::tempdir().unwrap();
    Version::new(9).actor().write(other.path());
    fs::copy(other.path().join("actor/actor.wasm"), copy).unwrap();
    let server = device.run(&Version::new(2).actor());
    server.wait_for(&["is not there for its successor's first event", "it is damaged"]);
    server.client("actor").ask("+", "0++");
    server.stop();
    fs::remove_dir_all(&modules).unwrap();
    fs::write(&modules, "").unwrap();
    let server = device.run(&Version::new(3).actor());
    server.wait_for(&["WARN", "actor: no copy of the module could be kept in "]);
    server.client("actor").ask("+", "0+++");
    server.stop();
}
