//! Guests that are hostile before there is a first client.

use std::{
    fs,
    io::Read as _,
    process::{Child, Command, Stdio},
};

use super::{
    guest::{Guest, fails, harmless},
    stage::{act, end},
};
use crate::support::{Server, emulated, eventually, guest, program};

/// A fault in making an instance or its first state.
pub fn bad(name: &'static str, fields: &str, says: &'static [&'static str]) -> Guest {
    fails(name, says).with(fields)
}

/// A start function.
fn start(body: &str) -> String {
    format!("(func $start {body}) (start $start)")
}

/// `_initialize`.
fn initialize(body: &str) -> String {
    format!(r#"(func (export "_initialize") {body})"#)
}

/// `init`.
fn init(body: &str) -> String {
    format!(r#"(func (export "ntwk:theater/actor#init") (result i32) {body})"#)
}

/// A first state, and the function that frees it.
fn init_post(body: &str) -> String {
    init("(i32.store (i32.const 52) (i32.const 0)) (i32.const 48)")
        + &format!(r#"(func (export "cabi_post_ntwk:theater/actor#init") (param i32) {body})"#)
}

/// Runs the guests beside a good one. The host must leave each out, with one line that says why.
pub fn all_are_left_out(guests: &[Guest]) {
    let mut actors = vec![guest("events").name("neighbour")];
    actors.extend(guests.iter().map(Guest::actor));
    let server = Server::start_partly(&actors, 1);
    for guest in guests {
        let super::guest::Ends::Fails(says) = guest.ends else { panic!("{}", guest.name) };
        let line = format!("ERROR {}: left out: the actor could not be started: ", guest.name);
        let found = server.wait_for(&[&line]);
        says.iter().for_each(|part| assert!(found.contains(part), "{part}: {found}"));
        assert_eq!(server.count(&line), 1);
    }
    let mut neighbour = server.client("neighbour");
    assert!(neighbour.next().is_text());
    neighbour.ask("still here", "still here");
    drop(neighbour);
    end(server);
}

#[test]
fn guests_that_do_not_come_back_from_their_start_are_left_out() {
    const ENDLESS: &str = "(loop $l (br $l))";
    let recursion = "(func $f (call $f))";
    let start_says = &["fuel in the start function"];
    all_are_left_out(&[
        bad("start-loops", &start(ENDLESS), start_says),
        bad("initialize-loops", &initialize(ENDLESS), &["fuel in _initialize"]),
        bad(
            "init-loops",
            &init("(loop $l (br $l)) (unreachable)"),
            &["fuel in ntwk:theater/actor#init"],
        ),
        bad("init-post-loops", &init_post(ENDLESS), &["fuel in cabi_post_ntwk:theater/actor"]),
        bad(
            "start-recurses",
            &(start("(call $f)") + recursion),
            &["it trapped in the start function", "stack"],
        ),
        bad(
            "initialize-recurses",
            &(initialize("(call $f)") + recursion),
            &["it trapped in _initialize", "stack"],
        ),
        bad(
            "init-recurses",
            &(init("(call $f) (unreachable)") + recursion),
            &["it trapped in ntwk:theater/actor#init", "stack"],
        ),
        bad(
            "start-grows-for-ever",
            &start(
                "(loop $l (drop (memory.grow (i32.const 65535)))
            (br $l))",
            ),
            start_says,
        )
        .limit("fuel", 3_000_000_000u64),
        bad(
            "start-goes-straight-on",
            &start(&"(drop (memory.grow (i32.const 65535)))".repeat(5_000)),
            &["units of fuel at once in the start function"],
        ),
    ]);
}

#[test]
fn guests_that_trap_at_their_start_are_left_out() {
    all_are_left_out(&[
        bad(
            "start-traps",
            &start("(unreachable)"),
            &["it trapped in the start function", "unreachable"],
        ),
        bad("initialize-traps", &initialize("(unreachable)"), &["it trapped in _initialize"]),
        bad("init-traps", &init("(unreachable)"), &["it trapped in ntwk:theater/actor#init"]),
        bad(
            "init-post-traps",
            &init_post("(unreachable)"),
            &["it trapped in cabi_post_ntwk:theater/actor#init"],
        ),
        bad(
            "start-logs-from-nowhere",
            &start("(call $log (i32.const -1) (i32.const 2))"),
            &["in a call of `log`, msg at offset 0xffffffff"],
        )
        .logs(),
        bad("data-out-of-bounds", r#"(data (i32.const 65536) "x")"#, &["out of bounds"]),
        bad("data-wraps", r#"(data (i32.const -1) "xy")"#, &["out of bounds"]),
        bad(
            "elements-out-of-bounds",
            "(table 1 funcref) (elem (i32.const 1) $is-attack)",
            &["element"],
        ),
        bad("elements-wrap", "(table 1 funcref) (elem (i32.const -1) $is-attack)", &["element"]),
    ]);
}

#[test]
fn first_states_that_are_not_there_or_too_large_leave_the_actor_out() {
    let state = |ptr: i64, len: i64| {
        init(&format!(
            "(i32.store (i32.const 48) (i32.const {ptr}))
            (i32.store (i32.const 52) (i32.const {len})) (i32.const 48)"
        ))
    };
    all_are_left_out(&[
        bad("init-beyond", &init("(i32.const 65536)"), &["result at offset 0x10000 is 8 bytes"]),
        bad("init-misaligned", &init("(i32.const 50)"), &["result at offset 0x32 is not aligned"]),
        bad("init-at-the-last-word", &init("(i32.const 65532)"), &["result at offset 0xfffc"]),
        bad("init-wraps", &init("(i32.const -4)"), &["result at offset 0xfffffffc"]),
        bad("first-state-beyond", &state(65535, 2), &["state at offset 0xffff is 2 bytes long"]),
        bad("first-state-wraps", &state(-1, 2), &["state at offset 0xffffffff"]),
        bad("first-state-of-4-gib", &state(0, -1), &["is 4294967295 bytes long"]),
        bad("first-state-past-the-limit", &state(0, 1001), &["past the limit of 1000"])
            .limit("state", 1000),
    ]);
}

#[test]
fn an_instance_that_is_dear_to_make_does_not_take_the_fuel_of_the_event_that_needs_it() {
    // The start takes most of an event's fuel, and so does the text after the attack.
    let spend = "(local $n i32) (local.set $n (i32.const 100000)) (loop $l
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))";
    act(&[fails("dear-to-make", &["unreachable"])
        .with(initialize(spend))
        .with(format!("(func $spend {spend})"))
        .attack("(unreachable)")
        .each("(call $spend)")
        .limit("fuel", 700_000)]);
}

#[test]
fn a_start_that_uses_everything_it_may_is_fine() {
    act(&[harmless("starts-large")
        .with("(table 16384 funcref)")
        .with(start("(loop $g (br_if $g (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0))))"))
        .with(initialize("(memory.fill (i32.const 65536) (i32.const 1) (i32.const 1000000))"))
        .first("")]);
}

/// Whether a process has a handler for SIGTERM.
fn handles_signals(process: &Child) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:\t")).unwrap();
    u64::from_str_radix(caught, 16).unwrap() & (1 << (15 - 1)) != 0
}

#[test]
fn a_signal_ends_a_host_whose_actors_are_still_starting() {
    if emulated() {
        // The emulator handles the signals.
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let starts_for_ever = harmless("slow").with("(func $s (loop (br 0))) (start $s)");
    let manifest = starts_for_ever.limit("time", "\"1m\"").actor().write(folder.path());
    let mut process = program().arg("run").arg(manifest).stderr(Stdio::piped()).spawn().unwrap();
    eventually("does it handle signals", || handles_signals(&process));
    let pid = process.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
    let mut log = String::new();
    process.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert_eq!(process.wait().unwrap().code(), Some(0), "{log}");
    assert!(log.contains("stopped before the actors had started"), "{log}");
}
