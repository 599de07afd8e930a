//! A disk that fails while the host runs. The test takes away the process's right to write to the end
//! of files, and gives it back.

use super::{Device, joined};
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
