//! Guests that call imports as often as the fuel allows, and ask for as much as the limits allow.

use std::{
    fs,
    time::{Duration, Instant},
};

use super::{
    growth::{for_ever, times},
    guest::{AREA, Guest, call, fails, harmless},
    parameters,
    stage::{act, end},
};
use crate::support::{Client, Server, emulated, guest};

/// The log's line about a guest that used up its fuel, perhaps in its allocator.
const SPENT: &[&str] = &["it spent its", "units of fuel in"];

/// Frees the memory of results.
const FREE: &str = "(global.set $next (i32.const 4096))";

/// Traps if the last result is not a refusal of this case.
fn refused(case: u32) -> String {
    format!(
        "(if (i32.or (i32.eqz (i32.load8_u (i32.const 1024)))
                (i32.ne (i32.load8_u (i32.const 1028)) (i32.const {case}))) (then (unreachable)))"
    )
}

/// Does something until its result is an error.
fn until_refused(body: &str) -> String {
    format!("(loop $more {body} (br_if $more (i32.eqz (i32.load8_u (i32.const 1024)))))")
}

/// The case of a refusal by `limits.effects`, of connections and of files.
const LIMIT: [u32; 2] = [2, 4];

#[test]
fn every_import_called_for_ever_uses_up_the_fuel_and_nothing_else() {
    let guests = parameters::all().into_iter().map(|(import, parameters)| {
        let body = format!("{} {FREE}", call(import, &parameters));
        fails(format!("storm-{import}").leak(), SPENT).imports(import).attack(for_ever(&body))
    });
    act(&guests.collect::<Vec<_>>());
}

#[test]
fn ten_million_questions_leave_the_process_as_it_was() {
    act(&[
        harmless("ten-million-times")
            .imports("clock.now")
            .first(times(10_000_000, "(drop (call $clock.now))"))
            .limit("fuel", 2_000_000_000u64),
        harmless("a-hundred-thousand-times-with-failures-to-grow")
            .imports("alarm.cancel")
            .first(times(100_000, "(call $alarm.cancel) (drop (memory.grow (i32.const 65535)))"))
            .limit("fuel", 1_000_000_000u64),
        fails("random-for-ever", SPENT)
            .imports("random.bytes")
            .memory("2")
            .attack(for_ever(&format!("{} {FREE}", call("random.bytes", &[65536, AREA])))),
    ]);
}

#[test]
fn all_that_a_call_may_ask_for_is_bounded_and_undone_when_it_fails() {
    let storm = |name: &'static str, import: &str, parameters: &[i64], case: u32| {
        let body = until_refused(&call(import, parameters)) + &refused(case);
        [
            fails(format!("{name}-and-fails").leak(), &["unreachable"])
                .attack(format!("{body} (unreachable)")),
            fails(format!("{name}-and-goes-on").leak(), SPENT)
                .attack(format!("{body} {}", for_ever(&call(import, parameters)))),
        ]
        .map(|guest| guest.imports(import).limit("fuel", 100_000_000))
    };
    let folder = tempfile::tempdir().unwrap();
    let [of_connections, of_files] = LIMIT;
    // One client's outbox would be full first, so this takes many clients.
    let full = 1;
    let guests = [
        storm("sends", "connections.send", &[1, 1, 0, 0, AREA], of_connections),
        storm("sends-much", "connections.send", &[1, 1, 0, 65536, AREA], full),
        storm(
            "broadcasts",
            "connections.broadcast",
            &[0, 0, 0, 1, 0, 0, 0, 0, AREA],
            of_connections,
        ),
        storm(
            "broadcasts-much",
            "connections.broadcast",
            &[0, 0, 0, 1, 0, 65536, 0, 0, AREA],
            of_connections,
        ),
        storm("writes", "files.write", &[16, 4, 0, 60_000, AREA], of_files)
            .map(|guest| guest.folder(folder.path(), "writable = true")),
    ];
    act(&guests.into_iter().flatten().collect::<Vec<_>>());
    // The host wrote nothing of it.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// A server with a guest that does something at each text, and many clients of it.
fn crowd(guest: &Guest, count: usize) -> (Server, Vec<Client>) {
    let actor = guest.actor().config("on_overflow = \"drop\"");
    let server = Server::start(&[actor, crate::support::guest("events").name("neighbour")]);
    let clients = (0..count).map(|_| server.client(guest.name)).collect();
    (server, clients)
}

/// The most clients: no more than a process may have descriptors on a usual system.
const MANY: usize = 400;

#[test]
fn a_broadcast_storm_to_many_clients_is_bounded_in_memory_and_others_are_served() {
    // The call spends all its effects on messages to all clients: the largest possible, and the
    // smallest.
    let broadcast =
        |len: u32| call("connections.broadcast", &[0, 0, 0, 1, 0, len.into(), 0, 0, AREA]);
    for (len, least) in [(60_000, 1), (0, 100)] {
        let storm = harmless("storm")
            .imports("connections.broadcast")
            .first(until_refused(&broadcast(len)))
            .limit("fuel", 2_000_000_000u64);
        let (server, mut clients) = crowd(&storm, MANY);
        let mut neighbour = server.client("neighbour");
        assert!(neighbour.next().is_text());
        let before = server.peak_memory();
        clients[0].text("attack");
        neighbour.ask("meanwhile", "meanwhile");
        // Each client has got at least the first messages, complete.
        for client in &mut clients[1..] {
            for _ in 0..least {
                assert_eq!(client.next().len(), usize::try_from(len).unwrap());
            }
        }
        neighbour.ask("afterwards", "afterwards");
        // 64 KiB for each client's outbox, at most.
        let grown = server.peak_memory() - before;
        assert!(
            emulated() || grown < (MANY as u64 + 50) * (64 << 10) + (16 << 20),
            "{} KiB",
            grown >> 10
        );
        drop(clients);
        drop(neighbour);
        end(server);
    }
}

#[test]
fn what_is_kept_with_many_connections_stays_within_its_limits_and_goes_with_them() {
    // At every text, every connection gets the largest attachment and the most tags, and other tags
    // every time.
    let churn = "
        (local $n i64) (local $tag i32)
        (loop $clients
            (local.set $n (i64.add (local.get $n) (i64.const 1)))
            (call $connections.set-attachment (local.get $n) (i32.const 1) (i32.const 0)
                (i32.const 2048) (i32.const 1024))
            (local.set $tag (i32.const 0))
            (loop $tags
                (i32.store8 (i32.const 8000) (local.get $tag))
                (call $connections.untag (local.get $n) (i32.const 8000) (i32.const 256)
                    (i32.const 1024))
                (call $connections.tag (local.get $n) (i32.const 8000) (i32.const 256)
                    (i32.const 1024))
                (local.set $tag (i32.add (local.get $tag) (i32.const 1)))
                (br_if $tags (i32.lt_u (local.get $tag) (i32.const 10))))
            (br_if $clients (i64.lt_u (local.get $n) (i64.const 400))))";
    let all = ["connections.set-attachment", "connections.tag", "connections.untag"];
    let storm = all.into_iter().fold(harmless("storm"), Guest::imports);
    let storm = storm.first(churn).limit("fuel", 1_000_000_000u64).limit("effects", "\"4MiB\"");
    let (server, mut clients) = crowd(&storm, MANY);
    let before = server.peak_memory();
    for _ in 0..5 {
        clients[0].ask("attack", "ok !");
    }
    // 10 tags of 256 bytes and 2 KiB for each, twice while the host may have to undo a call.
    let grown = server.peak_memory() - before;
    assert!(emulated() || grown < MANY as u64 * 2 * (5 << 10) + (8 << 20), "{} KiB", grown >> 10);
    drop(clients);
    end(server);
}

#[test]
fn listing_many_connections_for_ever_uses_up_the_fuel_and_others_are_served() {
    let list = call("connections.list", &[0, 0, 0, AREA]);
    let storm = fails("storm", SPENT)
        .imports("connections.list")
        .attack(for_ever(&format!("{list} {FREE}")))
        .limit("fuel", 200_000_000);
    let (server, mut clients) = crowd(&storm, MANY);
    let mut neighbour = server.client("neighbour");
    assert!(neighbour.next().is_text());
    clients[0].text("attack");
    neighbour.ask("meanwhile", "meanwhile");
    assert_eq!(clients[0].expect_close(1011), "the actor failed");
    drop(clients);
    drop(neighbour);
    end(server);
}

#[test]
fn an_alarm_that_is_set_again_at_once_rings_no_more_often_than_its_limit() {
    let alarm = harmless("alarms")
        .imports("alarm.set")
        .with("(global $rings (mut i32) (i32.const 0))")
        .each("(call $alarm.set (i64.const 0))")
        .event(
            "(if (i32.ne (local.get $len) (i32.const 5)) (then (return)))
             (call $alarm.set (i64.const 0))
             (global.set $rings (i32.add (global.get $rings) (i32.const 1)))
             (if (i32.eq (global.get $rings) (i32.const 20)) (then (unreachable)))",
        );
    let server = Server::of(alarm.actor().limit("alarm", "\"20ms\""));
    let start = Instant::now();
    let mut client = server.client("alarms");
    client.ask("hello", "ok 1");
    server.wait_for(&["alarms: the actor failed at an alarm event"]);
    assert!(start.elapsed() >= Duration::from_millis(19 * 20), "{:?}", start.elapsed());
    // The failed alarm has no client to close, and the next alarm that it had set is gone with it.
    client.ask("hello", "ok 2");
    drop(client);
    end(server);
}

#[test]
fn files_that_are_read_and_listed_for_ever_use_up_the_fuel_and_others_are_served() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("text"), vec![7; 64 << 10]).unwrap();
    let many = folder.path().join("many");
    fs::create_dir(&many).unwrap();
    for number in 0..10_000 {
        fs::write(many.join(number.to_string()), "").unwrap();
    }
    let storm = |name, import, path: [i64; 2]| {
        let body = format!("{} {FREE}", call(import, &[path[0], path[1], AREA]));
        // Until then every access must succeed, or it would be no storm.
        let well = "(if (i32.load8_u (i32.const 1024)) (then (unreachable)))";
        fails(name, SPENT)
            .imports(import)
            .memory("16")
            .with(r#"(data (i32.const 2048) "many")"#)
            .folder(folder.path(), "")
            .attack(for_ever(&(body + well)))
    };
    act(&[
        storm("reads", "files.read", [16, 4]),
        storm("lists", "files.list", [2048, 4]).limit("fuel", 50_000_000),
        storm("reads-what-is-not-there", "files.read", [36, 1])
            .attack(for_ever(&call("files.read", &[36, 1, AREA]))),
    ]);
}

#[test]
fn a_host_that_stops_while_an_actor_writes_files_without_end_keeps_its_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let write = call("files.write", &[16, 4, 0, 0, AREA]);
    let storm = harmless("storm")
        .imports("files.write")
        .folder(folder.path(), "writable = true")
        .first(until_refused(&write))
        // To write as many files takes any machine many times the deadline.
        .limit("effects", "\"64MiB\"")
        .limit("fuel", 20_000_000_000u64)
        .limit("shutdown", "\"1s\"");
    let server = Server::start(&[storm.actor(), guest("events").name("neighbour")]);
    let mut client = server.client("storm");
    client.ask("hello", "ok 1");
    client.text("attack");
    let mut neighbour = server.client("neighbour");
    assert!(neighbour.next().is_text());
    // Until the first of them is written, under a name of its own.
    let written = || fs::read_dir(folder.path()).unwrap().count();
    while written() == 0 {
        neighbour.ask("meanwhile", "meanwhile");
    }
    let (_, log) = server.stop();
    assert!(log.contains("WARN  storm: 1 connections were still open"), "{log}");
    // It was stopped before it had written them all: then it would have answered.
    assert!(
        !std::iter::from_fn(|| client.ws.read().ok()).any(|message| message.is_text()),
        "{log}"
    );
    // Nor is anything of it where the actor's files are.
    assert!(!folder.path().join("text").exists(), "{log}");
}
