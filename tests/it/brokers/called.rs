//! Brokers in `footlight call`.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::{guest, handler};
use crate::support::footlight;

/// The exit code, the reports of these events, and the errors. An event that begins with `{` is a line of
/// a file.
fn call(folder: &Path, of: &Path, events: &[&str]) -> (i32, Vec<Value>, String) {
    let file = folder.join("events.jsonl");
    let line = |event: &&str| {
        if event.starts_with('{') { (*event).to_owned() } else { json!(event).to_string() }
    };
    fs::write(&file, events.iter().map(line).collect::<Vec<_>>().join("\n")).unwrap();
    let (of, file) = (of.to_str().unwrap(), file.to_str().unwrap());
    let output = footlight(&["call", of, "--json", "--events", file]);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let reports = text(output.stdout);
    let reports = reports.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (output.status.code().unwrap(), reports, text(output.stderr))
}

/// The report of the last of these events, for the guest with two brokers.
fn last(events: &[&str]) -> Value {
    all(events).pop().unwrap()
}

/// The reports of these events.
fn all(events: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let two = handler("publish = [\"room/#\"]") + &handler("name = \"cloud\", publish = [\"#\"]");
    let manifest = guest().extra(&two).write(folder.path());
    let (code, reports, error) = call(folder.path(), &manifest, events);
    assert!(code < 2, "{error}");
    reports
}

#[test]
fn messages_of_brokers_come_from_a_script_with_all_that_they_say() {
    let message = r#"{"event": "mqtt", "broker": "cloud", "topic": "keep/a", "payload": "on", "qos": 1, "retained": true}"#;
    let report = last(&["connect", message]);
    assert_eq!(report["event"], "mqtt");
    assert_eq!(report["client"], Value::Null);
    let expected = json!({
        "broker": "cloud", "topic": "keep/a", "payload": "on", "qos": 1, "retained": true,
    });
    assert_eq!(report["message"], expected);
    let told = json!([{"broadcast": ["1"], "text": "mqtt cloud keep/a on qos1 retained"}]);
    assert_eq!(report["effects"], told);
    assert_eq!(report["state"], json!({"before": null, "after": "on "}));
    let report = last(&["connect", "mqtt:a/b two words"]);
    let told = json!([{"broadcast": ["1"], "text": "mqtt mqtt a/b two words"}]);
    assert_eq!(report["effects"], told);
    assert_eq!(last(&["connect", "message"])["answer"], json!([{"text": "none"}]));
}

#[test]
fn connections_begin_and_end_as_the_script_says() {
    for (events, told) in [
        (&["connect", "mqtt-down"][..], "mqtt-down mqtt down: the connection ended"),
        (&["connect", "mqtt-down", "mqtt-up"], "mqtt-up mqtt up"),
        (
            &["connect", r#"{"event": "mqtt-down", "broker": "cloud", "reason": "no cable"}"#],
            "mqtt-down cloud down: no cable",
        ),
    ] {
        assert_eq!(last(events)["effects"], json!([{"broadcast": ["1"], "text": told}]));
    }
    for (broker, status) in [("cloud", "up"), ("other", "unknown")] {
        let report = last(&["connect", &format!("status {broker}")]);
        assert_eq!(report["answer"], json!([{"text": status}]));
    }
}

#[test]
fn publications_are_effects_and_leave_only_if_the_call_succeeds() {
    let report = last(&["connect", "publish mqtt room/a on"]);
    let plain = json!({
        "publish": "on", "topic": "room/a", "qos": 0, "retain": false, "broker": "mqtt",
    });
    assert_eq!(report["effects"], json!([plain]));
    assert_eq!(report["answer"], json!([{"text": "published"}]));
    let report = last(&["connect", "kept cloud a on"]);
    let kept = json!({
        "publish": "on", "topic": "a", "qos": 1, "retain": true, "broker": "cloud",
        "content_type": "text/plain", "response_topic": "room/back", "correlation_data": "7",
        "user": [["a", "b"], ["a", "c"]],
    });
    assert_eq!(report["effects"], json!([kept]));
    // After it, the client is closed.
    let report = &all(&["connect", "trap mqtt room/a on"])[2];
    assert!(report["error"].is_string() && report["effects"] == json!([]), "{report}");
    let report =
        last(&[r#"{"event": "mqtt", "topic": "a", "payload": "echo hi", "broker": "cloud"}"#]);
    assert_eq!(report["effects"][0]["topic"], "room/echo");
    assert_eq!(report["effects"][0]["broker"], "cloud");
}

#[test]
fn what_may_not_be_published_is_refused_with_the_reason() {
    for (text, expected) in [
        ("publish other room/a x", "no-broker"),
        ("publish mqtt hall/a x", "denied"),
        (
            "publish mqtt room/# x",
            "invalid: the topic is wrong: `+` and `#` may be in filters only",
        ),
        (
            "user mqtt room/a footlight-sender",
            "invalid: names of properties that begin with `footlight-` are the host's",
        ),
        ("user mqtt room/a own", "published"),
        ("big 100000 mqtt room/a", "full 0"),
        ("big 2000000 mqtt room/a", "limit"),
        // Each takes its topic of six bytes, its number, and 256 bytes more: `limits.mqtt_outbox`.
        ("burst 257 mqtt room/a", "247 full 65345"),
    ] {
        assert_eq!(last(&["connect", text])["answer"][0]["text"], expected, "{text}");
    }
    // Nothing waits after its call.
    let often = ["connect", "burst 200 mqtt room/a", "burst 200 mqtt room/a"];
    assert_eq!(last(&often)["answer"], json!([{"text": "200 "}]));
}

#[test]
fn an_actor_without_a_manifest_has_a_broker_and_one_that_is_not_there_is_a_mistake() {
    let module = crate::support::actors_root().join("tests/guests/broker.wasm");
    let folder = tempfile::tempdir().unwrap();
    let (_, reports, _) = call(folder.path(), &module, &["connect", "publish mqtt any/topic on"]);
    assert_eq!(reports[2]["answer"], json!([{"text": "published"}]));
    for (event, expected) in [
        (r#"{"event": "mqtt", "broker": "x", "topic": "a"}"#, "there is no broker \"x\""),
        (r#"{"event": "mqtt", "topic": "a/#"}"#, "topic: is no topic: `+` and `#`"),
        (r#"{"event": "mqtt"}"#, "topic: is missing"),
        (r#"{"event": "mqtt", "topic": "a", "qos": 2}"#, "qos: "),
        (r#"{"event": "mqtt", "topic": "a", "retained": 1}"#, "retained: is no boolean"),
    ] {
        let (code, _, error) = call(folder.path(), &module, &[event]);
        assert!(code == 2 && error.contains(expected), "{event}: {error}");
    }
}
