//! What the host refuses: each error's code and text.

use std::fs;

use super::{Script, error, lines, load, thrown};

/// A manifest's handler for a folder in which the script may do what `keys` say.
fn folder(keys: &str) -> String {
    format!("[[handlers]]\ntype = \"filesystem\"\nconfig = {{ path = \"data\"{keys} }}\n")
}

/// Runs each case in an event of its own, and compares the beginning of the code with the message that it
/// throws. A case may use `client`.
fn refuse(handlers: &str, limits: &[&str], answers: &str, cases: &[(&str, &str)]) {
    let bodies: String =
        cases.iter().map(|(body, _)| format!("async (client) => {{ {body}; }},\n")).collect();
    let source = format!(
        "const cases = [{bodies}];
        export async function message(client, number) {{
            try {{ await cases[number](client); console.log('nothing'); }}
            catch (error) {{ console.log(error.code, error.message); }}
        }}"
    );
    let script = Script::of(load(&source).unwrap(), handlers);
    let data = script.path().join("data");
    fs::create_dir_all(data.join("folder/inside")).unwrap();
    fs::write(data.join("file"), "x".repeat(2000)).unwrap();
    let script = limits.iter().fold(script, |script, line| script.limit(line));
    let numbers: Vec<_> = (0..cases.len()).map(|number| number.to_string()).collect();
    let events: Vec<_> = ["connect"].into_iter().chain(numbers.iter().map(|it| &**it)).collect();
    let reports = script.call_lines(answers, &events);
    let reports: Vec<_> = reports.iter().filter(|report| report["event"] == "text").collect();
    assert_eq!(reports.len(), cases.len());
    for (report, (body, expected)) in reports.into_iter().zip(cases) {
        let said = lines(report).concat();
        assert!(said.starts_with(expected), "{body}: {said}, and not {expected}: {report}");
    }
}

#[test]
fn of_clients() {
    let long = "outbox = 1000";
    refuse(
        "",
        &[long, "tags = 1", "tag = 8"],
        "",
        &[
            ("for (;;) client.send('x'.repeat(900))", "full client.send: "),
            (
                "client.close(999)",
                "invalid client.close: the host refuses the value: see limits.tag",
            ),
            ("client.close(1000.5)", "invalid client.close"),
            ("client.tags.add('')", "invalid client.tags.add: the host refuses the value"),
            ("client.tags.add('123456789')", "invalid client.tags.add"),
            ("client.tags.add('a').add('b')", "invalid client.tags.add"),
            ("client.send(undefined)", "undefined client.send: undefined can't be JSON"),
            ("broadcast('a', { except: 1 })", "undefined except takes a client"),
            ("new client.constructor()", "undefined clients connect, they can't be made"),
        ],
    );
    let many = [
        (
            "for (;;) client.send('x'.repeat(600))",
            "limit client.send: the event has asked for more",
        ),
        ("for (;;) broadcast('x'.repeat(600))", "limit broadcast: the event has asked for more"),
    ];
    refuse("", &["effects = 1024"], "", &many);
}

#[test]
fn of_a_client_that_is_gone_whose_handshake_is_still_known() {
    let script = Script::new(
        "export function close(client) {
            console.log(client.info.path, clients().length);
            for (const call of [() => client.send('a'), () => client.close(), () => client.tags.add('a')]) {
                try { call(); } catch (error) { console.log(error.code, error.message); }
            }
        }",
    );
    assert_eq!(
        lines(&script.last(&["connect", "close"])),
        [
            "/ws 0",
            "gone client.send: the client is gone",
            "gone client.close: the client is gone",
            "gone client.tags.add: the client is gone",
        ]
    );
}

#[test]
fn of_a_clients_data_when_the_event_ends() {
    let source = "export function connect(client) { client.data = 'x'.repeat(2000); }";
    let report = Script::new(source).limit("attachment = 1000").last(&["connect"]);
    assert!(error(&report).contains("client.data: the host refuses the value"), "{report}");
}

#[test]
fn of_storage() {
    refuse(
        "",
        &["storage = 2000", "storage_value = 1500", "storage_key = 8"],
        "",
        &[
            ("storage.put('', 1)", "invalid-key storage.put: the key is empty, or longer than"),
            ("storage.put('123456789', 1)", "invalid-key storage.put"),
            (
                "storage.put('a', 'x'.repeat(1500))",
                "too-large storage.put: the value is larger than",
            ),
            ("storage.put('a', 'x'.repeat(1400))", "nothing"),
            (
                "storage.put('b', 'x'.repeat(1400))",
                "full storage.put: the entries take 1467 bytes; more would exceed limits.storage",
            ),
            ("storage.putBytes('a', 'text')", "undefined storage.putBytes takes an ArrayBuffer"),
            ("storage.list('', { limit: -1 })", "undefined limit must be an integer from 0"),
        ],
    );
    let many =
        [("for (let i = 0; ; i++) storage.put(String(i), 1)", "limit storage.put: the event has")];
    refuse("", &["effects = 1024"], "", &many);
}

#[test]
fn of_files() {
    refuse(
        &folder(", writable = true"),
        &["file_access = 1000"],
        "",
        &[
            (
                "files.read('none')",
                r#"not-found files.read("none"): there is nothing of this name"#,
            ),
            ("files.read('../manifest.toml')", r#"not-found files.read("../manifest.toml")"#),
            (
                "files.read('folder')",
                r#"wrong-kind files.read("folder"): it is a folder instead of"#,
            ),
            ("files.list('file')", r#"wrong-kind files.list("file")"#),
            ("files.readText('file')", r#"too-large files.read("file"): it is larger than limits"#),
            ("files.write('new', 'x'.repeat(1001))", r#"too-large files.write("new")"#),
            ("files.write('none/new', '')", r#"not-found files.write("none/new")"#),
            ("files.info('none')", r#"not-found files.info("none")"#),
            ("files.delete('folder')", r#"wrong-kind files.delete("folder")"#),
            (
                "files.createFolder('folder')",
                r#"exists files.createFolder("folder"): there is some"#,
            ),
            (
                "files.deleteFolder('folder')",
                r#"not-empty files.deleteFolder("folder"): the folder"#,
            ),
            ("files.deleteFolder('folder/inside'); files.deleteFolder('folder')", "nothing"),
        ],
    );
    let denied = [("files.write('new', 'a')", r#"denied files.write("new"): the host may not do"#)];
    refuse(&folder(""), &[], "", &denied);
    let many =
        [("for (;;) files.write('new', 'x'.repeat(600))", r#"limit files.write("new"): the e"#)];
    refuse(&folder(", writable = true"), &["effects = 1024"], "", &many);
}

#[test]
fn of_requests_to_servers() {
    let client =
        "[[handlers]]\ntype = \"http-client\"\nconfig = { allow = [\"http://a.example\"] }\n";
    let names = ["timed-out", "too-large", "interrupted", "unresolved", "no cable"];
    let answer = |name: &&str| format!(r#""http://a.example/{name}": {{"error": "{name}"}}"#);
    let answers =
        names.iter().map(answer).collect::<Vec<_>>().join(", ").replace("no cable\":", "failed\":");
    let answers = format!(r#"{{"answers": {{{answers}}}}}"#);
    let fetch = |path: &str| format!("await fetch('http://a.example/{path}')");
    let bodies: Vec<_> =
        ["timed-out", "too-large", "interrupted", "unresolved", "failed"].map(fetch).into();
    let expected = [
        "timed-out fetch: it took too long; the server may have got the request",
        "too-large fetch: the answer is larger than maxBody, or limits.fetch_response",
        "interrupted fetch: the host was stopped before the answer came; the server may have",
        "unresolved fetch: it has no address",
        "failed fetch: no cable",
    ];
    let mut cases: Vec<_> = bodies.iter().map(|body| &**body).zip(expected).collect();
    cases.extend([
        ("await fetch('http://b.example/')", "denied fetch: "),
        ("fetchLater('a', 'http://b.example/')", "denied fetchLater: "),
        ("await fetch('http://a.example/', { method: 'TRACE' })", "invalid fetch: "),
        ("await fetch('http://a.example/', { headers: { Host: 'b' } })", "invalid fetch: "),
        (
            "await fetch('http://a.example/', { redirect: 'error' })",
            "undefined redirect is \"follow\" or",
        ),
        (
            "await fetch('http://a.example/', { timeout: 1.5 })",
            "undefined timeout must be an integer",
        ),
        (
            "await fetch('http://a.example/', { maxBody: -1 })",
            "undefined maxBody must be an integer",
        ),
        ("for (;;) fetchLater('a', 'http://a.example/')", "limit fetchLater: the event has asked"),
    ]);
    refuse(client, &["fetches = 2"], &answers, &cases);
}

#[test]
fn of_answers() {
    let answers = |value: &str| {
        let source = format!("export function handleMessage() {{ return {value}; }}");
        error(&Script::new(&source).last(&["connect"])).to_owned()
    };
    for (value, expected) in [
        ("'a text'", "TypeError: handleMessage returns [state, messages], or nothing"),
        ("[1, [7]]", "TypeError: a message is a string, bytes, or an object whose type is"),
        ("[1, [{ type: 'binary', data: 'a' }]]", "TypeError: binary takes an ArrayBuffer or"),
    ] {
        let said = answers(value);
        assert!(said.contains(expected), "{value}: {said}");
    }
    assert!(
        thrown("crypto.getRandomValues(new Uint8Array(65537))").contains("at most 65,536 bytes")
    );
    assert!(thrown("alarm.set(1.5)").contains("must be an integer from 0"));
}
