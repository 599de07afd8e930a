//! The example `lights`, with a folder of files in place of a board's LEDs.

use std::{fs, os::unix::fs::symlink, path::Path};

use tempfile::TempDir;

use footlight::manifest::{Handler, Manifest};

use crate::support::{Actor, Client, Server, actors_root, eventually, example};

/// A folder with `leds`, like Linux's folder of LEDs, and with another folder `outside`.
pub fn board() -> TempDir {
    let board = tempfile::tempdir().unwrap();
    for (led, most) in [("leds/ACT", "255\n"), ("leds/PWR", "1\n"), ("outside", "1\n")] {
        let folder = board.path().join(led);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("brightness"), "0\n").unwrap();
        fs::write(folder.join("max_brightness"), most).unwrap();
    }
    fs::write(board.path().join("leds/PWR/brightness"), "1\n").unwrap();
    board
}

/// The actor over a board's LEDs.
pub fn over(board: &TempDir, config: &str) -> Actor {
    let actor = Actor::file("lights", example("lights")).key("tick = \"50ms\"");
    actor.folder(&board.path().join("leds"), config)
}

fn lights(board: &TempDir, config: &str) -> Server {
    Server::of(over(board, config))
}

/// Reads a light's brightness until it has this value, because the host writes after its answer.
fn wait_for(led: &Path, brightness: &str) {
    let is = || fs::read_to_string(led.join("brightness")).unwrap();
    eventually(&format!("was {} {brightness}", led.display()), || is().trim() == brightness);
}

/// The next message that differs from this one.
fn next_but(client: &mut Client, text: &str) -> String {
    loop {
        let next = client.next().to_text().unwrap().to_owned();
        if next != text {
            return next;
        }
    }
}

#[test]
fn the_example_runs_on_any_machine_with_the_folder_that_comes_with_it() {
    let from = actors_root().join("examples/lights");
    let manifest = Manifest::load(&from).unwrap();
    let [_, Handler::Filesystem(files)] = &manifest.handlers[..] else { panic!("{manifest:?}") };
    let folder = &files.folders[0];
    assert!(folder.writable && folder.path == from.join("leds"), "{folder:?}");
    // A copy, since the example writes.
    let board = tempfile::tempdir().unwrap();
    for led in ["ACT", "PWR", "relay"] {
        let to = board.path().join("leds").join(led);
        fs::create_dir_all(&to).unwrap();
        for file in ["brightness", "max_brightness", "trigger"] {
            fs::copy(folder.path.join(led).join(file), to.join(file)).unwrap();
        }
    }
    let server = lights(&board, "writable = true");
    let mut client = server.client("lights");
    client.expect("off ACT\non PWR\noff relay");
    client.text("on relay");
    client.expect("off ACT\non PWR\non relay");
    wait_for(&board.path().join("leds/relay"), "1");
}

#[test]
fn a_switched_light_is_seen_by_all_and_is_in_its_file() {
    let board = board();
    let server = lights(&board, "writable = true");
    let mut ann = server.client("lights");
    let mut bob = server.client("lights");
    let before = "off ACT\non PWR";
    ann.expect(before);
    bob.expect(before);
    ann.text("on ACT");
    for client in [&mut ann, &mut bob] {
        assert_eq!(next_but(client, before), "on ACT\non PWR");
    }
    wait_for(&board.path().join("leds/ACT"), "255");
    bob.text("off PWR");
    for client in [&mut ann, &mut bob] {
        assert_eq!(next_but(client, "on ACT\non PWR"), "on ACT\noff PWR");
    }
    wait_for(&board.path().join("leds/PWR"), "0");
    server.client("lights").expect("on ACT\noff PWR");
}

#[test]
fn a_light_that_something_else_switches_is_seen_by_all() {
    let board = board();
    let server = lights(&board, "writable = true");
    let mut clients = [server.client("lights"), server.client("lights")];
    clients.iter_mut().for_each(|client| client.expect("off ACT\non PWR"));
    fs::write(board.path().join("leds/ACT/brightness"), "7\n").unwrap();
    for client in &mut clients {
        assert_eq!(next_but(client, "off ACT\non PWR"), "on ACT\non PWR");
    }
}

#[test]
fn a_name_that_is_none_of_a_light_reaches_no_file() {
    let board = board();
    symlink("../outside", board.path().join("leds/LINK")).unwrap();
    let server = lights(&board, "writable = true");
    let mut client = server.client("lights");
    // Nor is a link that leads out a light.
    client.expect("off ACT\non PWR");
    let outside = board.path().join("outside");
    let absolute = outside.to_str().unwrap();
    for name in ["../outside", "ACT/../../outside", "LINK", absolute, ".", "..", "", "ACT/", "act"]
    {
        client.text(&format!("on {name}"));
        let said = next_but(&mut client, "off ACT\non PWR");
        assert_eq!(said, format!("error There is no light {name:?}."));
    }
    for request in ["", "on", "ACT", "toggle ACT"] {
        client.text(request);
        let said = next_but(&mut client, "off ACT\non PWR");
        assert_eq!(said, "error Send `on NAME` or `off NAME`.");
    }
    assert_eq!(fs::read_to_string(outside.join("brightness")).unwrap(), "0\n");
}

#[test]
fn in_a_folder_that_is_only_to_be_read_no_light_is_switched() {
    let board = board();
    let server = lights(&board, "");
    let mut client = server.client("lights");
    client.expect("off ACT\non PWR");
    client.text("on ACT");
    let said = next_but(&mut client, "off ACT\non PWR");
    assert!(said.starts_with("error The host may not write"), "{said}");
    assert_eq!(fs::read_to_string(board.path().join("leds/ACT/brightness")).unwrap(), "0\n");
}
