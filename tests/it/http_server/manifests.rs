//! Whether an actor and the handlers of its manifest fit.

use crate::support::{Actor, footlight, guest, wat};

/// What `check` says about an actor, and whether it would run.
fn check(actor: &Actor) -> (String, bool) {
    let folder = tempfile::tempdir().unwrap();
    let manifest = actor.write(folder.path());
    let output = footlight(&["check", manifest.to_str().unwrap()]);
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

#[test]
fn a_handler_without_its_export_is_a_mistake_that_names_both() {
    let (text, fine) = check(&guest("requests").without_files());
    assert!(!fine, "{text}");
    let problem = "a handler of type websocket-server needs the export \
                   `ntwk:theater/websocket-server#handle-message`, which ";
    assert!(text.contains(problem), "{text}");
    let echo = Actor::file("echo", crate::support::example("echo"));
    let (text, fine) = check(&echo.clone().http());
    assert!(!fine, "{text}");
    let problem = "a handler of type http-server needs the export \
                   `ntwk:theater/http-server#handle-request`, which ";
    assert!(text.contains(problem), "{text}");
    let (text, fine) = check(&guest("requests").without_files().only_http().key("tick = \"1s\""));
    assert!(!fine && text.contains("`tick` needs the export "), "{text}");
}

#[test]
fn an_export_without_its_handler_is_a_note() {
    let (text, fine) = check(&guest("events"));
    assert!(fine, "{text}");
    let note = "  note: it exports `ntwk:theater/http-server#handle-request`, and the manifest has no \
                handler of type http-server for it\n";
    assert!(text.contains(note), "{text}");
    let (text, fine) = check(&guest("renamed").only_http());
    assert!(fine, "{text}");
    assert!(text.contains("  note: it exports `theater:simple/websocket-server#handle-message`, "));
    for actor in [guest("events").http(), guest("requests").without_files().only_http()] {
        let (text, fine) = check(&actor);
        assert!(fine && !text.contains("note:"), "{text}");
    }
}

#[test]
fn an_actor_that_has_no_messages_can_get_no_alarms() {
    let i32s = "i32 ".repeat(11);
    let text = format!(
        r#"(module
          (import "footlight:host/alarm@0.1.0" "cancel" (func))
          (memory (export "memory") 1)
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 0)
          (func (export "ntwk:theater/http-server#handle-request") (param {i32s}) (result i32)
            i32.const 0))"#
    );
    let (text, fine) = check(&wat("silent", &text).only_http());
    let problem = "it imports alarms, and has no export \
                   `ntwk:theater/websocket-server#handle-message` that would get them";
    assert!(!fine && text.contains(problem), "{text}");
}
