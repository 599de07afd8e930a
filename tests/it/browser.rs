//! Chromium, without a window, over its DevTools protocol: see `tests/clients/chromium.py`.
//!
//! `scripts/test-clients.sh` installs it. Without it these tests say so and pass, unless
//! `FOOTLIGHT_REQUIRE_BROWSER` is set.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::Stdio,
};

use crate::{
    clients::{SCRIPTS, available, python, talk, talk_until},
    support::{Actor, Server, example, guest},
    theater::{self, Theater},
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
        let url = line.split(' ').next().unwrap();
        look(url, "inspector_client.py", &[]);
    }
}

#[test]
fn people_chat_on_the_chat_rooms_page() {
    let state = fs::read(folder("chat-room").join("state.json")).unwrap();
    browse(page("chat-room").init_state(&state), "chat_page_client.py", &[]);
}

#[test]
fn people_meet_on_the_rooms_page() {
    browse(page("rooms"), "rooms_page_client.py", &[]);
}

#[cfg(feature = "javascript")]
#[test]
fn people_meet_on_the_same_page_if_the_rooms_are_in_javascript() {
    let rooms = Actor::file("rooms-js", folder("rooms-js").join("rooms.js"));
    browse(rooms.config(&static_folder("rooms")), "rooms_page_client.py", &[]);
}

#[cfg(feature = "javascript")]
#[test]
fn people_share_a_list_of_things_to_do_on_its_page() {
    let todo = Actor::file("todo-js", folder("todo-js").join("todo.js")).http();
    browse(todo.config(&static_folder("todo-js")), "todo_page_client.py", &[]);
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
fn people_chat_on_the_pages_that_actors_of_theaters_time_serve() {
    let mut probe = python();
    probe.arg(format!("{SCRIPTS}/chromium.py"));
    if available("Chromium, or Python's websockets,", probe, "FOOTLIGHT_REQUIRE_BROWSER") {
        let web = theater::quotes();
        let theater = Theater::whole(&web);
        let url = |actor| format!("http://{}/", theater.page(actor));
        let (first, quote) = (Path::new("Ann: I was here."), Path::new("a server: Less is more."));
        let none = Path::new("");
        look(&url("february"), "theater_page_client.py", &[first, quote]);
        look(&url("march"), "theater_page_client.py", &[none, none]);
    }
}

#[test]
fn a_page_dims_what_is_old_and_works_again_once_the_host_is_back() {
    let mut probe = python();
    probe.arg(format!("{SCRIPTS}/chromium.py"));
    if !available("Chromium, or Python's websockets,", probe, "FOOTLIGHT_REQUIRE_BROWSER") {
        return;
    }
    let state = fs::read(folder("chat-room").join("state.json")).unwrap();
    let room = || page("chat-room").init_state(&state);
    let mut server = Server::of(room());
    let address = server.address("chat-room");
    let mut script = python()
        .arg(format!("{SCRIPTS}/again_page_client.py"))
        .arg(format!("http://{address}/"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut done = script.stdin.take().unwrap();
    for step in BufReader::new(script.stdout.take().unwrap()).lines() {
        match step.unwrap().as_str() {
            "kill" => {
                server.signal("KILL");
                server.wait();
            }
            "stop" => {
                server.signal("TERM");
                server.wait();
            }
            "start" => server = Server::of(room().port(address.port())),
            other => panic!("{other}"),
        }
        // The script may have failed, which its status says.
        let _ = writeln!(done);
    }
    assert!(script.wait().unwrap().success());
}

/// A page with the host's client, which notes what it hears and is told.
const NOTING: &str = r#"<!doctype html>
<link rel="icon" href="data:,">
<script src="../footlight.js"></script>
<script>
  const heard = [], told = [];
  let actor;
  function begin(url) {
    actor = footlight(url);
    actor.onopen = () => heard.push("open");
    actor.onmessage = (data) => heard.push(data);
    actor.onstatus = (text, state) => told.push([text, state]);
  }
  begin();
</script>
"#;

#[test]
fn the_hosts_client_says_how_a_connection_ended_and_tries_again_where_that_helps() {
    let files = tempfile::tempdir().unwrap();
    fs::create_dir_all(files.path().join("page/folder")).unwrap();
    fs::write(files.path().join("page/folder/index.html"), NOTING).unwrap();
    let token = files.path().join("token");
    fs::write(&token, "s3cret").unwrap();
    let page = files.path().join("page");
    let actor = guest("events").config(&format!("static = {page:?}\ntoken_file = {token:?}"));
    browse_at(actor, "folder/?token=s3cret", "ends_page_client.py", &[]);
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
    browse_at(actor, "", script, arguments);
}

/// The same, for a page at this path.
fn browse_at(actor: Actor, path: &str, script: &str, arguments: &[&Path]) {
    let mut probe = python();
    probe.arg(format!("{SCRIPTS}/chromium.py"));
    if !available("Chromium, or Python's websockets,", probe, "FOOTLIGHT_REQUIRE_BROWSER") {
        return;
    }
    let name = actor.name.clone();
    let server = Server::of(actor);
    let url = server.url(&name).replacen("ws://", "http://", 1).replace("/ws", "/");
    look(&(url + path), script, arguments);
}

/// Lets a script look at a page, if there is a browser.
pub fn look_if_possible(url: &str, script: &str, arguments: &[&Path]) {
    let mut probe = python();
    probe.arg(format!("{SCRIPTS}/chromium.py"));
    if available("Chromium, or Python's websockets,", probe, "FOOTLIGHT_REQUIRE_BROWSER") {
        look(url, script, arguments);
    }
}

#[test]
fn a_page_of_dev_loads_anew_when_its_file_changes() {
    let mut probe = python();
    probe.arg(format!("{SCRIPTS}/chromium.py"));
    if available("Chromium, or Python's websockets,", probe, "FOOTLIGHT_REQUIRE_BROWSER") {
        let (_outer, folder) = crate::reload::live::with_page();
        let server = crate::reload::dev::dev(&folder, &[]);
        let url = format!("http://{}/", server.address("actor"));
        look(&url, "dev_page_client.py", &[&folder.join("page")]);
    }
}

#[test]
fn a_page_of_dev_keeps_its_socket_and_its_state_when_the_source_changes() {
    let mut probe = python();
    probe.arg(format!("{SCRIPTS}/chromium.py"));
    if available("Chromium, or Python's websockets,", probe, "FOOTLIGHT_REQUIRE_BROWSER") {
        let (_outer, folder, new) = crate::reload::dev::with_a_new_source();
        let server = crate::reload::dev::dev(&folder, &[]);
        let url = format!("http://{}/", server.address("actor"));
        look(&url, "dev_socket_client.py", &[&new, &folder.join("source")]);
    }
}

/// Lets a script look at a page.
fn look(url: &str, script: &str, arguments: &[&Path]) {
    let script = format!("{SCRIPTS}/{script}");
    let output = python().arg(script).arg(url).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}
