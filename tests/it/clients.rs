//! Other projects' clients: Python's `websockets`, `aiohttp` and `wsproto`, npm's `ws`, and
//! `websocat`.
//!
//! `scripts/test-clients.sh` installs them. A test whose client is missing says so and passes,
//! unless `FOOTLIGHT_REQUIRE_CLIENTS` is set.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::{Server, guest};

/// The folder of the clients' scripts.
pub const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients");
/// The variable that says that the clients must be there.
pub const REQUIRED: &str = "FOOTLIGHT_REQUIRE_CLIENTS";
/// Where `scripts/test-clients.sh` installs clients.
const INSTALLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/clients");

/// A program: the one that was installed for these tests, or the system's.
fn program(installed: &str, name: &str) -> PathBuf {
    let installed = Path::new(INSTALLED).join(installed);
    if installed.exists() { installed } else { name.into() }
}

pub fn python() -> Command {
    Command::new(program("venv/bin/python3", "python3"))
}

pub fn node() -> Command {
    let mut node = Command::new("node");
    // Debian's package is in the second.
    node.env("NODE_PATH", format!("{INSTALLED}/node_modules:/usr/share/nodejs"));
    node
}

/// Whether a client is installed: a command without effect must succeed. If the environment
/// variable is set, the client must be installed.
pub fn available(client: &str, mut probe: Command, required: &str) -> bool {
    let found = probe.output().is_ok_and(|output| output.status.success());
    assert!(
        found || std::env::var_os(required).is_none(),
        "{client} is not there: run scripts/test-clients.sh"
    );
    if !found {
        eprintln!("skipped: {client} is not there; scripts/test-clients.sh installs it");
    }
    found
}

/// Lets a client's script talk to the guest `events`. The script checks the answers. Its first
/// connection must end with the close frame 3333, `that is all`.
pub fn talk(command: Command, script: &str) {
    talk_until(command, script, "close 3333 that is all");
}

/// The same, for a first connection that ends otherwise.
pub fn talk_until(command: Command, script: &str, end: &str) {
    talk_with(Server::of(guest("events")), command, script, end);
}

/// The same, with a server that has been started.
pub fn talk_with(server: Server, mut command: Command, script: &str, end: &str) {
    let output = command.arg(format!("{SCRIPTS}/{script}")).arg(server.url("events")).output();
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    server.wait_for(&[&format!("events#1: actor: {end}")]);
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
}

/// The same for a Python module.
fn talk_in_python(module: &str) {
    talk_in_python_by(module, &format!("{module}_client.py"));
}

/// The same, with a script of another name.
fn talk_in_python_by(module: &str, script: &str) {
    let mut probe = python();
    probe.args(["-c", &format!("import {module}")]);
    if available(&format!("Python's {module}"), probe, REQUIRED) {
        talk(python(), script);
    }
}

#[test]
fn python_websockets_sees_messages_pings_and_closes_as_its_documentation_says() {
    talk_in_python("websockets");
}

#[test]
fn python_websockets_gets_answers_and_broadcasts_of_every_kind_of_length() {
    talk_in_python_by("websockets", "websockets_lengths_client.py");
}

#[test]
fn python_aiohttp_sees_messages_pings_and_closes_as_its_documentation_says() {
    talk_in_python("aiohttp");
}

#[test]
fn python_wsproto_sees_the_frames_that_the_protocol_asks_for() {
    talk_in_python("wsproto");
}

#[test]
fn npm_ws_sees_messages_pings_and_closes_as_its_documentation_says() {
    let mut probe = node();
    probe.args(["-e", "require('ws')"]);
    if available("npm's ws", probe, REQUIRED) {
        talk(node(), "ws_client.js");
    }
}

#[test]
fn websocat_sees_messages_and_closes_as_its_documentation_says() {
    let websocat = program("bin/websocat", "websocat");
    let mut probe = Command::new(&websocat);
    probe.arg("--version");
    if available("websocat", probe, REQUIRED) {
        let mut bash = Command::new("bash");
        bash.env("WEBSOCAT", websocat);
        talk(bash, "websocat_client.sh");
    }
}
