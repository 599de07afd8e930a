//! A client that this project did not write: Python's `websockets`.

use std::process::Command;

use crate::support::{Server, guest};

/// Whether Python has the module. Where the environment says that it must, it must.
fn available() -> bool {
    let found = Command::new("python3").args(["-c", "import websockets"]).output();
    let found = found.is_ok_and(|output| output.status.success());
    assert!(
        found || std::env::var_os("FOOTLIGHT_REQUIRE_CLIENTS").is_none(),
        "python3 has no module `websockets`: pip install websockets"
    );
    if !found {
        eprintln!("skipped: python3 has no module `websockets`");
    }
    found
}

#[test]
fn python_websockets_sees_messages_pings_and_closes_as_its_documentation_says() {
    if !available() {
        return;
    }
    let server = Server::of(guest("events"));
    let output = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/websockets_client.py"))
        .arg(server.url("events"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    // What the script closed with.
    server.wait_for(&["events#1: actor: close 3333 that is all"]);
}
