//! Chromium, without a window, over its DevTools protocol: see `tests/clients/chromium.py`.
//!
//! `scripts/test-clients.sh` installs it. Without it these tests say so and pass, unless
//! `FOOTLIGHT_REQUIRE_BROWSER` is set.

use std::path::Path;

use crate::{
    clients::{SCRIPTS, available, python, talk, talk_until},
    support::{Actor, Server, example},
};

#[test]
fn a_page_in_chromium_sees_messages_and_why_it_was_closed() {
    let mut probe = python();
    probe.arg(format!("{SCRIPTS}/chromium.py"));
    if available("Chromium, or Python's websockets,", probe, "FOOTLIGHT_REQUIRE_BROWSER") {
        talk(python(), "browser_client.py");
    }
}

#[test]
fn a_person_talks_to_the_actor_from_the_console_page() {
    let mut probe = python();
    probe.arg(format!("{SCRIPTS}/chromium.py"));
    if available("Chromium, or Python's websockets,", probe, "FOOTLIGHT_REQUIRE_BROWSER") {
        talk_until(python(), "console_client.py", "close 4001");
    }
}

#[test]
fn people_chat_on_the_chat_rooms_page() {
    let mut probe = python();
    probe.arg(format!("{SCRIPTS}/chromium.py"));
    if !available("Chromium, or Python's websockets,", probe, "FOOTLIGHT_REQUIRE_BROWSER") {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/chat-room");
    let state = std::fs::read(folder.join("state.json")).unwrap();
    let page = format!("static = {:?}", folder.join("page"));
    let room = Actor::file("chat-room", example("chat-room")).init_state(&state).config(&page);
    let server = Server::of(room);
    let script = format!("{SCRIPTS}/chat_page_client.py");
    let output = python().arg(script).arg(server.url("chat-room")).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}
