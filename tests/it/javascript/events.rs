//! The handlers of a script: what they get, and what becomes of what they return.

use serde_json::json;

use super::{Script, actor, error, lines, load};
use crate::support::{Client, Server};

#[test]
fn load_tells_which_handlers_a_script_has_and_what_its_top_level_logs() {
    let source = "console.log('one', 2, { three: 3 }); console.warn('four');
        export const message = (client, data) => {};
        export async function alarm() {}
        export function other() {}";
    let loaded = load(source).unwrap();
    assert_eq!(loaded.handlers, ["alarm", "message"]);
    assert_eq!(loaded.log, [r#"one 2 {"three":3}"#, "warning: four"]);
}

#[test]
fn each_event_reaches_its_handler() {
    let script = Script::new(
        "const log = (...values) => console.log(JSON.stringify(values));
        export function connect(client) { log('connect', client.id, client.info.path, client.info.query); }
        export function message(client, data) { log('message', client.id, typeof data === 'string' ? data : [...data]); }
        export function close(client, code, reason) { log('close', client.id, code, reason); }
        export function alarm() { log('alarm'); }",
    );
    let reports = script.call(&[
        "connect:/ws?a=b",
        "hello",
        "binary:00ff",
        "ping",
        "alarm",
        "close:4001:bye",
    ]);
    let logged: Vec<_> = reports.iter().flat_map(lines).collect();
    assert_eq!(
        logged,
        [
            r#"["connect",1,"/ws","a=b"]"#,
            r#"["message",1,"hello"]"#,
            r#"["message",1,[0,255]]"#,
            r#"["alarm"]"#,
            r#"["close",1,4001,"bye"]"#,
        ]
    );
    assert!(reports.iter().all(|report| report["error"].is_null()));
}

#[test]
fn an_event_without_a_handler_changes_nothing() {
    let report = Script::new("export function alarm() {}").last(&["hello"]);
    assert_eq!((&report["error"], &report["answer"]), (&json!(null), &json!([])));
}

#[test]
fn handle_message_gets_the_state_and_returns_it_with_the_answer() {
    let script = Script::new(
        "export function handleMessage(message, state = { count: 0 }) {
            if (message.type === 'binary') return;
            if (message.type === 'close') return [state, { messages: [] }];
            state.count += 1;
            return [state, [`${message.type} ${message.text ?? ''} ${state.count}`, new Uint8Array([255]),
                { type: 'close', code: 4000, reason: 'enough' }]];
        }",
    );
    let reports = script.call(&["connect", "binary:00"]);
    assert_eq!(
        reports[1]["answer"],
        json!([{ "text": "connect  1" }, { "binary": { "hex": "ff" } }, { "close": { "code": 4000, "reason": "enough" } }])
    );
    assert_eq!(reports[1]["state"], json!({ "before": null, "after": r#"{"count":1}"# }));
}

#[test]
fn the_global_state_is_kept_if_it_changed() {
    let script = Script::new(
        "export function message(client, data) {
            if (data === 'read') console.log(state?.n ?? 'none');
            if (data === 'set') state = { n: 1 };
            if (data === 'change') state.n++;
            if (data === 'drop') state = undefined;
        }",
    );
    let reports = script.call(&["connect", "read", "set", "read", "change", "idle", "drop"]);
    let states: Vec<_> = reports[2..].iter().map(|report| &report["state"]["after"]).collect();
    assert_eq!(
        json!(states),
        json!([null, r#"{"n":1}"#, r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":2}"#, null])
    );
    assert_eq!(
        (lines(&reports[2]), lines(&reports[4])),
        (vec!["none".to_owned()], vec!["1".to_owned()])
    );
}

#[test]
fn a_state_that_the_script_does_not_look_at_is_not_parsed() {
    let script = Script::new(
        "export function message(client, data) { if (data === 'look') client.send(state); else client.send('fine'); }",
    );
    let state = script.path().join("state");
    std::fs::write(&state, "no JSON").unwrap();
    let manifest = script.path().join("manifest.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, format!("init_state = \"state\"\n{text}")).unwrap();
    let reports = script.call(&["connect", "hello", "look"]);
    assert_eq!(reports[2]["effects"], json!([{ "text": "fine", "to": "1" }]));
    assert!(error(&reports[3]).contains("SyntaxError"), "{}", reports[3]);
}

#[test]
fn init_makes_the_first_state() {
    let script = Script::new(
        "export function init(state, name) { return { name, was: state }; } export function alarm() {}",
    );
    assert_eq!(script.call(&[])[0]["state"]["after"], r#"{"name":"script"}"#);
}

#[test]
fn an_event_ends_when_its_promises_are_settled() {
    let script = Script::new(
        "export async function message(client, data) {
            await null; await Promise.all([1, Promise.resolve(2)]);
            queueMicrotask(() => client.send('last'));
            client.send('first');
            await (async () => { state = data; })();
        }",
    );
    let report = script.last(&["connect", "hello"]);
    assert_eq!(
        report["effects"],
        json!([{ "text": "first", "to": "1" }, { "text": "last", "to": "1" }])
    );
    assert_eq!(report["state"]["after"], r#""hello""#);
}

#[test]
fn a_promise_that_nothing_can_settle_is_an_error_of_that_name() {
    let script = Script::new(
        "export async function message(client) { client.send('lost'); state = 1; await new Promise(() => {}); }",
    );
    let report = script.last(&["connect", "hello"]);
    assert!(error(&report).contains("UnsettledPromise: message() waits for a promise"), "{report}");
    assert_eq!((&report["effects"], &report["state"]["after"]), (&json!([]), &json!(null)));
}

#[test]
fn a_rejection_that_nobody_handles_undoes_the_event() {
    let script = Script::new(
        "export function message(client, data) {
            client.send('sent');
            const failed = Promise.reject(new RangeError('unseen'));
            if (data === 'handled') failed.catch(() => {});
        }",
    );
    let reports = script.call(&["connect", "hello", "handled"]);
    assert!(error(&reports[2]).contains("RangeError: unseen"), "{}", reports[2]);
    assert_eq!(reports[3]["error"], json!(null));
}

#[test]
fn a_failed_event_leaves_nothing_and_the_next_one_works() {
    let server = Server::of(actor(
        "export function message(client, data) {
            state = (state ?? 0) + 1;
            client.send(`sent ${state}`);
            Promise.resolve().then(() => { state = 100; });
            if (data === 'fail') throw new Error('on purpose');
        }",
    ));
    let mut client = Client::connect(server.address("script"), "/ws");
    client.text("hello");
    assert_eq!(client.next().to_text().unwrap(), "sent 1");
    client.text("fail");
    client.text("hello");
    assert_eq!(client.next().to_text().unwrap(), "sent 101");
}

#[test]
fn random_numbers_differ_from_event_to_event_and_from_instance_to_instance() {
    let script = Script::new(
        "export function message(client) { console.log(Math.random(), Math.random(), crypto.randomUUID()); }",
    );
    let reports = script.call(&["connect", "a", "b"]);
    let (first, second) = (lines(&reports[2]), lines(&reports[3]));
    assert_ne!(first, second);
    let numbers: Vec<_> = first[0].split(' ').collect();
    assert_ne!(numbers[0], numbers[1]);
    assert!(numbers[..2].iter().all(|number| (0.0..1.0).contains(&number.parse::<f64>().unwrap())));
    assert_eq!((numbers[2].len(), &numbers[2][14..15]), (36, "4"));
}

#[test]
fn a_new_version_converts_the_state_with_migrate() {
    let loaded = load(
        "export function migrate(old) { return { version: 2, old }; } export function alarm() {}",
    )
    .unwrap();
    assert_eq!(loaded.handlers, ["alarm", "migrate"]);
}
