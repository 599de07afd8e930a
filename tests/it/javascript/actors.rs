//! Messages between scripts and other actors.

use serde_json::json;

use super::{Script, actor, error, lines, load};
use crate::support::{Actor, Server, footlight};

/// A script that may send to `lamp`.
fn sending(source: &str) -> Script {
    let to = "[[handlers]]\ntype = \"message-server\"\nconfig = { to = [\"lamp\"] }\n";
    Script::of(load(source).unwrap(), to)
}

#[test]
fn messages_of_other_actors_reach_the_script_and_requests_are_answered() {
    let script = sending(
        "export function actorMessage(message) { state = message.json(); console.log(message.body.length); }
        export async function actorRequest(message) {
            switch (message.text()) {
                case 'text': return 'a text';
                case 'json': return { state };
                case 'bytes': return new Uint8Array([0, 255]);
            }
        }
        export function connect() {}",
    );
    let request =
        |data: &str| format!(r#"{{"event": "request", "from": "door", "data": "{data}"}}"#);
    let send = r#"{"event": "send", "from": "door", "data": "{\"on\":true}"}"#;
    let all = [send, &request("text"), &request("json"), &request("bytes"), &request("none")];
    let reports = script.call_lines(&all.join("\n"), &["connect"]);
    assert_eq!(lines(&reports[1]), ["11"]);
    assert_eq!(reports[1]["state"]["after"], r#"{"on":true}"#);
    let reply = |number: usize| &reports[number]["answer"][0]["reply"];
    assert_eq!(*reply(2), "a text", "{}", reports[2]);
    assert_eq!(*reply(3), r#"{"state":{"on":true}}"#);
    assert_eq!(*reply(4), json!({ "hex": "00ff" }));
    assert!(error(&reports[5]).contains("TypeError: actorRequest returned nothing"));
}

#[test]
fn a_script_sends_if_its_event_succeeds_and_waits_for_replies() {
    let script = sending(
        "export async function message(client, data) {
            actors.send('lamp', { on: data });
            if (data === 'fail') throw new Error('on purpose');
            const reply = await actors.request('lamp', data);
            console.log(reply.json().power, reply.text());
        }",
    );
    let reports =
        script.call_lines(r#"{"actors": {"lamp": "{\"power\":40}"}}"#, &["connect", "go", "fail"]);
    assert_eq!(reports[2]["effects"], json!([{ "send": r#"{"on":"go"}"#, "to": "lamp" }]));
    assert_eq!(lines(&reports[2]), [r#"40 {"power":40}"#]);
    assert_eq!(
        reports[2]["asked"],
        json!([{ "to": "lamp", "data": "go", "reply": r#"{"power":40}"# }])
    );
    assert_eq!(reports[3]["effects"], json!([]));
}

#[test]
fn what_the_host_refuses_to_send_throws_its_reason() {
    let script = sending(
        "export async function message(client, data) {
            try {
                data === 'send' ? actors.send('door', 'a') : await actors.request('lamp', 'a');
            } catch (error) { console.log(error.code, error.message); }
        }",
    );
    let answers =
        r#"{"actors": {"lamp": {"error": "lamp failed at the request; the log says why"}}}"#;
    let reports = script.call_lines(answers, &["connect", "send", "request"]);
    let refused = r#"failed actors.send("door"): the manifest does not let"#;
    assert!(lines(&reports[2])[0].starts_with(refused), "{}", reports[2]);
    let failed = r#"failed actors.request("lamp"): lamp failed at the request; the log says why"#;
    assert_eq!(lines(&reports[3]), [failed]);
}

#[test]
fn other_actors_without_a_handler_in_the_manifest_end_the_event_with_what_to_add() {
    let source = "export async function message(client, data) {
        data === 'send' ? actors.send('a', '') : await actors.request('a', '');
    }";
    for data in ["send", "request"] {
        let report = &Script::new(source).call(&["connect", data])[2];
        let advice = "the manifest grants no messages to other actors; add [[handlers]]";
        assert!(error(report).contains(advice), "{report}");
    }
}

#[test]
fn an_actor_that_only_receives_needs_a_handler_for_what_it_gets() {
    let check = |source: &str| {
        let loaded = load(source).unwrap();
        let script = Script::of(loaded, "[[handlers]]\ntype = \"message-server\"\nconfig = {}\n");
        let output = footlight(&["check", script.path().to_str().unwrap()]);
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let (fine, text) = check("export function message() {}");
    let problem = "that lets the actor only receive needs the export `actorMessage`";
    assert!(!fine && text.contains(problem), "{text}");
    for handler in ["actorMessage", "actorRequest"] {
        let (fine, text) =
            check(&format!("export function message() {{}} export function {handler}() {{}}"));
        assert!(fine, "{text}");
    }
}

#[test]
fn two_scripts_of_one_process_talk_with_each_other() {
    let door = "export async function message(client, text) {
        if (text === 'open') actors.send('lamp', 'on');
        else client.send((await actors.request('lamp', text)).text());
    }";
    let lamp = "export function actorMessage(message) { state = message.text(); broadcast(state); }
        export const actorRequest = (message) => `${message.text()}: ${state ?? 'off'}`;
        export function connect(client) { client.send('lamp'); }";
    let server = Server::start(&[
        Actor::script("door", door).receivers(&["lamp"]),
        Actor::script("lamp", lamp).receivers(&[]),
    ]);
    let (mut door, mut lamp) = (server.client("door"), server.client("lamp"));
    lamp.expect("lamp");
    door.ask("state", "state: off");
    door.text("open");
    lamp.expect("on");
    door.ask("state", "state: on");
}

#[test]
fn a_failed_message_of_another_actor_is_in_the_log_and_does_not_come_again() {
    let lamp = "export function actorMessage(message) { broadcast(message.text()); if (message.text() === 'bad') null.x; }
        export function connect(client) { client.send('lamp'); }";
    let server = Server::start(&[
        actor("export function message(client, text) { actors.send('lamp', text); }")
            .receivers(&["lamp"]),
        Actor::script("lamp", lamp).receivers(&[]),
    ]);
    let (mut sender, mut lamp) = (server.client("script"), server.client("lamp"));
    lamp.expect("lamp");
    sender.text("bad");
    server.wait_for(&["WARN", "lamp", "TypeError"]);
    sender.text("good");
    lamp.expect("good");
}
