//! What scripts ask of the host.

use serde_json::json;

use super::{Script, actor, error, lines, load, thrown};
use crate::support::{Client, Server};

#[test]
fn clients_have_tags_and_data_and_hear_broadcasts() {
    let server = Server::of(actor(
        "export function connect(client) { client.data = { name: client.info.query }; client.send('in'); }
        export function message(client, data) {
            if (data === 'join') { client.tags.add('room'); client.send(client.tags.has('room')); }
            else if (data === 'leave') { client.tags.delete('room'); client.send(client.tags.has('room')); }
            else if (data === 'who') client.send(clients().map((one) => one.data.name));
            else if (data === 'bye') client.close(4000, 'bye');
            else client.send(broadcast(`${client.data.name}: ${data}`, { tag: 'room', except: client }));
        }",
    ));
    let enter = |name: &str| {
        let mut client = Client::connect(server.address("script"), &format!("/ws?{name}"));
        assert_eq!(client.next().to_text().unwrap(), "in");
        client
    };
    let (mut ann, mut bob) = (enter("ann"), enter("bob"));
    let ask = |client: &mut Client, text: &str| {
        client.text(text);
        client.next().to_text().unwrap().to_owned()
    };
    assert_eq!(ask(&mut ann, "join"), "true");
    assert_eq!(ask(&mut bob, "join"), "true");
    assert_eq!(ask(&mut ann, "who"), r#"["ann","bob"]"#);
    assert_eq!(ask(&mut ann, "hello"), "1");
    assert_eq!(bob.next().to_text().unwrap(), "ann: hello");
    assert_eq!(ask(&mut ann, "leave"), "false");
    bob.text("bye");
    bob.expect_close(4000);
}

#[test]
fn data_that_did_not_change_is_not_written_and_a_change_inside_is() {
    let script = Script::new(
        "export function message(client, data) {
            if (data === 'set') client.data = { list: [] };
            if (data === 'look') client.data.list.length;
            if (data === 'push') client.data.list.push(1);
            if (data === 'drop') client.data = undefined;
        }",
    );
    let reports = script.call(&["connect", "set", "look", "push", "drop"]);
    let kept: Vec<_> = reports[2..].iter().map(|report| &report["attachments"]).collect();
    assert_eq!(
        json!(kept),
        json!([{ "1": r#"{"list":[]}"# }, {}, { "1": r#"{"list":[1]}"# }, { "1": null }])
    );
}

#[test]
fn storage_keeps_json_and_bytes_under_keys_in_their_order() {
    let script = Script::new(
        "export function message(client) {
            for (let i = 0; i < 1200; i++) storage.put(`n/${String(i).padStart(5, '0')}`, i);
            storage.put('a', { b: [1] }); storage.putBytes('bytes', new Uint8Array([0, 255]));
            const all = storage.list('n/');
            console.log(storage.get('a').b[0], [...storage.getBytes('bytes')], all.length, all[1199][1]);
            console.log(storage.list('n/', { after: 'n/01197' }), storage.list('n/', { limit: 2 }));
            console.log(storage.delete('a'), storage.delete('a'), storage.get('a'), storage.list('by', { bytes: true })[0][1][1]);
            storage.deleteAll(); console.log(storage.list());
        }",
    );
    let report = script.last(&["connect", "go"]);
    assert_eq!(
        lines(&report),
        [
            "1 [0,255] 1200 1199",
            r#"[["n/01198",1198],["n/01199",1199]] [["n/00000",0],["n/00001",1]]"#,
            "true false undefined 255",
            "[]",
        ]
    );
    assert!(thrown("storage.put('', 1)").contains("storage.put: the key is empty"));
    assert!(
        thrown("storage.put('a', new Uint8Array(1))").contains("use storage.putBytes for bytes")
    );
    assert!(thrown("storage.put('a', undefined)").contains("storage.put: undefined can't be JSON"));
    assert!(
        thrown("try { storage.put('a', 'x'.repeat(1e5)) } catch (e) { throw e.code }")
            .contains("too-large")
    );
    assert!(
        thrown("storage.putBytes('a', new Uint8Array([255])); storage.get('a')")
            .contains("SyntaxError")
    );
}

#[test]
fn the_alarm_comes_and_can_be_cancelled() {
    let script = Script::new(
        "export function message(client, data) { if (data === 'set') alarm.set(5000); else alarm.cancel(); }
        export function alarm_() {} export { ring as alarm }; function ring() { console.log('ring', Date.now()); }",
    );
    let reports = script.call(&["connect", "set", "+6s", "set", "cancel", "+6s"]);
    let rung: Vec<_> = reports.iter().flat_map(lines).collect();
    assert_eq!(rung, ["ring 1767225605000"]);
    assert!(thrown("alarm.set(-1)").contains("RangeError: the milliseconds of alarm.set"));
    assert!(thrown("alarm.set('soon')").contains("RangeError"));
}

#[test]
fn files_are_read_and_written_in_the_granted_folder() {
    let loaded = load(
        "export function message(client) {
            console.log(files.readText('a.txt'), [...files.read('a.txt')].length, files.list());
            files.createFolder('new'); files.write('new/b', { b: 1 }); files.write('c', new Uint8Array([1]));
            console.log(files.readText('new/b'), files.info('c'), files.info('new').kind);
            files.delete('a.txt');
            try { files.read('gone'); } catch (error) { console.log(error.code, error.message); }
        }",
    )
    .unwrap();
    let folder =
        "[[handlers]]\ntype = \"filesystem\"\nconfig = { path = \"data\", writable = true }\n";
    let script = Script::of(loaded, folder);
    std::fs::create_dir(script.path().join("data")).unwrap();
    std::fs::write(script.path().join("data/a.txt"), "hé").unwrap();
    let report = script.last(&["connect", "go"]);
    assert_eq!(report["error"], json!(null), "{report}");
    assert_eq!(
        lines(&report),
        [
            r#"hé 3 [{"name":"a.txt","kind":"file"}]"#,
            r#"{"b":1} {"kind":"file","size":1} folder"#,
            r#"not-found files.read("gone"): there is nothing of this name in the folder"#,
        ]
    );
    assert_eq!(report["files"]["new/b"], r#"{"b":1}"#);
}

/// A script that may ask servers, with this handler for messages and others.
fn asking(source: &str) -> Script {
    let client =
        "[[handlers]]\ntype = \"http-client\"\nconfig = { allow = [\"http://api.example\"] }\n";
    Script::of(load(source).unwrap(), client)
}

#[test]
fn fetch_waits_for_the_answer_inside_of_the_event() {
    let script = asking(
        "export async function message(client, data) {
            const response = await fetch('http://api.example/lamp', { body: { on: true }, headers: { 'X-A': '1' } });
            console.log(response.status, response.ok, response.headers['x-b'], await response.json(), response.text());
            await fetch('http://other.example/').catch((error) => console.log(error.code));
        }",
    );
    let answers = r#"{"answers": {"POST http://api.example/lamp": {"status": 201, "headers": {"X-B": "2"}, "body": "{\"a\":1}"}}}"#;
    let report = script.call_lines(answers, &["connect", "go"]).pop().unwrap();
    assert_eq!(lines(&report), [r#"201 true 2 {"a":1} {"a":1}"#, "denied"], "{report}");
    let request = &report["fetches"][0]["request"];
    assert_eq!(request["body"], r#"{"on":true}"#);
    assert!(request["headers"].to_string().contains("application/json"), "{request}");
}

#[test]
fn fetch_later_brings_the_answer_as_an_event() {
    let script = asking(
        "export function message(client, data) { fetchLater('lamp', 'http://api.example/' + data); }
        export function response(tag, answer, error) { console.log(tag, answer?.text(), error?.code); }",
    );
    let answers = r#"{"answers": {"http://api.example/on": "yes", "http://api.example/slow": {"error": "timed-out"}}}"#;
    let reports = script.call_lines(answers, &["connect", "on", "slow"]);
    let logged: Vec<_> = reports.iter().flat_map(lines).collect();
    assert_eq!(logged, ["lamp yes undefined", "lamp undefined timed-out"], "{reports:?}");
}

#[test]
fn an_import_that_is_not_granted_ends_the_event_with_what_to_add() {
    let reports = Script::new("export function connect() { files.read('a'); }").call(&["connect"]);
    assert!(error(&reports[1]).contains("the manifest grants no files"), "{reports:?}");
}

#[test]
fn http_requests_are_answered_with_texts_bytes_and_json() {
    let loaded = load(
        "export function connect() {}
        export function http(request) {
            switch (request.path) {
                case '/text': return `${request.method} ${request.query} ${request.headers.accept}`;
                case '/json': return { body: request.json() };
                case '/made': return { status: 201, headers: { 'X-A': 'b', 'Content-Type': 'text/html' }, body: '<p>' };
                case '/bytes': return new Uint8Array([0, 255]);
                case '/empty': return { status: 204 };
                case '/state': state = (state ?? 0) + 1; return String(state);
                case '/wrong': return { status: 99 };
            }
        }",
    )
    .unwrap();
    let server = "[[handlers]]\ntype = \"http-server\"\nconfig = { port = 0 }\n";
    let script = Script::of(loaded, server);
    let get = r#"{"event": "http", "method": "GET", "path": "/text", "query": "a=b", "headers": {"Accept": "x"}}"#;
    let reports = script.call_lines(
        get,
        &[
            "http:POST /json {\"a\":1}",
            "http:/made",
            "http:/bytes",
            "http:/empty",
            "http:/state",
            "http:/state",
            "http:/none",
            "http:/wrong",
        ],
    );
    let body = |number: usize| &reports[number]["answer"][0]["response"];
    assert_eq!(body(1)["body"], "GET a=b x");
    assert_eq!(body(2)["body"], r#"{"a":1}"#);
    assert!(body(2)["headers"].to_string().contains("application/json"));
    assert_eq!((&body(3)["status"], &body(3)["body"]), (&json!(201), &json!("<p>")));
    assert!(body(3)["headers"].to_string().contains("text/html"));
    assert_eq!(body(4)["body"], json!({ "hex": "00ff" }));
    assert_eq!(body(5)["status"], 204);
    assert_eq!(body(7)["body"], "2");
    assert!(error(&reports[8]).contains("http returned nothing"));
    assert!(error(&reports[9]).contains("a status is an integer from 100 to 999"));
}
