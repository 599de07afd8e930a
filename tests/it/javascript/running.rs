//! Scripts that the program serves, restarts and reloads.

use std::fs;

use super::{actor, folder_of};
use crate::{
    durable::Device,
    reload::{dev::dev, until_reloaded, write},
    support::{Actor, Client, Host, Server, footlight, program},
};

/// Counts in its state, in a variable, and in its storage.
const COUNTS: &str = "let variable = 0;
    export function message(client) {
        state = (state ?? 0) + 1;
        storage.put('count', (storage.get('count') ?? 0) + 1);
        client.send(`${state} ${++variable} ${storage.get('count')}`);
    }";

#[test]
fn a_script_without_a_manifest_runs_under_its_files_name() {
    let folder =
        folder_of(&[("chat.js", "export function message(client, text) { client.send(text); }")]);
    let host = Host::start(folder.path(), &["run", "chat.js"]);
    assert!(host.greeting.contains("chat"), "{}", host.greeting);
    Client::connect(host.address(), "/ws").ask("hello", "hello");
    host.stop();
    let output = footlight(&["call", folder.path().join("chat.js").to_str().unwrap(), "hello"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("hello"), "{output:?}");
}

#[test]
fn a_script_that_cannot_run_ends_the_start_with_its_place() {
    let folder = folder_of(&[("bad.js", "export function message() {}\nnull.x;\n")]);
    let bad = folder.path().join("bad.js");
    let output = footlight(&["run", bad.to_str().unwrap()]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    let place = format!("{}:2:1: TypeError: ", bad.display());
    assert!(error.contains(&place) && error.contains("`null.x;`"), "{error}");
}

#[test]
fn what_the_top_level_logs_is_in_the_actors_log() {
    let server = Server::of(actor("console.log('loaded'); export function connect() {}"));
    server.wait_for(&["INFO", "script: actor: loaded"]);
}

#[test]
fn several_scripts_run_beside_each_other_and_share_nothing_but_the_code() {
    let of = |name: &str| Actor::script(name, &COUNTS.replace("`${", &format!("`{name} ${{")));
    let server = Server::start(&[of("first"), of("second"), of("third")]);
    let mut clients = ["first", "second", "third"].map(|name| (name, server.client(name)));
    for number in 1..=20 {
        for (name, client) in &mut clients {
            client.ask("count", &format!("{name} {number} {number} {number}"));
        }
    }
}

#[test]
fn state_and_storage_survive_a_restart_and_variables_do_not() {
    let device = Device::new();
    let server = device.run(&actor(COUNTS));
    server.client("script").ask("count", "1 1 1");
    assert!(server.stop().0.success());
    let server = device.run(&actor(COUNTS));
    server.client("script").ask("count", "2 1 2");
}

#[test]
fn an_idle_script_sleeps_and_wakes_as_it_was_after_its_top_level() {
    let source = COUNTS.replace("let variable = 0", "let variable = 10; console.log('top level')");
    let server = Server::of(actor(&source).limit("hibernate_after", "\"200ms\""));
    let mut client = server.client("script");
    client.ask("count", "1 11 1");
    server.wait_for(&["DEBUG script: hibernates"]);
    client.ask("count", "2 11 2");
    assert_eq!(server.count("top level"), 1, "the top level runs once");
}

#[test]
fn an_exception_is_in_the_log_with_its_stack_and_the_instance_stays() {
    let server = Server::of(actor(
        "let seen = 0;
        function fail() { throw new RangeError('too\\n\u{1b}[31m much'); }
        export function message(client, text) { seen++; if (text === 'fail') fail(); client.send(seen); }",
    ));
    let mut client = server.client("script");
    client.ask("a", "1");
    client.text("fail");
    let line =
        server.wait_for(&["WARN", "RangeError: too\\n\\x1b[31m much\\n", "at fail (actor.js:2:"]);
    assert!(line.contains("script#1: the actor returned an error for a text event"), "{line}");
    client.ask("a", "3");
}

#[test]
fn a_reload_keeps_sockets_state_and_storage_and_migrates() {
    let device = Device::new();
    let server = device.run(&actor(COUNTS));
    let mut client = server.client("script");
    client.ask("count", "1 1 1");
    let migrating = "export function migrate(old) { return old + 100; }".to_owned() + COUNTS;
    write(&server, &actor(&migrating));
    server.signal("HUP");
    until_reloaded(&server, 1);
    client.ask("count", "102 1 2");
    // A mistake changes nothing.
    write(&server, &actor("export function message( {}"));
    server.signal("HUP");
    server.wait_for(&["not reloaded: ", "actor.js:1:", "SyntaxError"]);
    client.ask("count", "103 2 3");
}

#[test]
fn a_new_script_that_fails_at_its_first_event_is_given_back_also_after_a_restart() {
    let device = Device::new();
    let server = device.run(&actor(COUNTS));
    server.client("script").ask("count", "1 1 1");
    assert!(server.stop().0.success());
    let server = device.run(&actor("export function handleMessage() { throw new Error('new'); }"));
    server.wait_for(&["another module has stored the state"]);
    let mut client = server.client("script");
    server.wait_for(&["the new module is given back", "Error: new"]);
    client.ask("count", "2 1 2");
}

#[test]
fn an_import_that_is_saved_is_live_with_the_same_socket() {
    let folder = folder_of(&[
        (
            "chat.js",
            "import { say } from './lib/say.js';
            export function message(client) { state = (state ?? 0) + 1; client.send(say(state)); }",
        ),
        ("lib/say.js", "export const say = (count) => `old ${count}`;"),
    ]);
    let server = dev(&folder.path().join("chat.js"), &["--port", "0"]);
    let mut client = server.client("chat");
    client.ask("a", "old 1");
    fs::write(folder.path().join("lib/say.js"), "export const say = (count) => `new ${count}`;")
        .unwrap();
    server.wait_for(&["footlight: reloaded: 1 changed"]);
    client.ask("a", "new 2");
    fs::write(folder.path().join("lib/say.js"), "export const say = ;").unwrap();
    server.wait_for(&["not reloaded: ", "lib/say.js:1:"]);
    client.ask("a", "new 3");
}

#[test]
fn dev_waits_for_the_next_save_of_a_script_that_is_broken_at_the_start() {
    let folder = folder_of(&[
        ("chat.js", "import { say } from './say.js'; export function connect(c) { c.send(say); }"),
        ("say.js", "export const say = ;"),
    ]);
    let mut command = program();
    command.arg("dev").arg(folder.path().join("chat.js")).args(["--port", "0"]);
    let mut server = Server::run(command, 0);
    server.wait_for(&["say.js:1:20: SyntaxError: "]);
    server.wait_for(&["waiting for a change of the sources"]);
    fs::write(folder.path().join("say.js"), "export const say = null.x;").unwrap();
    server.wait_for(&["say.js:1:", "TypeError: "]);
    fs::write(folder.path().join("say.js"), "export const say = 'hello';").unwrap();
    server.wait_for_listeners(1);
    server.client("chat").expect("hello");
}
