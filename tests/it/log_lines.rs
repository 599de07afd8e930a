//! The lines that an actor writes to the host's log.

use async_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};

use crate::support::{Actor, Server, guest, wat};

/// An actor that logs a thousand lines for every text.
fn chatty() -> Actor {
    let text = r#"(module
        (import "ntwk:theater/runtime" "log" (func $log (param i32 i32)))
        (memory (export "memory") 1)
        (data (i32.const 512) "chatter")
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "ntwk:theater/websocket-server#handle-message")
            (param i32 i32 i32 i32 i32) (param $has-text i32) (param i32 i32 i32 i32) (result i32)
            (local $left i32)
            (if (local.get $has-text) (then
                (local.set $left (i32.const 1000))
                (loop $again
                    (call $log (i32.const 512) (i32.const 7))
                    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                    (br_if $again (local.get $left)))))
            i32.const 0))"#;
    wat("chatty", text)
}

#[test]
fn a_line_is_kept_up_to_the_limit_and_the_rest_of_it_is_counted() {
    for (limit, line) in
        [(17, "actor: a line from guide"), (16, "a line from guid… (1 bytes more)")]
    {
        let server = Server::of(guest("events").limit("log_line", limit));
        let mut client = server.client("events");
        client.expect("state:0");
        client.ask("log", "logged");
        let found = server.wait_for(&["a line from"]);
        assert!(found.ends_with(line), "{found}");
    }
}

#[test]
fn what_is_not_seen_or_turns_the_direction_is_escaped() {
    let server = Server::of(guest("events"));
    let client = server.client("events");
    let reason = "a\u{202e}b\u{200b}c\u{feff}\u{e0041}é";
    client.close(Some(CloseFrame { code: CloseCode::from(4000), reason: reason.into() }));
    let shown = r"close 4000 a\u{202e}b\u{200b}c\u{feff}\u{e0041}é";
    server.wait_for(&["events#1: actor: ", shown]);
}

#[test]
fn lines_past_the_rate_are_left_out_counted_and_told_of() {
    let server = Server::of(chatty().limit("log_rate", 5));
    server.client("chatty").close(None);
    let mut client = server.client("chatty");
    client.text("talk");
    client.close(None);
    server.wait_for(&["chatty#2: closed"]);
    // Ask again until the host logs a line, which then reports the number of dropped ones.
    let mut calls = 1;
    while server.count("lines were left out here") == 0 {
        calls += 1;
        let mut client = server.client("chatty");
        client.text("talk");
        client.close(None);
        assert!(calls < 10_000, "no line says that others were left out");
    }
    let (_, log) = server.stop();
    let written = log.matches("actor: chatter").count();
    let summary = log.lines().find(|line| line.contains("log lines left out")).unwrap();
    let (before, _) = summary.split_once(" log lines left out").unwrap();
    let left_out: usize = before.rsplit(' ').next().unwrap().parse().unwrap();
    assert_eq!(written + left_out, calls * 1000, "{log}");
    assert!(written >= 5, "{log}");
}

#[test]
fn a_flood_of_the_actors_lines_does_not_hide_what_the_host_says_about_it() {
    let server = Server::of(chatty().limit("log_rate", 5));
    let mut client = server.client("chatty");
    client.text("talk");
    // A frame with a reserved opcode.
    std::io::Write::write_all(client.ws.get_mut(), &[0x83, 0x80, 0, 0, 0, 0]).unwrap();
    client.expect_close(1002);
    server.wait_for(&["WARN  chatty#1: the client is closed with code 1002"]);
}
