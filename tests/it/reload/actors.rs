//! Actors that come and go, and limits that change, while the host runs.

use std::fs;

use super::{reload, until_reloaded, versions::Version};
use crate::support::{Client, Server, program};

#[test]
fn an_actor_under_another_name_is_a_new_one_and_the_old_ones_clients_are_closed_with_1001() {
    let server = Server::of(Version::new(1).actor());
    let mut client = server.client("actor");
    client.ask("+", "0+");
    let manifest = server.folder("actor").join("manifest.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("name = \"actor\"", "name = \"other\"")).unwrap();
    server.signal("HUP");
    client.expect_close(1001);
    server.wait_for(&["actor: removed, because no manifest has it any more"]);
    server.wait_for(&["footlight: reloaded: 0 changed, 1 added, 1 removed; 1 in all"]);
    let line = server.wait_for(&["other: added, at http://"]);
    let (_, url) = line.split_once("ws://").unwrap();
    let address = url.split('/').next().unwrap().parse().unwrap();
    Client::connect(address, "/ws").ask("a", "0");
}

#[test]
fn a_folder_of_actors_is_read_anew_so_that_actors_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two, three] = ["one", "two", "three"].map(|name| Version::new(1).actor().name(name));
    one.write(folder.path());
    two.write(folder.path());
    fs::create_dir(folder.path().join("no-actor")).unwrap();
    let path = folder.path().to_str().unwrap();
    let mut command = program();
    command.args(["run", "-v", path]);
    let server = Server::run(command, 2);
    let (mut first, mut second) = (server.client("one"), server.client("two"));
    first.ask("+", "0+");
    second.ask("+", "0+");
    three.write(folder.path());
    fs::remove_dir_all(folder.path().join("two")).unwrap();
    server.signal("HUP");
    second.expect_close(1001);
    server.wait_for(&["footlight: reloaded: 0 changed, 1 added, 1 removed; 2 in all"]);
    first.ask("a", "0+");
    let line = server.wait_for(&["three: added, at http://"]);
    let (_, url) = line.split_once("ws://").unwrap();
    let address = url.split('/').next().unwrap().parse().unwrap();
    Client::connect(address, "/ws").ask("a", "0");
    // An actor that comes again is a new one, without the old state.
    two.write(folder.path());
    server.signal("HUP");
    let line = server.wait_for(&["two: added, at http://"]);
    let (_, url) = line.split_once("ws://").unwrap();
    let address = url.split('/').next().unwrap().parse().unwrap();
    Client::connect(address, "/ws").ask("a", "0");
    assert_eq!(server.stop().0.code(), Some(0));
}

#[test]
fn limits_hold_for_what_comes_after_the_reload() {
    let server = Server::of(Version::new(1).actor());
    let (mut first, mut second) = (server.client("actor"), server.client("actor"));
    first.ask("+", "0+");
    second.ask("a", "0+");
    reload(&server, &Version::new(1).actor().limit("connections", 1).limit("state", 2));
    server.wait_for(&["actor: reloaded: limits"]);
    until_reloaded(&server, 1);
    // Those that are there stay.
    first.ask("a", "0+");
    second.ask("a", "0+");
    let refused = Client::try_connect(server.address("actor"), "/ws").err().unwrap();
    assert!(refused.contains("503"), "{refused}");
    // The instance keeps to the new limits too.
    first.text("+");
    first.expect_close(1011);
    server.wait_for(&["state", "past the limit of 2"]);
}

#[test]
fn a_tick_and_a_level_of_the_log_begin_and_end_with_a_reload() {
    let events = || crate::support::guest("events");
    let server = Server::of(events());
    let mut client = server.client("events");
    client.expect("state:0");
    client.ask("log", "logged");
    server.wait_for(&["events#1: actor: a line from guide"]);
    let quiet = "[logging]\nlevel = \"error\"";
    reload(&server, &events().key("tick = \"10ms\"").extra(quiet));
    server.wait_for(&["events: reloaded: tick, logging"]);
    until_reloaded(&server, 1);
    let lines = server.count("a line from guide");
    client.ask("log", "logged");
    reload(&server, &events());
    until_reloaded(&server, 2);
    assert_eq!(server.count("a line from guide"), lines);
}

#[test]
fn folders_can_be_granted_and_taken_away() {
    let events = || crate::support::guest("events");
    let server = Server::of(events());
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("greeting"), "hello").unwrap();
    let mut client = server.client("events");
    client.expect("state:0");
    reload(&server, &events().folder(folder.path(), ""));
    server.wait_for(&["events: reloaded: folders"]);
    client.ask("do read greeting", "content hello");
    reload(&server, &events().without_files());
    until_reloaded(&server, 2);
    client.text("do read greeting");
    client.expect_close(1011);
    server.wait_for(&["in a call of `files.read`, the manifest grants no files; add [[handlers]]"]);
}
