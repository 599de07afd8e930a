//! A disk that fails while the host runs. The test takes away the process's right to write to the end
//! of files, and gives it back.

use super::{Device, joined};
use crate::notes::Person;
use crate::support::{Server, eventually, get, guest};

/// Starts a guest whose files can be made to fail.
fn failing(device: &Device) -> Server {
    device.run(&guest("events"))
}

#[test]
fn after_a_failed_record_the_actor_is_back_at_what_its_clients_were_told() {
    let device = Device::new();
    let server = failing(&device);
    let (mut client, _) = joined(&server, "events");
    client.ask("count", "2");
    server.limit_file_size(Some(0));
    client.text("count");
    assert_eq!(client.expect_close(1011), "the state could not be stored");
    server.wait_for(&["goes back to what is stored"]);
    let is_healthy = || get(server.address("events"), "/healthz").starts_with("HTTP/1.1 200 ");
    assert!(!is_healthy());
    server.limit_file_size(None);
    eventually("the host to store again", is_healthy);
    // The close event was handled afterwards.
    let (mut client, state) = joined(&server, "events");
    assert_eq!(state, "3");
    client.ask("count", "5");
}

#[test]
fn an_event_that_stores_nothing_is_answered_after_a_failed_record() {
    let device = Device::new();
    let server = device.run(&crate::notes::actor());
    let (mut ann, _) = Person::join(&server);
    ann.add("first");
    server.limit_file_size(Some(0));
    ann.say("add second");
    server.wait_for(&["goes back to what is stored"]);
    server.limit_file_size(None);
    server.wait_for(&["goes on: the store can store again"]);
    // The list that a client gets at first changes nothing. It must not wait for the record that failed.
    let (mut bob, first) = Person::join(&server);
    assert_eq!(first["notes"].as_array().unwrap().len(), 1);
    bob.add("third");
}

#[test]
fn files_that_somebody_removes_are_missed_at_the_next_record() {
    let device = Device::new();
    let server = failing(&device);
    let (mut client, _) = joined(&server, "events");
    for name in ["log-a", "log-b"] {
        std::fs::remove_file(device.folder().join("store").join(name)).unwrap();
    }
    client.text("count");
    client.expect_close(1011);
    server.wait_for(&["somebody has removed the file"]);
    assert!(get(server.address("events"), "/healthz").starts_with("HTTP/1.1 503 "));
}
