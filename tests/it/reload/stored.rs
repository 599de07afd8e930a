//! A state that another module has stored, in this run or in an earlier one.

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
        let told = server.count("another module has stored the state; it is migrated");
        assert_eq!(told, usize::from(started == 0));
        server.stop();
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
    let server = device.run(&Version::new(2).refuses().actor());
    let mut client = server.client("actor");
    client.text("+");
    server.wait_for(&["returned an error for a text event, the state is kept: `migrate`: why"]);
    server.stop();
    let server = device.run(&Version::new(1).actor());
    server.client("actor").ask("a", "0+");
}
