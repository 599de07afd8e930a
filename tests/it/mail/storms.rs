//! Actors that send and ask without end, and names that are odd or many.

use std::{fs, time::Instant};

use super::{answer, ready, seen, typed};
use crate::support::{Actor, Client, PATIENCE, Server, get, guest, program, wat};

/// An actor of the shape *guide* that sends a message to `a`, `b` and `c` at every event of a client and
/// at every message.
const SPREADER: &str = r#"(module
    (import "ntwk:theater/message-server-host" "send"
        (func $send (param i32 i32 i32 i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "abc")
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
    (func $spread (result i32) (local $to i32)
        (local.set $to (i32.const 16))
        (loop $next
            (call $send (local.get $to) (i32.const 1) (i32.const 16) (i32.const 3) (i32.const 64))
            (local.set $to (i32.add (local.get $to) (i32.const 1)))
            (br_if $next (i32.lt_u (local.get $to) (i32.const 19))))
        (i32.const 32))
    (func (export "ntwk:theater/message-server-client#handle-send")
        (param i32 i32 i32 i32) (result i32) (call $spread))
    (func (export "ntwk:theater/websocket-server#handle-message")
        (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (call $spread)))"#;

/// The number of a counter of an actor's.
fn counted(server: &Server, actor: &str, counter: &str) -> u64 {
    let metrics = get(server.address(actor), "/metrics");
    let name = format!("footlight_{counter}_total{{actor=\"{actor}\"}} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
    line.unwrap_or_else(|| panic!("{name} is missing in {metrics}")).parse().unwrap()
}

#[test]
fn messages_that_multiply_without_end_starve_nobody_and_end_with_the_host() {
    let names = ["a", "b", "c"];
    for threads in ["1", "2"] {
        let mut actors = vec![guest("events").name("neighbour")];
        actors.extend(names.map(|name| wat(name, SPREADER).receivers(&names)));
        let server = Server::start_with(&["--threads", threads], &actors);
        let mut neighbour = server.client("neighbour");
        assert!(neighbour.next().is_text());
        // It connects, which begins the storm.
        let _client = server.client("b");
        for number in 0..200 {
            neighbour.ask(&number.to_string(), &number.to_string());
        }
        let start = Instant::now();
        // In the end one of them may send to itself alone, because nothing else has room.
        let delivered = |name: &&str| counted(&server, name, "messages_delivered");
        while names.iter().map(delivered).sum::<u64>() < 2000 {
            assert!(start.elapsed() < PATIENCE);
            neighbour.ask("meanwhile", "meanwhile");
        }
        let peak = server.peak_memory();
        assert!(crate::support::emulated() || peak < 100 << 20, "{} MiB", peak >> 20);
        let (status, log) = server.stop();
        assert!(status.success() && !log.contains("ERROR"), "{log}");
    }
}

#[test]
fn actors_that_ask_each_other_at_once_all_get_a_reply_or_a_refusal() {
    // A wait would be longer than the test's patience.
    let patient = |name: &str| typed(name, &["a", "b", "c"]).limit("reply_wait", "\"24h\"");
    let server = Server::start_with(&["--threads", "2"], &["a", "b", "c"].map(patient));
    let mut clients = ["a", "b", "c"].map(|name| ready(&server, name));
    let texts = ["request b request c request a hi", "request c request a hi", "request a hi"];
    for _ in 0..100 {
        for (client, text) in clients.iter_mut().zip(texts) {
            client.text(text);
        }
        for client in &mut clients {
            let answer = client.next();
            let text = answer.to_text().unwrap();
            assert!(text.contains("got hi") || text.contains("waits for"), "{text}");
        }
    }
}

/// A server with the actors `one` and `other`, whose manifests are in this folder.
fn pair(folder: &std::path::Path) -> Server {
    typed("one", &["other"]).limit("reply_wait", "\"24h\"").write(folder);
    typed("other", &[]).limit("shutdown", "\"50ms\"").limit("time", "\"24h\"").write(folder);
    let mut command = program();
    command.arg("run").arg("-v").arg(folder);
    Server::run(command, 2)
}

/// Removes `other`, and returns what `one` tells its client.
fn answered_after_removal(server: &Server, folder: &std::path::Path, one: &mut Client) -> String {
    fs::remove_dir_all(folder.join("other")).unwrap();
    server.signal("HUP");
    server.wait_for(&["footlight: reloaded: 0 changed, 0 added, 1 removed; 1 in all"]);
    one.next().to_text().unwrap().to_owned()
}

#[test]
fn a_request_to_an_actor_that_is_removed_is_an_error_whether_it_has_begun_or_waits() {
    const STOPPED: &str = "other has not answered: the actor has stopped";
    let folder = tempfile::tempdir().unwrap();
    let server = pair(folder.path());
    let mut one = ready(&server, "one");
    one.text("request other spin 4000000000");
    let start = Instant::now();
    while counted(&server, "one", "message_requests") == 0 {
        assert!(start.elapsed() < PATIENCE);
    }
    assert_eq!(answered_after_removal(&server, folder.path(), &mut one), STOPPED);
    drop(server);

    let folder = tempfile::tempdir().unwrap();
    let server = pair(folder.path());
    // It is busy with something else.
    let mut other = ready(&server, "other");
    other.text("spin 4000000000");
    let mut one = ready(&server, "one");
    one.text("request other hi");
    assert_eq!(answered_after_removal(&server, folder.path(), &mut one), STOPPED);
    assert_eq!(answer(&mut one, "request other hi"), "there is no actor other here now");
}

#[test]
fn names_of_any_characters_are_only_names() {
    let odd = ["", "ü", "\n", "../one", "*", "one ", "ONE"];
    let controls =
        "\n[[handlers]]\ntype = 'message-server'\nconfig = { to = [\"\\u0007\", \"\\u202E\"] }\n";
    let server = Server::start(&[typed("one", &odd).extra(controls)]);
    let mut one = ready(&server, "one");
    let all = odd.into_iter().chain(["\u{7}", "\u{202e}"]);
    for name in all.filter(|name| !name.contains(' ') && !name.is_empty()) {
        let missing = format!("there is no actor {name} here now");
        assert_eq!(answer(&mut one, &format!("send {name} hi")), missing);
        assert_eq!(answer(&mut one, &format!("request {name} hi")), missing);
    }
    let long = "x".repeat(60_000);
    let denied = answer(&mut one, &format!("send {long} hi"));
    assert!(denied.len() < 200 && denied.contains("does not let one send"), "{denied}");
    let denied = answer(&mut one, "send one hi");
    assert!(denied.contains("does not let one send to \"one\""), "{denied}");
    assert!(!server.log().contains(['\u{7}', '\u{202e}']));
}

#[test]
fn ten_thousand_names_are_read_and_a_send_to_any_of_them_takes_no_longer() {
    let names: Vec<String> = (0..10_000).map(|number| format!("actor-{number}")).collect();
    let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
    all.push("other");
    let server = Server::start(&[typed("one", &all).limit("sends", 10_000), other()]);
    let mut one = ready(&server, "one");
    assert_eq!(answer(&mut one, "send actor-9999 hi"), "there is no actor actor-9999 here now");
    assert_eq!(answer(&mut one, "burst 500 other m"), "500 ");
    let all: String = (0..500).map(|index| format!("m{index} ")).collect();
    seen(&mut ready(&server, "other"), &all);
}

fn other() -> Actor {
    typed("other", &[])
}
