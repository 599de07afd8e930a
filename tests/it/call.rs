//! `footlight call`: events without a network, and what they do.

use std::{fs, io::Write as _, path::Path, process::Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{SHAPES, actors_root, footlight, guest, program};

/// What a run printed, and its exit code.
struct Called {
    code: i32,
    out: String,
    error: String,
}

impl Called {
    /// The reports of `--json`.
    fn reports(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        self.out.lines().map(parse).collect()
    }
}

fn call(args: &[&str]) -> Called {
    let output = footlight(&[&["call"], args].concat());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    Called { code, out: text(output.stdout), error: text(output.stderr) }
}

/// The file of a test guest.
fn module(name: &str) -> String {
    actors_root().join(format!("tests/guests/{name}.wasm")).display().to_string()
}

/// The reports of these events, given to the test guest without a manifest. The first is that of
/// `init`.
fn reports(words: &[&str]) -> Vec<Value> {
    let module = module("events");
    let called = call(&[&[module.as_str(), "--json"], words].concat());
    assert!(called.code < 2, "{}", called.error);
    called.reports()
}

/// The last report of these events.
fn last(words: &[&str]) -> Value {
    reports(words).pop().unwrap()
}

/// A folder with a file of these lines.
fn lines(lines: &[&str]) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.jsonl");
    fs::write(&file, lines.join("\n")).unwrap();
    let file = file.display().to_string();
    (folder, file)
}

#[test]
fn events_reach_each_form_of_the_interface_and_answers_and_states_are_shown() {
    for shape in SHAPES {
        let called = call(&[&module(shape), "hello", "binary:00ff", "close:4001:bye"]);
        assert_eq!((called.code, &*called.error), (0, ""));
        let mut parts = called.out.lines().filter(|line| !line.starts_with("  took "));
        let mut next = || parts.next().unwrap_or_default().to_owned();
        assert_eq!(next(), "init");
        assert_eq!(next(), "  state    none → \"0\"");
        assert_eq!(next(), "1: connect (#1)");
        assert_eq!(next(), "  answer   text \"state:0\"");
        assert_eq!(next(), "  state    \"0\" → \"1\"");
        assert_eq!(next(), "1: text \"hello\" (#1)");
        assert_eq!(next(), "  answer   text \"hello\"");
        assert_eq!(next(), "  state    \"1\" → \"2\"");
        assert_eq!(next(), "1: binary hex 00ff (#1)");
        assert_eq!(next(), "  answer   binary hex 00ff");
        assert_eq!(next(), "  state    \"2\" → \"3\"");
        assert_eq!(next(), "1: close code 4001 reason \"bye\" (#1)");
        assert_eq!(next(), "  state    \"3\" → \"4\"");
        assert_eq!(next(), "  log      actor: close 4001 bye");
        assert_eq!(next(), "");
    }
}

#[test]
fn everything_that_a_call_does_is_in_its_report() {
    let request = "do tag 1 red; attach 1 note; put k v; alarm 5000; write f text; broadcast - 1 \
                   all; send 2 you; close 2 4001 bye; log";
    let all = reports(&["connect", "2@connect", request]);
    let report = &all[3];
    assert_eq!(report["error"], Value::Null);
    assert_eq!((&report["client"], &report["connection"]), (&json!("1"), &json!(1)));
    assert_eq!(report["message"], json!({ "text": request }));
    assert_eq!(
        report["effects"],
        json!([
            { "broadcast": ["2"], "text": "all" },
            { "to": "2", "text": "you" },
            { "to": "2", "close": { "code": 4001, "reason": "bye" } },
        ])
    );
    assert_eq!(report["tags"], json!({ "1": ["red"] }));
    assert_eq!(report["attachments"], json!({ "1": "note" }));
    assert_eq!(report["storage"], json!({ "k": { "before": null, "after": "v" } }));
    assert_eq!(report["alarm"], json!({ "set": 5000 }));
    assert_eq!(report["files"], json!({ "f": "text" }));
    assert_eq!(report["state"], json!({ "before": "2", "after": "3" }));
    assert_eq!(report["log"], json!([{ "level": "info", "text": "actor: a line from guide" }]));
    assert!(report["fuel"].as_u64().unwrap() > 1000 && report["ms"].as_f64().unwrap() > 0.0);
    // The client that was closed answers with the same close.
    let closed = &all[4];
    assert_eq!((&closed["event"], &closed["client"]), (&json!("close"), &json!("2")));
    assert_eq!(closed["message"], json!({ "close": { "code": 4001, "reason": "bye" } }));
    assert_eq!(all.len(), 5);
}

#[test]
fn a_failed_event_changes_nothing_says_why_and_ends_with_exit_code_1() {
    let called = call(&[&module("events"), "--json", "do put k v; write f x; trap", "count"]);
    let all = called.reports();
    assert_eq!(called.code, 1);
    assert!(all[2]["error"].as_str().unwrap().contains("`unreachable` instruction"), "{}", all[2]);
    assert_eq!((&all[2]["storage"], &all[2]["files"]), (&json!({}), &json!({})));
    assert_eq!(all[2]["state"], json!({ "before": "1", "after": "1" }));
    // The failure is told once.
    assert_eq!(all[2]["log"], json!([]));
    // Its client is closed, and comes back.
    assert_eq!(all[3]["message"]["close"]["code"], 1011);
    assert_eq!((&all[4]["event"], &all[4]["connection"]), (&json!("connect"), &json!(2)));
    assert_eq!(call(&[&module("events"), "count"]).code, 0);
    let returned = call(&[&module("result"), "err"]);
    assert_eq!(returned.code, 1);
    assert!(returned.out.contains("  FAILED   asked to\n"), "{}", returned.out);
    let refused = call(&[&module("events"), "other"]);
    assert!(refused.code == 1 && refused.out.contains("mystery"), "{}", refused.out);
}

#[test]
fn an_actor_that_can_not_start_is_reported_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = guest("result").name("refuse").write(folder.path());
    let called = call(&[manifest.to_str().unwrap(), "hello"]);
    assert_eq!((called.code, &*called.error), (1, ""));
    assert!(called.out.contains("FAILED   the actor's `init` returned an error: init refuses"));
    let missing = call(&["/nowhere/actor.wasm"]);
    assert!(missing.code == 1 && missing.error.contains("/nowhere/actor.wasm"));
}

#[test]
fn time_stands_still_until_it_passes_and_alarms_come_in_it() {
    let now = |report: &Value| report["answer"].as_array().unwrap().last().unwrap().clone();
    let start = 1_767_225_600_000_u64;
    assert_eq!(now(&last(&["do now"])), json!({ "text": format!("now {start}") }));
    assert_eq!(now(&last(&["--now", "5", "do now"])), json!({ "text": "now 5" }));
    assert_eq!(now(&last(&["--now", "1970-01-02", "do now"])), json!({ "text": "now 86400000" }));
    let late = last(&["+5s", "do now"]);
    assert_eq!(now(&late), json!({ "text": format!("now {}", start + 5000) }));
    let all = reports(&["do tag 1 alarm; alarm 2000", "+5s", "do now"]);
    assert_eq!((&all[3]["event"], &all[3]["now"]), (&json!("alarm"), &json!(start + 2000)));
    assert_eq!(all[3]["effects"], json!([{ "to": "1", "text": "alarm" }]));
    assert_eq!(now(&all[4]), json!({ "text": format!("now {}", start + 5000) }));
    assert_eq!(reports(&["do alarm 2000", "+1999ms"]).len(), 3);
    // `alarm` goes on to the moment of the alarm, and comes without one, too.
    let all = reports(&["do alarm 2000", "alarm", "alarm"]);
    assert_eq!((&all[3]["now"], &all[4]["now"]), (&json!(start + 2000), &json!(start + 2000)));
    assert_eq!(all[3]["alarm"], Value::Null);
}

#[test]
fn ticks_of_the_manifest_come_in_the_time_that_passes_up_to_a_bound() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = guest("events").key("tick = \"1s\"").write(folder.path());
    let manifest = manifest.to_str().unwrap();
    let called = call(&[manifest, "--json", "+3500ms"]);
    let events: Vec<_> = called.reports().iter().map(|report| report["event"].clone()).collect();
    assert_eq!(events, ["init", "alarm", "alarm", "alarm"]);
    let many = call(&[manifest, "+1h"]);
    assert!(many.code == 2 && many.error.contains("more than 1000 alarms"), "{}", many.error);
}

#[test]
fn random_numbers_come_from_the_seed_or_from_the_script() {
    let random = |words: &[&str]| last(words)["answer"][0]["text"].clone();
    let first = random(&["do random 8"]);
    assert_eq!(random(&["do random 8"]), first);
    assert_eq!(random(&["--seed", "0", "do random 8"]), first);
    assert_ne!(random(&["--seed", "1", "do random 8"]), first);
    let (_folder, file) = lines(&[r#"{"random":{"hex":"0102"},"text":"do random 3; random 2"}"#]);
    let given = random(&["--events", &file]);
    let given = given.as_str().unwrap();
    assert!(given.starts_with("random 0102") && given.len() == "random 010203".len(), "{given}");
}

#[test]
fn imports_answer_from_the_file_of_events() {
    let (_folder, file) = lines(&[
        "# A sensor that warms up.",
        r#"{"files":{"temp":"21.5","gone":null,"sub/a":{"hex":"00"}},"text":"do read temp; read gone"}"#,
        "",
        r#"{"files":{"temp":"22"},"now":1767225600500,"text":"do read temp; now; list-files "}"#,
        r#""do write temp 5; read temp""#,
        r#""do read temp""#,
        r#"{"files":{"empty":{"folder":true}},"text":"do stat empty; stat temp; names ; exists gone"}"#,
        r#""do remove-folder empty; remove temp; folder new; write-file new/a x; names new""#,
        r#""do names ; exists empty; read temp; delete-file new/a; delete-dir new""#,
    ]);
    let all = reports(&["--events", &file]);
    let answers = |index: usize| -> Vec<&str> {
        let all = all[index]["answer"].as_array().unwrap();
        all.iter().map(|message| message["text"].as_str().unwrap()).collect()
    };
    assert_eq!(answers(2), ["content 21.5", "not-found"]);
    assert_eq!(answers(3), ["content 22", "now 1767225600500", "entries sub:folder temp:file"]);
    // A call sees its own changes.
    assert_eq!(answers(4), ["done", "content 5"]);
    assert_eq!(answers(5), ["content 5"]);
    assert_eq!(answers(6), ["folder 0", "file 1", "names empty sub temp", "false"]);
    assert_eq!(answers(7), ["done", "done", "done", "done", "names a"]);
    let changed = json!({"empty": null, "temp": null, "new": {"folder": true}, "new/a": "x"});
    assert_eq!((&all[6]["files"], &all[7]["files"]), (&json!({}), &changed));
    assert_eq!(answers(8), ["names new sub", "false", "not-found", "done", "done"]);
    assert_eq!(all[8]["files"], json!({"new/a": null, "new": null}));
}

#[test]
fn requests_reach_each_form_of_the_interface_and_their_responses_are_shown() {
    for shape in SHAPES {
        let (_folder, file) = lines(&[
            r#""http:/count?a=b""#,
            r#"{"event":"http","method":"PUT","path":"/x","headers":{"X-A":"1"},"body":{"hex":"00ff"}}"#,
        ]);
        let called = call(&[&module(shape), "--json", "--events", &file]);
        let all = called.reports();
        assert_eq!((called.code, all.len()), (0, 3), "{}", called.error);
        assert_eq!(
            all[1]["message"]["request"],
            json!({ "method": "GET", "uri": "/count?a=b", "headers": [], "body": null })
        );
        assert_eq!((&all[1]["event"], &all[1]["connection"]), (&json!("http"), &Value::Null));
        assert!(all[1]["answer"][0]["response"]["status"].is_u64(), "{}", all[1]);
        let put = &all[2]["message"]["request"];
        assert_eq!((&put["method"], &put["uri"]), (&json!("PUT"), &json!("/x")));
        assert_eq!(put["headers"], json!([["x-a", "1"]]));
        assert_eq!(put["body"], json!({ "hex": "00ff" }));
    }
    let large = format!("http:POST / {}", "x".repeat((64 << 10) + 1));
    let refused = call(&[&module("events"), &large]);
    assert!(refused.code == 2 && refused.error.contains("`limits.request`, 65536"));
    let without = call(&[&module("asker-guide"), "http:/"]);
    assert!(without.code == 2 && without.error.contains("does not export `handle-request`"));
}

#[test]
fn servers_answer_from_the_file_of_events() {
    let (_folder, file) = lines(&[
        r#"{"answers":{"https://a.example/x":"on","POST https://a.example/x":{"status":404,"body":"no"}}}"#,
        r#""fetch GET https://a.example/x""#,
        r#""fetch POST https://a.example/x content""#,
        r#""later lamp https://a.example/x""#,
        r#"{"answers":{"https://a.example/x":{"error":"timed-out"}},"text":"fetch GET https://a.example/x"}"#,
        r#""fetch GET https://b.example/""#,
    ]);
    let all = call(&[&module("asker-guide"), "--json", "--events", &file]).reports();
    let text = |index: usize| all[index]["answer"][0]["text"].as_str().unwrap_or_default();
    assert!(text(2).contains("200") && text(2).contains("on"), "{}", all[2]);
    assert_eq!(all[2]["fetches"][0]["request"]["uri"], "https://a.example/x");
    assert_eq!(all[2]["fetches"][0]["response"]["body"], "on");
    assert!(text(3).contains("404"), "{}", all[3]);
    assert_eq!(all[3]["fetches"][0]["request"]["body"], "content");
    // The request leaves after its event, and its answer is the next one.
    assert_eq!(text(4), "asked");
    let fetch = json!({ "fetch": "GET https://a.example/x", "tag": "lamp" });
    assert_eq!(all[4]["effects"], json!([fetch]));
    assert_eq!(
        (&all[5]["event"], &all[5]["message"]["tag"]),
        (&json!("http-response"), &json!("lamp"))
    );
    assert_eq!(all[5]["message"]["response"]["body"], "on");
    assert!(text(6).contains("timed-out"), "{}", all[6]);
    // No request leaves the machine.
    assert!(text(7).contains("`answers` has none to GET https://b.example/"), "{}", all[7]);
    assert_eq!(all.len(), 8);
}

#[test]
fn an_actor_may_ask_only_whom_its_manifest_allows() {
    let folder = tempfile::tempdir().unwrap();
    let manifest =
        guest("asker-guide").servers("allow = [\"http://a.example\"]").write(folder.path());
    let manifest = manifest.to_str().unwrap();
    let (_folder, file) = lines(&[
        r#"{"answers":{"http://a.example/":"yes","http://b.example/":"no"}}"#,
        r#""fetch GET http://a.example/""#,
        r#""fetch GET http://b.example/""#,
    ]);
    let all = call(&[manifest, "--json", "--events", &file]).reports();
    let text = |index: usize| all[index]["answer"][0]["text"].as_str().unwrap_or_default();
    assert!(text(2).contains("yes"), "{}", all[2]);
    assert!(text(3).contains("denied"), "{}", all[3]);
    assert_eq!(all[3]["fetches"], json!([]));
}

#[test]
fn files_of_a_granted_folder_are_read_and_written_only_if_asked_to() {
    let (folder, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(own.path().join("real"), "on the disk").unwrap();
    let manifest = guest("events").folder(own.path(), "writable = true").write(folder.path());
    let manifest = manifest.to_str().unwrap();
    let event = "do read real; write new text";
    let called = call(&[manifest, "--json", event, "do read new"]);
    let all = called.reports();
    assert_eq!(all[2]["answer"], json!([{ "text": "content on the disk" }, { "text": "done" }]));
    assert_eq!(all[2]["files"], json!({ "new": "text" }));
    assert_eq!(all[3]["answer"], json!([{ "text": "content text" }]));
    assert!(!own.path().join("new").exists());
    assert_eq!(call(&[manifest, "--write", event]).code, 0);
    assert_eq!(fs::read_to_string(own.path().join("new")).unwrap(), "text");
    // What the manifest does not grant is refused.
    let manifest = guest("events").folder(own.path(), "").write(folder.path());
    let called = call(&[manifest.to_str().unwrap(), "--json", "do write new x"]);
    assert_eq!(called.reports()[2]["answer"], json!([{ "text": "denied" }]));
}

#[test]
fn a_run_begins_with_the_state_of_a_file_or_of_a_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (state, data) = (folder.path().join("state"), folder.path().join("data"));
    fs::write(&state, "41").unwrap();
    let all = reports(&["--state", state.to_str().unwrap(), "count"]);
    assert_eq!(all[0]["state"], json!({ "before": null, "after": "41" }));
    let backup = r#"{"format":1,"actors":{"events":
        {"state":"7","keys":{"k":"v"},"open":[3],"alarm":{"at":1767225601000,"left":1000}}}}"#;
    let file = folder.path().join("backup.json");
    fs::write(&file, backup).unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    fs::create_dir(&data).unwrap();
    assert!(footlight(&["state", "import", &path(&data), &path(&file)]).status.success());
    let export = || footlight(&["state", "export", &path(&data)]).stdout;
    let before = export();
    let all = reports(&["--data", &path(&data), "do get k; put k new", "+1s"]);
    assert_eq!(all[0]["state"]["after"], "7");
    // The connection that was open has ended.
    assert_eq!((&all[1]["event"], &all[1]["connection"]), (&json!("close"), &json!(3)));
    assert_eq!(all[3]["answer"][0], json!({ "text": "value v" }));
    assert_eq!((&all[4]["event"], all.len()), (&json!("alarm"), 5));
    assert_eq!(export(), before);
}

#[test]
fn expected_reports_are_written_and_compared_and_the_first_difference_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let golden = folder.path().join("golden").display().to_string();
    let module = module("events");
    let base = [&*module, "hello", "trap", "--expect", &golden];
    let run = |more: &[&str]| call(&[&base, more].concat());
    let missing = run(&[]);
    assert!(missing.code == 1 && missing.error.contains("golden: cannot be read"));
    let updated = run(&["--update"]);
    assert_eq!((updated.code, updated.out), (0, format!("5 events are written to {golden}\n")));
    let text = fs::read_to_string(&golden).unwrap();
    assert!(!text.contains("\"fuel\"") && !text.contains("\"ms\""), "{text}");
    // The failed event is expected.
    let same = run(&[]);
    assert_eq!((same.code, same.out), (0, format!("5 events, all as in {golden}\n")));
    fs::write(&golden, text.replace(r#"[{"text":"hello"}]"#, r#"[{"text":"HELLO"}]"#)).unwrap();
    let different = run(&[]);
    let expected = format!(
        "{golden}:3: event 3, text of 1, differs in `answer[0].text`:\n  expected \"HELLO\"\n  found \
         \x20  \"hello\"\n"
    );
    assert_eq!((different.code, different.out), (1, expected));
    // With `--json`, standard output has nothing but the reports.
    let different = run(&["--json"]);
    assert_eq!((different.code, different.reports().len()), (1, 5));
    assert!(different.error.contains("differs in `answer[0].text`"), "{}", different.error);
    fs::write(&golden, &text).unwrap();
    let more = run(&["more"]);
    assert!(more.code == 1 && more.out.contains("event 6, connect of 1, is not expected"));
    fs::write(&golden, text.clone() + "{\"event\":\"alarm\"}\n").unwrap();
    let fewer = run(&[]);
    assert!(fewer.code == 1 && fewer.out.contains("golden:6: alarm is missing"), "{}", fewer.out);
    // Lines by hand have only what matters.
    fs::write(&golden, "{}\n{}\n{\"answer\":[{\"text\":\"hello\"}]}\n{}\n{}\n").unwrap();
    assert_eq!(run(&[]).code, 0);
    fs::write(&golden, "{\n").unwrap();
    assert!(run(&[]).error.contains("golden:1: not JSON"));
    let alone = call(&[&module, "--update"]);
    assert!(alone.code == 2 && alone.error.contains("needs --expect FILE"), "{}", alone.error);
}

#[test]
fn an_endless_loop_ends_at_the_limit_of_time_and_is_the_same_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = guest("events").limit("time", "\"20ms\"").write(folder.path());
    let manifest = manifest.to_str().unwrap();
    let golden = folder.path().join("golden").display().to_string();
    let base = [manifest, "loop", "hello", "--expect", &golden];
    assert_eq!(call(&[&base[..], &["--update"]].concat()).code, 0);
    let text = fs::read_to_string(&golden).unwrap();
    assert!(text.contains("it computed for 20ms in"), "{text}");
    let again = call(&base);
    assert_eq!(again.code, 0, "{}", again.out);
}

#[test]
fn what_a_client_does_not_read_in_a_run_blocks_nobody() {
    let broadcast = "do repeat 8 broadcast-big - 0 60000";
    let all = reports(&["2@connect", broadcast, "do send-big 2 60000", "do send-big 2 60000"]);
    // That is more than an outbox has, and nobody is closed as too slow.
    assert_eq!(all[3]["effects"].as_array().unwrap().len(), 8);
    assert_eq!(all[5]["answer"], json!([{ "text": "sent 60000" }]));
    assert_eq!((all.len(), &all[3]["log"]), (6, &json!([])));
}

#[test]
fn output_is_bounded_and_json_for_any_bytes() {
    let report = last(&["state:100000"]);
    let after = &report["state"]["after"];
    assert_eq!((&after["bytes"], &after["beginning"]), (&json!(100_000), &json!("1".repeat(1024))));
    let (_folder, file) = lines(&[
        r#"{"data":{"hex":"00ff1b5b33316d0a"}}"#,
        r#"{"text":"\u202e\u0000\u001b[31m\n\"\\"}"#,
    ]);
    let called = call(&[&module("events"), "--json", "--events", &file]);
    assert!(called.out.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'));
    let all = called.reports();
    assert_eq!(all[2]["answer"], json!([{ "binary": { "hex": "00ff1b5b33316d0a" } }]));
    assert_eq!(all[3]["answer"], json!([{ "text": "\u{202e}\0\u{1b}[31m\n\"\\" }]));
    let text = call(&[&module("events"), "--events", &file]).out;
    assert!(text.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{text}");
    let lines = last(&["do repeat 2000 log; log"]);
    assert!(lines["log"].as_array().unwrap().len() <= 1001);
}

#[test]
fn a_connection_tells_who_its_client_is() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = guest("events").config("path = \"/chat\"").write(folder.path());
    let manifest = manifest.to_str().unwrap();
    let (_lines, file) = lines(&[
        r#""do info 1""#,
        r#"{"event":"connect","client":2,"path":"/p","query":"a=b","peer":"[::1]:5","subprotocol":"s"}"#,
        r#"{"client":2,"text":"do info 2; sender"}"#,
    ]);
    let all = call(&[manifest, "--json", "--events", &file]).reports();
    let since = "since=1767225600000";
    assert_eq!(
        all[2]["answer"][0]["text"],
        format!("peer=192.0.2.1:50000 path=/chat query= subprotocol=none {since}")
    );
    assert_eq!(
        all[4]["answer"][0]["text"],
        format!("peer=[::1]:5 path=/p query=a=b subprotocol=s {since}")
    );
    assert_eq!(all[4]["answer"][1]["text"], "sender 2");
}

#[test]
fn a_script_that_can_not_be_is_refused_at_its_place_with_exit_code_2() {
    for (words, part) in [
        (&["connect", "connect"][..], "the event \"connect\": the client `1` is connected already"),
        (&["close"], "the client `1` is not connected"),
        (&["binary:0"], "the event \"binary:0\": data: is neither a string nor"),
        (&["close:1004"], "1004 is no code that a connection ends with"),
    ] {
        let called = call(&[&[&*module("events")], words].concat());
        assert_eq!(called.code, 2);
        assert!(called.error.contains(part), "{}", called.error);
    }
    let long = format!("text:{}", "x".repeat((64 << 10) + 1));
    let called = call(&[&module("events"), &long]);
    assert!(called.code == 2 && called.error.contains("`limits.message`, 65536"));
    let (_folder, file) = lines(&["\"hi\"", r#"{"now":5}"#]);
    let called = call(&[&module("events"), "--events", &file]);
    let expected = format!("footlight: {file}:2: it is later already");
    assert!(called.code == 2 && called.error.starts_with(&expected), "{}", called.error);
}

#[test]
fn events_may_come_from_standard_input() {
    let mut command = program();
    command.args(["call", &module("events"), "one", "--events", "-", "--json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"\"two\"\n").unwrap();
    let out = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(out.lines().count(), 4);
    assert!(out.lines().last().unwrap().contains(r#""message":{"text":"two"}"#), "{out}");
}

#[test]
fn neither_listeners_nor_a_log_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = guest("events")
        .config("static = \"missing\"")
        .config("token_file = \"missing\"")
        .extra("[logging]\noutput = \"file\"\nfile_path = \"/nowhere/a.log\"\n")
        .write(folder.path());
    let called = call(&[manifest.to_str().unwrap(), "hello"]);
    assert_eq!((called.code, &*called.error), (0, ""), "{}", called.out);
}

#[test]
fn other_actors_send_and_reply_from_a_file_in_every_shape() {
    for shape in ["mail-guide", "mail-typed", "mail-result", "mail-renamed"] {
        let (_folder, file) = lines(&[
            r#"{"actors": {"lamp": "on", "clock": {"error": "it is late"}}}"#,
            r#"{"event": "send", "from": "door", "data": "open"}"#,
            r#"{"event": "request", "from": "door", "data": "hi"}"#,
            r#""send lamp go""#,
            r#""request lamp are you?""#,
            r#""request clock now?""#,
            r#""request nobody hi""#,
            r#""send nobody hi""#,
        ]);
        let called = call(&[&module(shape), "--json", "--events", &file]);
        assert_eq!(called.code, 0, "{}{}", called.out, called.error);
        let reports = called.reports();
        let [_, sent, asked, connect, go, are, late, nobody, none] = &reports[..] else {
            panic!("{}", called.out)
        };
        assert_eq!(sent["event"], "send");
        assert_eq!(sent["message"], json!({"from": "door", "data": "open"}));
        assert_eq!(sent["state"]["after"], "open ");
        assert_eq!(asked["event"], "request");
        assert_eq!(asked["answer"], json!([{"reply": "got hi"}]));
        assert_eq!(asked["state"]["after"], "open hi ");
        assert_eq!(connect["event"], "connect");
        assert_eq!(go["effects"], json!([{"send": "go", "to": "lamp"}]));
        assert_eq!(go["answer"], json!([{"text": "sent"}]));
        assert_eq!(are["asked"], json!([{"to": "lamp", "data": "are you?", "reply": "on"}]));
        assert_eq!(are["answer"], json!([{"text": "on"}]));
        let error = json!([{"to": "clock", "data": "now?", "error": "it is late"}]);
        assert_eq!(late["asked"], error);
        let missing = "there are no other actors here, and `actors` has none called nobody";
        for report in [nobody, none] {
            assert_eq!(report["answer"], json!([{"text": missing}]));
        }
    }
}

#[test]
fn a_message_for_an_actor_without_a_handler_for_it_is_a_mistake_of_the_file() {
    for (event, export) in
        [("send", "`handle-send`"), ("request", "`handle-request` of `message-server-client`")]
    {
        let (_folder, file) = lines(&[&format!(r#"{{"event": "{event}", "data": "x"}}"#)]);
        let called = call(&[&module("events"), "--events", &file]);
        assert_eq!(called.code, 2);
        let expected = format!("the actor does not export {export}");
        assert!(called.error.contains(&expected), "{}", called.error);
    }
}
