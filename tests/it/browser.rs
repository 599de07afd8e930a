//! Chromium, without a window, over its DevTools protocol: see `tests/clients/chromium.py`.
//!
//! `scripts/test-clients.sh` installs it. Without it these tests say so and pass, unless
//! `FOOTLIGHT_REQUIRE_BROWSER` is set.

use std::path::{Path, PathBuf};

use crate::{
    clients::{SCRIPTS, available, python, talk, talk_until},
    guestbook,
    support::{Actor, Server, example, guest},
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
fn a_person_inspects_the_actor_at_the_url_that_the_host_prints() {
    let mut probe = python();
    probe.arg(format!("{SCRIPTS}/chromium.py"));
    if available("Chromium, or Python's websockets,", probe, "FOOTLIGHT_REQUIRE_BROWSER") {
        let server = Server::of(guest("events").config("console = \"inspect\""));
        let line = server.greeting.iter().find(|line| line.contains("?inspect=")).unwrap();
        let url = line.split(' ').nth(1).unwrap();
        look(url, "inspector_client.py", &[]);
    }
}

#[test]
fn people_chat_on_the_chat_rooms_page() {
    let state = std::fs::read(folder("chat-room").join("state.json")).unwrap();
    browse(page("chat-room").init_state(&state), "chat_page_client.py", &[]);
}

#[test]
fn people_meet_on_the_rooms_page() {
    browse(page("rooms"), "rooms_page_client.py", &[]);
}

#[test]
fn people_share_a_list_on_the_notes_page() {
    browse(page("notes"), "notes_page_client.py", &[]);
}

#[test]
fn a_person_sees_readings_on_the_sensors_page() {
    browse(page("sensor-api").http(), "sensor_api_page_client.py", &[]);
}

#[test]
fn a_person_sees_the_device_on_the_dashboards_page() {
    let machine = crate::dashboard::machine("0.42 0.36 0.31 1/123 4567\n");
    let actor = crate::dashboard::over(machine.path(), "50ms").config(&static_folder("dashboard"));
    browse(actor, "dashboard_page_client.py", &[machine.path()]);
}

#[test]
fn people_switch_lights_on_the_lights_page() {
    let board = crate::lights::board();
    let actor = crate::lights::over(&board, "writable = true").config(&static_folder("lights"));
    browse(actor, "lights_page_client.py", &[board.path()]);
}

#[test]
fn a_person_signs_on_the_page_that_an_actor_of_february_2025_serves() {
    let mut probe = python();
    probe.arg(format!("{SCRIPTS}/chromium.py"));
    if available("Chromium, or Python's websockets,", probe, "FOOTLIGHT_REQUIRE_BROWSER") {
        let web = guestbook::quotes();
        let (_server, page, _folder) = guestbook::serve(&web);
        look(&format!("http://{page}/"), "guestbook_page_client.py", &[]);
    }
}

/// An example's folder.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// The lines of a manifest that serve an example's page, and let no other page in.
fn static_folder(name: &str) -> String {
    format!("static = {:?}\norigins = [\"self\"]", folder(name).join("page"))
}

/// An example with its page.
fn page(name: &str) -> Actor {
    Actor::file(name, example(name)).config(&static_folder(name))
}

/// Starts an actor and lets a script look at its page.
fn browse(actor: Actor, script: &str, arguments: &[&Path]) {
    let mut probe = python();
    probe.arg(format!("{SCRIPTS}/chromium.py"));
    if !available("Chromium, or Python's websockets,", probe, "FOOTLIGHT_REQUIRE_BROWSER") {
        return;
    }
    let name = actor.name.clone();
    let server = Server::of(actor);
    let url = server.url(&name).replacen("ws://", "http://", 1).replace("/ws", "/");
    look(&url, script, arguments);
}

/// Lets a script look at a page.
fn look(url: &str, script: &str, arguments: &[&Path]) {
    let script = format!("{SCRIPTS}/{script}");
    let output = python().arg(script).arg(url).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}
