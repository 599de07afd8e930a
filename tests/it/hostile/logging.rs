//! Misuse of `log`.

use super::{
    guest::{fails, harmless},
    stage::{act, end},
};
use crate::support::{Server, guest};

/// Logs the text at this address.
fn log(ptr: i64, len: i64) -> String {
    format!("(call $log (i32.const {ptr}) (i32.const {len}))")
}

#[test]
fn lines_that_are_not_there_or_no_text_are_refused() {
    act(&[
        fails("logs-what-is-beyond", &["in a call of `log`, msg at offset 0x10000 is 1 bytes"])
            .logs()
            .first(log(65536, 1)),
        fails("logs-what-wraps", &["msg at offset 0xffffffff is 2 bytes long"])
            .logs()
            .first(log(-1, 2)),
        fails("logs-4-gib", &["msg at offset 0x0 is 4294967295 bytes long"])
            .logs()
            .first(log(0, -1)),
        fails("logs-no-utf-8", &["msg at offset 0x800 is not UTF-8"])
            .logs()
            .with(r#"(data (i32.const 2048) "\ff")"#)
            .first(log(2048, 1)),
        fails("logs-nothing-from-nowhere", &["msg at offset 0xffffffff is 0 bytes long"])
            .logs()
            .first(log(-1, 0)),
        fails("logs-and-traps", &["it trapped", "unreachable"])
            .logs()
            .first(log(16, 4) + "(unreachable)"),
        fails("logs-from-realloc-and-traps", &["it trapped in cabi_realloc"])
            .logs()
            .realloc(&(log(16, 4) + "(unreachable)")),
    ]);
}

#[test]
fn a_line_cannot_look_like_another_or_steer_a_terminal() {
    let forged = r"all well\0a2026-01-01T00:00:00.000Z ERROR neighbour: forged\0d\1b[2J\c2\9b";
    let len = 64;
    let forger = harmless("forges-a-line")
        .logs()
        .with(format!(r#"(data (i32.const 2048) "{forged}")"#))
        .first(log(2048, len));
    let server = Server::start(&[guest("events"), forger.actor()]);
    server.client("forges-a-line").ask("attack", "ok !");
    let line = server.wait_for(&["forges-a-line#1: actor: all well\\n2026"]);
    assert!(line.contains("forged\\r\\x1b["), "{line}");
    assert!(!server.log().contains(['\r', '\x1b']));
    end(server);
}

#[test]
fn a_flood_of_lines_stops_neither_the_host_nor_anybody_else() {
    let flood = |what: &str| format!("(loop $for-ever {what} (br $for-ever)) (unreachable)");
    act(&[
        fails("floods-with-short-lines", &["fuel"])
            .logs()
            .attack(flood(&log(16, 4)))
            .limit("fuel", 500_000),
        fails("floods-with-empty-lines", &["fuel"])
            .logs()
            .attack(flood(&log(0, 0)))
            .limit("fuel", 500_000),
        fails("floods-with-long-lines", &["fuel"])
            .logs()
            .attack(flood(&log(4096, 4096)))
            .limit("fuel", 200_000),
    ]);
}
