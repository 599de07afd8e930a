//! Which sources of events a script can take.

use std::fs;

use super::{Script, folder_of, lines, load, thrown};
use crate::support::footlight;

/// Whether `footlight check` finds a script with this in its manifest fine, and its report.
fn check(source: &str, before: &str, handlers: &str) -> (bool, String) {
    let script = Script::of(load(source).unwrap(), handlers);
    let file = script.path().join("manifest.toml");
    let manifest = fs::read_to_string(&file).unwrap();
    fs::write(file, before.to_owned() + &manifest).unwrap();
    let output = footlight(&["check", script.path().to_str().unwrap()]);
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_tick_needs_the_handler_alarm() {
    let tick = "tick = \"1s\"\n";
    let (fine, text) = check("export function message() {}", tick, "");
    assert!(!fine && text.contains("`tick` needs the export `alarm`, which "), "{text}");
    for handler in ["alarm", "handleMessage"] {
        let (fine, text) = check(&format!("export function {handler}() {{}}"), tick, "");
        assert!(fine, "{text}");
    }
}

#[test]
fn an_http_server_needs_the_handler_http() {
    let server = "[[handlers]]\ntype = \"http-server\"\nconfig = { port = 0 }\n";
    let (fine, text) = check("export function handleMessage() {}", "", server);
    let problem = "a handler of type http-server needs the export `http`, which ";
    assert!(!fine && text.contains(problem), "{text}");
    assert!(check("export function http() {} export function alarm() {}", "", server).0);
}

#[test]
fn a_script_that_ignores_its_clients_and_one_that_nothing_reaches_have_a_note() {
    let (fine, text) =
        check("export function alarm() { broadcast('now'); }", "tick = \"1s\"\n", "");
    assert!(fine && text.contains("note: it exports none of `connect`, `message` and"), "{text}");
    let all = "export function connect() {} export function mqtt() {} export function mqttUp() {}
        export function mqttDown() {} export function response() {} export function http() {}
        export function actorMessage() {} export function actorRequest() {}";
    let (fine, text) = check(all, "", "");
    assert!(fine && !text.contains("none of"), "{text}");
    for (export, ty) in [
        ("mqtt", "mqtt"),
        ("mqttUp", "mqtt"),
        ("mqttDown", "mqtt"),
        ("response", "http-client"),
        ("http", "http-server"),
        ("actorMessage", "message-server"),
        ("actorRequest", "message-server"),
    ] {
        let note = format!("it exports `{export}`, and the manifest has no handler of type {ty}");
        assert!(text.contains(&note), "{note}: {text}");
    }
}

#[test]
fn a_script_without_a_manifest_and_without_handlers_for_clients_is_told_to_have_one() {
    let folder = folder_of(&[("api.js", "export function http() { return 'hello'; }")]);
    let output = footlight(&["run", folder.path().join("api.js").to_str().unwrap()]);
    let text = String::from_utf8(output.stderr).unwrap();
    let problem =
        "api.js: it has no export `message`, and without a manifest an actor has a WebSocket only";
    assert!(!output.status.success() && text.contains(problem), "{text}");
}

#[test]
fn a_handler_may_use_the_object_of_its_own_name() {
    let script = Script::new(
        "export function message(client) { alarm.set(5000); }
        export function alarm() { console.log('ring', Date.now()); alarm.set(1000); }",
    );
    let reports = script.call(&["connect", "set", "+7s"]);
    let rung: Vec<_> = reports.iter().flat_map(lines).collect();
    assert_eq!(rung, ["ring 1767225605000", "ring 1767225606000", "ring 1767225607000"]);
    let frozen = "export const alarm = Object.freeze(() => console.log(typeof alarm.set));";
    assert_eq!(lines(&Script::new(frozen).last(&["alarm"])), ["undefined"]);
}

#[test]
fn an_alarm_without_a_handler_is_refused_when_it_is_set() {
    let text = thrown("alarm.set(1000)");
    assert!(
        text.contains("alarm.set: the script has no handler for the alarm; add export"),
        "{text}"
    );
}

#[test]
fn each_script_of_the_document_loads() {
    let document = include_str!("../../../docs/javascript.md");
    let blocks = document.split("```js\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
    let blocks: Vec<_> = blocks.filter(|block| !block.contains("…")).collect();
    assert!(blocks.len() >= 3, "{blocks:?}");
    for block in blocks {
        load(block).unwrap_or_else(|refused| panic!("{block}: {refused:?}"));
    }
}
