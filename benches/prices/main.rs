//! What the host spends on an actor's imports for the fuel that they cost, next to arithmetic for
//! the same fuel.
//!
//! ```text
//! cargo bench --bench prices
//! cargo bench --bench prices -- --quick
//! ```
//!
//! A guest does one thing until its fuel is spent; what counts is the time for a unit of fuel that the
//! actor's thread is on a processor. A ratio of 1 is as dear as arithmetic; far above it, a guest
//! would hold up the host for longer than its fuel says. Rounds alternate and are compared in pairs.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

use std::sync::Arc;

use footlight::{
    actor::{Grants, Module, Services, instance::Instance, meter::Meter},
    clock::Clock,
    exchange::{Client, Connections, Event, EventKind, Lines, connections::Open},
    files::{Files, Folders},
    manifest::{Limits, OnOverflow, SharedFolder},
};
use smol::future::block_on;
use wit_core::{MessageRef, host::Import};

use common::{Result, arguments::Arguments, spread::Spread};

/// How many clients there are.
const CLIENTS: usize = 1000;

/// What is measured: a name, and what the guest does again and again. At 16 is text of 2 bytes for
/// each character, at 8 a name.
const CASES: &[(&str, &str)] = &[
    (
        "arithmetic",
        "(local.set $n (i32.add (i32.mul (local.get $n) (i32.const 77)) (i32.const 1)))",
    ),
    (
        "arithmetic, unrolled",
        "(local.set $n (i32.add (local.get $n) (i32.const 1)))(local.set $n (i32.xor (local.get $n) (i32.const 12)))(local.set $n (i32.add (local.get $n) (i32.const 1)))(local.set $n (i32.xor (local.get $n) (i32.const 12)))(local.set $n (i32.add (local.get $n) (i32.const 1)))(local.set $n (i32.xor (local.get $n) (i32.const 12)))(local.set $n (i32.add (local.get $n) (i32.const 1)))(local.set $n (i32.xor (local.get $n) (i32.const 12)))",
    ),
    ("log, 16 bytes", "(call $log (i32.const 65536) (i32.const 16))"),
    ("log, 1 KiB", "(call $log (i32.const 65536) (i32.const 1024))"),
    ("clock.now", "(drop (call $clock.now))"),
    ("connections.sender", "(call $connections.sender (i32.const 1024))"),
    ("connections.info", "(call $connections.info (i64.const 7) (i32.const 1024))"),
    (
        "connections.list of all",
        "(call $connections.list (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1024))",
    ),
    (
        "connections.list by tag",
        "(call $connections.list (i32.const 1) (i32.const 8) (i32.const 4) (i32.const 1024))",
    ),
    (
        "connections.list by nobody's tag",
        "(call $connections.list (i32.const 1) (i32.const 12) (i32.const 4) (i32.const 1024))",
    ),
    (
        "connections.send, nobody",
        "(call $connections.send (i64.const 0) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 1024))",
    ),
    (
        "connections.send, 64 bytes",
        "(call $connections.send (i64.const 7) (i32.const 0) (i32.const 65536) (i32.const 64) (i32.const 1024))",
    ),
    (
        "connections.send, text of 4 MiB",
        "(call $connections.send (i64.const 7) (i32.const 0) (i32.const 65536) (i32.const 4194304) (i32.const 1024))",
    ),
    (
        "connections.send, data of 4 MiB",
        "(call $connections.send (i64.const 7) (i32.const 1) (i32.const 65536) (i32.const 4194304) (i32.const 1024))",
    ),
    (
        "connections.broadcast, 64 bytes",
        "(call $connections.broadcast (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 65536) (i32.const 64) (i32.const 0) (i64.const 0) (i32.const 1024))",
    ),
    (
        "connections.broadcast by tag",
        "(call $connections.broadcast (i32.const 1) (i32.const 8) (i32.const 4) (i32.const 0) (i32.const 65536) (i32.const 64) (i32.const 0) (i64.const 0) (i32.const 1024))",
    ),
    (
        "connections.tag, there",
        "(call $connections.tag (i64.const 7) (i32.const 8) (i32.const 4) (i32.const 1024))",
    ),
    (
        "connections.tag and untag",
        "(call $connections.tag (i64.const 8) (i32.const 8) (i32.const 4) (i32.const 1024)) (call $connections.untag (i64.const 8) (i32.const 8) (i32.const 4) (i32.const 1024))",
    ),
    (
        "connections.attachment, 2 KiB",
        "(call $connections.set-attachment (i64.const 7) (i32.const 1) (i32.const 0) (i32.const 2048) (i32.const 1024)) (call $connections.attachment (i64.const 7) (i32.const 1024))",
    ),
    (
        "connections.close, nobody",
        "(call $connections.close (i64.const 0) (i32.const 1000) (i32.const 8) (i32.const 4) (i32.const 1024))",
    ),
    ("alarm.set", "(call $alarm.set (i64.const 1000))"),
    ("random.bytes, 16", "(call $random.bytes (i32.const 16) (i32.const 1024))"),
    ("random.bytes, 64 KiB", "(call $random.bytes (i32.const 65536) (i32.const 1024))"),
    ("files.read, 64 bytes", "(call $files.read (i32.const 8) (i32.const 4) (i32.const 1024))"),
    ("files.read, 64 KiB", "(call $files.read (i32.const 12) (i32.const 4) (i32.const 1024))"),
    (
        "files.read, nothing there",
        "(call $files.read (i32.const 8) (i32.const 3) (i32.const 1024))",
    ),
    ("files.list, 1000 entries", "(call $files.list (i32.const 8) (i32.const 0) (i32.const 1024))"),
    (
        "files.write, 64 bytes",
        "(call $files.write (i32.const 8) (i32.const 4) (i32.const 65536) (i32.const 64) (i32.const 1024))",
    ),
];

fn main() -> Result<()> {
    let quick = Arguments::read(&[])?.quick;
    let (fuel, rounds) = if quick { (1_000_000, 1) } else { (50_000_000, 5) };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("name"), [b'x'; 64]).unwrap();
    std::fs::write(folder.path().join("long"), vec![b'x'; 64 << 10]).unwrap();
    for number in 2..1000 {
        std::fs::write(folder.path().join(format!("file-{number}")), "").unwrap();
    }
    let mut costs = vec![Vec::new(); CASES.len()];
    for _ in 0..rounds {
        for ((_, body), costs) in CASES.iter().zip(&mut costs) {
            costs.push(block_on(cost(body, fuel, folder.path())));
        }
    }
    println!("{CLIENTS} clients, {rounds} rounds of {fuel} units of fuel");
    println!("{:32} {:>8}  ratio", "", "ns/unit");
    for ((name, _), all) in CASES.iter().zip(&costs) {
        let median = Spread::of(all.iter().copied()).median;
        println!("{name:32} {median:8.3}  {}", Spread::ratio(all, &costs[0]).text());
    }
    Ok(())
}

/// The nanoseconds for a unit of fuel when a guest does this until all is spent.
async fn cost(body: &str, fuel: u64, folder: &std::path::Path) -> f64 {
    let limits = Limits {
        fuel: Some(fuel),
        time: std::time::Duration::MAX,
        effects: 64 << 20,
        outbox: 64 << 20,
        ..Limits::default()
    };
    let module = Module::compile(&guest(body), &limits, Grants::ALL).unwrap();
    let stats = Arc::default();
    let lines = Arc::new(Lines::new("prices".into(), limits.log_rate, Arc::default()));
    let shared = SharedFolder { path: folder.into(), name: None, writable: true };
    let folders = Folders::open(&[shared]).unwrap();
    let files = Files::new("prices", folders, &limits, Arc::default(), lines.clone());
    let mut services = Services::new(&limits, Clock::System, None, Some(files), stats);
    let connections = Connections::new(CLIENTS, limits.outbox);
    let _all: Vec<_> = (0..CLIENTS).map(|_| enter(&connections, &mut services)).collect();
    let mut meter = Meter::new(&limits, Arc::default());
    meter.begin();
    let mut instance = Instance::new(&Arc::new(module), &limits, lines, &mut meter).await.unwrap();
    let (start, text) = (busy(), MessageRef::text("x"));
    let ended = instance.handle_message(text, None, &mut meter, &mut services).await;
    let took = busy() - start;
    assert!(ended.unwrap_err().to_string().contains("units of fuel"));
    took / fuel as f64
}

/// How long this thread has been running on a processor, in nanoseconds. A thread that reads a file
/// meanwhile does not hold up the actors.
fn busy() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse().unwrap()
}

/// Lets a client come, and keeps a tag and something else with it.
fn enter(connections: &Arc<Connections>, services: &mut Services) -> Open {
    let client = || Client {
        peer: ([192, 0, 2, 7], 50_123).into(),
        path: "/ws".into(),
        query: "room=kitchen".into(),
        subprotocol: None,
        since: 0,
    };
    let open = connections.open(OnOverflow::Drop, client).unwrap();
    services.begin(&Event { from: Some(open.outbox.clone()), kind: EventKind::Connect });
    for tag in ["kitchen", "garden", "name"] {
        services.clients.tag(open.outbox.id(), tag, |_| Ok(())).unwrap();
    }
    services.commit();
    open
}

/// The guest.
fn guest(body: &str) -> Vec<u8> {
    let mut imports =
        String::from(r#"(import "ntwk:theater/runtime" "log" (func $log (param i32 i32)))"#);
    for import in Import::ALL {
        // Theater's own are for some shapes only.
        if matches!(import, Import::ReadText | Import::ReadBytes) {
            continue;
        }
        let ty = import.ty();
        let params: String = ty.params.iter().map(|flat| format!(" {flat}")).collect();
        let result: String = ty.result.iter().map(|flat| format!(" {flat}")).collect();
        imports += &format!(
            "(import {:?} {:?} (func ${import} (param{params}) (result{result})))",
            import.interface().module(),
            import.name()
        );
    }
    let text = format!(
        r#"(module {imports} (memory (export "memory") 80)
            (data (i32.const 8) "namelong")
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
            (func $fill (local $at i32)
                (local.set $at (i32.const 65536))
                (loop $more
                    (i32.store16 (local.get $at) (i32.const 0xa9c3))
                    (local.set $at (i32.add (local.get $at) (i32.const 2)))
                    (br_if $more (i32.lt_u (local.get $at) (i32.const 66560))))
                (loop $double
                    (memory.copy (local.get $at) (i32.const 65536)
                        (i32.sub (local.get $at) (i32.const 65536)))
                    (local.set $at (i32.sub (i32.shl (local.get $at) (i32.const 1)) (i32.const 65536)))
                    (br_if $double (i32.lt_u (local.get $at) (i32.const 4259840)))))
            (func (export "ntwk:theater/websocket-server#handle-message")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (local $n i32)
                (call $fill)
                (loop $for-ever {body} (br $for-ever))
                (unreachable)))"#
    );
    wat::parse_str(text).unwrap()
}
