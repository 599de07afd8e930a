//! Functions of WASI that are called without end, at the wrong place, or with invalid values.

use footlight::{
    actor::{
        imports::{Import, Kind, wasi},
        meter::MAX_AT_ONCE,
    },
    limits::Limits,
};
use smol::future::block_on;
use wit_core::host::Flat;

use super::{
    growth::{for_ever, times},
    guest::{AREA, Guest, fails, harmless},
    inside::Inside,
    stage::{act, end},
    starts::{all_are_left_out, bad},
};
use crate::support::{Server, guest};

/// `wasi_snapshot_preview1`
const P1: &str = "wasi_snapshot_preview1";

/// The log's line about a guest that used up its fuel, perhaps in its allocator.
const SPENT: &[&str] = &["it spent its", "units of fuel in"];

/// The end of the memory.
const SIZE: i64 = 65536;

/// A function by its interface and its name.
fn find(interface: &str, name: &str) -> &'static Import {
    let is = |row: &&Import| row.interface.name == interface && row.name == name;
    wasi::all().find(is).unwrap_or_else(|| panic!("there is no {name}"))
}

/// Imports a function as `$f`, and a number.
fn imports(guest: Guest, row: &Import, number: usize) -> Guest {
    let module = row.interface.modules[0].replace("@0.2", "@0.2.7");
    let value = |flat: Flat| format!(" {flat}");
    let ty = row.ty();
    let params: String = ty.params().map(value).collect();
    let result: String = ty.result.into_iter().map(value).collect();
    let name = row.name;
    guest.import(&format!(
        "(import {module:?} {name:?} (func $f{number} (param{params}) (result{result})))"
    ))
}

/// A call of it, which leaves nothing on the stack.
fn call(row: &Import, number: usize, values: &[i64]) -> String {
    let ty = row.ty();
    assert_eq!(ty.params().count(), values.len(), "{row}");
    let values = ty.params().zip(values).map(|(ty, value)| format!(" ({ty}.const {value})"));
    let drop = ty.result.map_or("", |_| "(drop)");
    format!("(call $f{number}{}){drop}", values.collect::<String>())
}

/// A guest that calls functions of preview 1 at `attack`.
fn calls(guest: Guest, all: &[(&str, &[i64])]) -> Guest {
    let (mut guest, mut body) = (guest, String::new());
    for (number, (name, values)) in all.iter().enumerate() {
        let row = find(P1, name);
        guest = imports(guest, row, number);
        body += &call(row, number, values);
    }
    guest.first(body)
}

/// Values that are no mistake: standard output, places in memory, and small numbers.
fn usual(row: &Import) -> Vec<i64> {
    let count = row.ty().params().count();
    let mut values: Vec<_> = (0..count).map(|index| if index == 0 { 1 } else { 64 }).collect();
    if let (Kind::Suspending { .. }, Some(last)) = (row.kind, values.last_mut()) {
        *last = AREA;
    }
    values
}

#[test]
fn every_function_called_for_ever_uses_up_the_fuel_or_traps_and_does_nothing_else() {
    let guests = wasi::all().map(|row| {
        let says: &[&str] = match (row.name, row.role) {
            ("proc_exit" | "exit", _) => &["it wanted to exit"],
            (_, "traps: there are no files") => &["the host has given none"],
            _ => SPENT,
        };
        let name = format!("{}-{}", row.interface.name, row.name).replace(['/', '[', ']'], "-");
        // The blocks of results are freed.
        let body = call(row, 0, &usual(row)) + "(global.set $next (i32.const 4096))";
        imports(fails(name.leak(), says), row, 0).attack(for_ever(&body)).limit("fuel", 2_000_000)
    });
    act(&guests.collect::<Vec<_>>());
}

#[test]
fn pointers_out_of_the_memory_are_refused_in_every_function_that_has_them() {
    // A function, its usual parameters, and which of them are pointers that it looks at.
    let all: [(&str, &[i64], &[usize]); 13] = [
        ("args_sizes_get", &[64, 64], &[0, 1]),
        ("clock_res_get", &[1, 64], &[1]),
        ("clock_time_get", &[1, 0, 64], &[2]),
        ("clock_time_get", &[0, 0, 64], &[2]),
        ("environ_sizes_get", &[64, 64], &[0, 1]),
        ("fd_fdstat_get", &[1, 64], &[1]),
        ("fd_filestat_get", &[1, 64], &[1]),
        ("fd_read", &[0, 64, 1, 64], &[3]),
        ("fd_write", &[1, 64, 1, 64], &[1, 3]),
        ("poll_oneoff", &[64, 2048, 1, 64], &[0, 1, 3]),
        ("random_get", &[64, 1], &[0]),
        ("random_get", &[SIZE - 1, 1], &[1]),
        ("random_get", &[SIZE - 5000, 5000], &[1]),
    ];
    let mut guests = Vec::new();
    for (at, (name, values, pointers)) in all.into_iter().enumerate() {
        guests.push(calls(harmless(format!("{name}-{at}").leak()), &[(name, values)]));
        for pointer in pointers {
            for wrong in [SIZE, -1, 1 << 31] {
                let mut values = values.to_vec();
                // As a length, it is one byte more.
                let is_length = name == "random_get" && *pointer == 1;
                values[*pointer] = if is_length { values[1] + 1 } else { wrong };
                let says = &["with a pointer outside of the memory"];
                let own = format!("{name}-{at}-{pointer}-{}", wrong.unsigned_abs());
                guests.push(calls(fails(own.leak(), says), &[(name, &values)]));
            }
        }
    }
    // The last block of a write, and what it points to.
    let block = |at: i64, len: i64| {
        format!("(i64.store (i32.const 2048) (i64.const {}))", at + (len << 32))
    };
    let write = |guest: Guest, at, len| {
        let row = find(P1, "fd_write");
        let body = block(at, len) + &call(row, 0, &[1, 2048, 1, 64]);
        imports(guest, row, 0).first(body)
    };
    let says = &["with a pointer outside of the memory"];
    guests.extend([
        write(harmless("writes-the-last-byte"), SIZE - 1, 1),
        write(fails("writes-past-the-end", says), SIZE - 1, 2),
        write(fails("writes-from-nowhere", says), 0xffff_ffff, 0),
        write(fails("writes-4-gib", says), 1, -1),
    ]);
    act(&guests);
}

#[test]
fn pointers_out_of_the_memory_are_refused_in_every_function_of_preview_2() {
    let rows = wasi::all().filter(|row| {
        let is_handle = row.role == "drops a handle" || row.role == "traps: there are no files";
        row.interface.name != P1 && !is_handle && row.name != "exit"
    });
    let mut guests = Vec::new();
    for row in rows {
        let values = usual(row);
        let takes_a_place = row.ty().result.is_none() && !row.name.ends_with("block");
        if !takes_a_place {
            continue;
        }
        let name = format!("{}-{}", row.interface.name, row.name).replace(['/', '[', ']'], "-");
        for wrong in [SIZE, -8] {
            let mut values = values.clone();
            *values.last_mut().unwrap() = wrong;
            let says: &[&str] = match row.kind {
                Kind::Suspending { .. } => &["result at offset"],
                _ => &["with a pointer outside of the memory"],
            };
            let guest = fails(format!("{name}-{}", wrong.unsigned_abs()).leak(), says);
            guests.push(imports(guest, row, 0).first(call(row, 0, &values)));
        }
    }
    assert!(guests.len() > 20, "{}", guests.len());
    act(&guests);
}

/// What a guest has spent that repeats a call in code without a loop, until it fails.
fn spent_in_a_row(name: &'static str, function: &str, values: &[i64], before: &str) -> u64 {
    let row = find(P1, function);
    let body = call(row, 0, values).repeat(4000);
    let guest = imports(harmless(name), row, 0)
        .memory("4")
        .with(format!("(func $row {body})"))
        .first(format!("{before} (loop $l (call $row) (br $l))"));
    let limits = Limits { memory: 4 << 16, ..Limits::default() };
    block_on(async {
        let mut inside = Inside::of(&guest, &limits).await.unwrap();
        let error = inside.handle("attack").await.unwrap_err().to_string();
        assert!(error.contains("too often in code without loops"), "{name}: {error}");
        inside.context.meter.spent()
    })
}

#[test]
fn no_code_without_a_loop_asks_for_more_than_about_a_turn_before_others_have_theirs() {
    // What may be owed, and what the last call and the code before cost.
    let most = 250_000 + 2 * (1 << 16) + 256 * 300 + MAX_AT_ONCE;
    let lines = "(memory.fill (i32.const 131072) (i32.const 10) (i32.const 65536))
        (i64.store (i32.const 1024) (i64.const 0x0001000000020000))";
    let long = "(i64.store (i32.const 1024) (i64.const 0x0001000000020000))";
    for (name, function, values, before) in [
        ("random-in-a-row", "random_get", &[131_072, 65_536][..], ""),
        ("writes-in-a-row", "fd_write", &[1, 1024, 1, 64], long),
        ("lines-in-a-row", "fd_write", &[1, 1024, 1, 64], lines),
        ("polls-in-a-row", "poll_oneoff", &[0, 131_072, 1024, 64], ""),
    ] {
        let spent = spent_in_a_row(name, function, values, before);
        assert!(spent <= most, "{name}: {spent}");
    }
}

/// Writes as the last thing of a function.
const TAIL: &str = "(return_call $f0 (i32.const 1) (i32.const 2048) (i32.const 1) (i32.const 64))";

#[test]
fn functions_are_called_from_everywhere_and_what_they_write_is_in_the_log() {
    let hello = r#"(data (i32.const 2048) "\08\08\00\00\06\00\00\00hello\0a")"#;
    let say = "(drop (call $f0 (i32.const 1) (i32.const 2048) (i32.const 1) (i32.const 64)))";
    let writes = |name, fields: &str| {
        imports(harmless(name), find(P1, "fd_write"), 0).with(hello).with(fields)
    };
    let guests = [
        writes("from-realloc", "").realloc(say),
        writes("from-post", "").post(say),
        writes("from-start", &format!("(func $s {say}) (start $s)")),
        writes("from-initialize", &format!(r#"(func (export "_initialize") {say})"#)),
        writes("from-an-event", "").event(say),
        writes("in-a-tail", &format!("(func $t (result i32) {TAIL})")).first("(drop (call $t))"),
    ];
    let mut actors = vec![guest("events").name("neighbour")];
    actors.extend(guests.iter().map(Guest::actor));
    let server = Server::start(&actors);
    for guest in &guests {
        server.client(guest.name).ask("attack", "ok !");
        server.wait_for(&[guest.name, "actor: stdout: hello"]);
    }
    end(server);
}

#[test]
fn an_exit_at_the_start_leaves_an_actor_out() {
    let exit = |name, fields: &str| {
        imports(bad(name, fields, &["it wanted to exit, with code 7"]), find(P1, "proc_exit"), 0)
    };
    all_are_left_out(&[
        exit("exits-at-its-start", "(func $s (call $f0 (i32.const 7))) (start $s)"),
        exit("exits-at-once", r#"(func (export "_initialize") (call $f0 (i32.const 7)))"#),
    ]);
}

#[test]
fn a_flood_of_output_stops_neither_the_host_nor_anybody_else() {
    let row = find(P1, "fd_write");
    let flood = |name, fill: u8, len: i64| {
        let prepare = format!(
            "(memory.fill (i32.const 8192) (i32.const {fill}) (i32.const 40000))
             (i64.store (i32.const 1024) (i64.const {}))",
            8192 + (len << 32)
        );
        let body = prepare + &for_ever(&call(row, 0, &[2, 1024, 1, 64]));
        imports(fails(name, SPENT), row, 0).attack(body).limit("fuel", 50_000_000)
    };
    act(&[
        flood("writes-one-line-for-ever", b'x', 40_000),
        flood("writes-empty-lines", b'\n', 40_000),
        flood("writes-no-text", 0xff, 40_000),
        flood("writes-nothing", b'x', 0),
        flood("writes-bytes", b'x', 1),
        flood("writes-controls", 0x1b, 300),
    ]);
}

#[test]
fn waits_of_any_length_are_over_at_once_and_clocks_stop_at_their_end() {
    // A subscription at 2048: a clock's number, its timeout, and whether that is absolute.
    let wait = |clock: i64, timeout: i64, flags: i64| {
        format!(
            "(memory.fill (i32.const 2048) (i32.const 0) (i32.const 48))
             (i32.store (i32.const 2064) (i32.const {clock}))
             (i64.store (i32.const 2072) (i64.const {timeout}))
             (i32.store (i32.const 2088) (i32.const {flags}))
             (drop (call $f0 (i32.const 2048) (i32.const 2560) (i32.const 1) (i32.const 64)))
             (if (i32.ne (i32.load (i32.const 64)) (i32.const 1)) (then (unreachable)))"
        )
    };
    let now = |clock: i64, least: &str| {
        format!(
            "(drop (call $f1 (i32.const {clock}) (i64.const 0) (i32.const 72)))
             (if (i64.lt_u (i64.load (i32.const 72)) (i64.const {least})) (then (unreachable)))"
        )
    };
    let body = [
        wait(1, 1 << 40, 0),
        wait(0, 1 << 40, 0),
        wait(1, 1 << 62, 1),
        now(1, "0x4000000000000000"),
        now(0, "0x4000000000000000"),
        wait(0, -1, 1),
        wait(1, -1, 0),
        wait(1, -1, 1),
        now(1, "-1"),
        now(0, "-1"),
        wait(1, -1, 0),
        wait(0, -1, 0),
        now(1, "-1"),
    ];
    let guest = imports(harmless("waits"), find(P1, "poll_oneoff"), 0);
    act(&[imports(guest, find(P1, "clock_time_get"), 1).first(body.concat())]);
}

#[test]
fn ten_million_looks_at_a_clock_leave_the_process_as_it_was() {
    let row = find("clocks/monotonic-clock", "now");
    let looks = times(10_000_000, &call(row, 0, &[]));
    act(&[imports(harmless("looks"), row, 0).first(looks).limit("fuel", 3_000_000_000u64)]);
}

#[test]
fn an_environment_may_be_as_large_as_the_bound_and_is_read_without_end() {
    // Each of the pairs counts for eight bytes: 32 KiB in all.
    let lines: String = (0..4096).map(|number| format!("E{number:04} = \"x\"\n")).collect();
    let row = find(P1, "environ_get");
    let reads = call(row, 0, &[SIZE, 2 * SIZE]);
    let storm = imports(fails("reads", SPENT), row, 0).memory("4").attack(for_ever(&reads));
    let other = find("cli/environment", "get-environment");
    let body = call(other, 0, &[AREA]) + "(global.set $next (i32.const 4096))";
    let gets = imports(fails("gets", SPENT), other, 0).memory("4").attack(for_ever(&body));
    let with = |guest: &Guest| guest.actor().extra(&format!("\n[env]\n{lines}"));
    let server = Server::start(&[guest("events").name("neighbour"), with(&storm), with(&gets)]);
    let mut neighbour = server.client("neighbour");
    assert!(neighbour.next().is_text());
    for name in ["reads", "gets"] {
        let mut client = server.client(name);
        client.text("attack");
        neighbour.ask("meanwhile", "meanwhile");
        assert_eq!(client.expect_close(1011), "the actor failed", "{name}");
        server.wait_for(&[&format!("{name}#1: the actor failed at a text event"), "units of fuel"]);
    }
    drop(neighbour);
    end(server);
}
