//! What `footlight check` says about handlers of type `mqtt`.

use std::{fs, path::Path};

use super::{guest, handler};
use crate::support::{Actor, actors_root, footlight};

/// The report on an actor in this folder, and whether it would run.
fn check(actor: &Actor, folder: &Path) -> (bool, String) {
    let manifest = actor.write(folder);
    let output = footlight(&["check", manifest.to_str().unwrap()]);
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn imports_have_their_roles_with_a_handler_and_trap_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let config = "publish = [\"room/#\"], client_id = \"kitchen\"";
    let (fine, text) = check(&guest().extra(&handler(config)), folder.path());
    assert!(fine, "{text}");
    let broker = "  broker  mqtt at mqtt://127.0.0.1:1, with the client identifier kitchen\n";
    assert!(text.contains(broker), "{text}");
    for (name, role) in [
        ("message", "— reads what a broker says about its message"),
        ("publish", "— publishes at a broker"),
        ("broker-status", "— asks whether a broker is connected"),
    ] {
        let name = format!("footlight:host/mqtt@0.1.0.{name} ");
        let line = text.lines().find(|line| line.trim_start().starts_with(&name));
        assert!(line.is_some_and(|line| line.ends_with(role)), "{name}: {text}");
    }
    let (fine, text) = check(&guest(), folder.path());
    assert!(fine, "{text}");
    assert!(text.contains("the manifest grants no MQTT; add [[handlers]] with type = \"mqtt\""));
}

#[test]
fn a_file_with_credentials_has_to_be_there_and_out_of_the_reach_of_clients() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("broker");
    let actor = || guest().extra(&handler("credentials_file = \"mqtt.secret\""));
    let (fine, text) = check(&actor(), folder.path());
    assert!(!fine && text.contains("mqtt.secret: cannot be read: "), "{text}");
    assert!(text.contains("`credentials_file` must name a text file"), "{text}");
    fs::write(own.join("mqtt.secret"), "\n").unwrap();
    let (fine, text) = check(&actor(), folder.path());
    assert!(!fine && text.contains("write the user on the first line"), "{text}");
    fs::write(own.join("mqtt.secret"), "ann\nsecret\n").unwrap();
    let (fine, text) = check(&actor(), folder.path());
    assert!(fine && !text.contains("secret\n"), "{text}");
    let (fine, text) = check(&actor().config("static = \".\"\n"), folder.path());
    assert!(!fine && text.contains("`credentials_file`"), "{text}");
}

#[test]
fn a_subscription_needs_the_export_for_messages() {
    let folder = tempfile::tempdir().unwrap();
    let file = actors_root().join("tests/guests/requests.wasm");
    let actor =
        |config: &str| Actor::file("requests", file.clone()).only_http().extra(&handler(config));
    assert!(check(&actor("publish = [\"#\"]"), folder.path()).0);
    let (fine, text) = check(&actor("subscribe = [{ topic = \"a\" }]"), folder.path());
    let problem = "`subscribe` of a handler of type mqtt needs the export \
                   `ntwk:theater/websocket-server#handle-message`";
    assert!(!fine && text.contains(problem), "{text}");
}

#[test]
fn a_broker_is_enough_for_an_actor() {
    let folder = tempfile::tempdir().unwrap();
    let file = actors_root().join("tests/guests/broker.wasm");
    let manifest = folder.path().join("manifest.toml");
    let text = format!("name = \"alone\"\ncomponent_path = {file:?}\n{}", handler(""));
    fs::write(&manifest, text).unwrap();
    let output = footlight(&["check", manifest.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && !text.contains("note: "), "{text}");
}

#[test]
fn a_dedupe_that_has_no_effect_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for (qos, version, told) in [
        (1, "5", None),
        (0, "auto", Some("`dedupe` has no effect on QoS 0; add qos = 1")),
        (1, "3.1.1", Some("`dedupe` has no effect with this `version`; write version = \"5\"")),
    ] {
        let subscription = format!("{{ topic = \"a\", qos = {qos}, dedupe = true }}");
        let config = format!("version = \"{version}\", subscribe = [{subscription}]");
        let (fine, text) = check(&guest().extra(&handler(&config)), folder.path());
        assert!(fine, "{text}");
        assert_eq!(text.contains("`dedupe`"), told.is_some(), "{text}");
        assert!(told.is_none_or(|told| text.contains(told)), "{text}");
    }
}
