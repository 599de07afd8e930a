//! A guest that repeats one thing until its fuel is used up.

use std::{path::Path, sync::Arc};

use std::collections::BTreeMap;

use bytes::Bytes;
use footlight::{
    actor::{CallContext, clients::Undo},
    exchange::{Client, Connections, Event, EventKind, OnOverflow, connections::Open},
    limits::Limits,
};
use rustix::time::{ClockId, clock_gettime};
use smol::block_on;

use crate::{common::inside::Inside, imports, operators};

/// The number of entries that the actor has stored.
const STORED: usize = 30_000;

/// The nanoseconds for a unit of fuel when a guest repeats `body` until it has used `fuel`, in
/// slices, with this many clients.
pub(crate) async fn cost(body: &str, fuel: u64, slice: u64, clients: usize, folder: &Path) -> f64 {
    let limits = Limits {
        fuel: Some(fuel),
        slice,
        time: std::time::Duration::MAX,
        effects: 64 << 20,
        storage: 64 << 20,
        outbox: 64 << 20,
        ..Limits::default()
    };
    // This fills the memory.
    let mut inside = Inside::new(&guest(body), &limits, Some(folder)).await.unwrap();
    let connections = Connections::new(&Limits { connections: clients.max(1), ..limits.clone() });
    let context = &mut inside.context;
    let _all: Vec<_> = (0..clients).map(|_| enter(&connections, context)).collect();
    if clients > 0 {
        context.host.storage.load(stored());
    }
    let start = busy();
    let ended = inside.handle("x", None).await;
    // The fuel pays for this work too.
    let CallContext { meter, host } = &mut inside.context;
    host.roll_back(meter).await;
    let took = busy() - start;
    let error = ended.unwrap_err().to_string();
    assert!(error.contains("units of fuel"), "{error}: {body:.500}");
    took / fuel as f64
}

/// The processor time of this thread in nanoseconds. Another thread that reads a file meanwhile
/// does not delay the actors, so it does not count.
fn busy() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Entries with short values, and one of 4 KiB whose key is `name`.
fn stored() -> BTreeMap<Box<str>, Bytes> {
    let short = (0..STORED).map(|number| (format!("key-{number}").into(), "value".into()));
    short.chain([("name".into(), vec![b'x'; 4096].into())]).collect()
}

/// Lets a client come, and keeps a tag and something else with it.
fn enter(connections: &Arc<Connections>, context: &mut CallContext) -> Open {
    let CallContext { meter, host } = context;
    let client = || Client {
        peer: ([192, 0, 2, 7], 50_123).into(),
        path: "/ws".into(),
        query: "room=kitchen".into(),
        subprotocol: None,
        since: 0,
    };
    let open = connections.open(OnOverflow::Drop, client).unwrap();
    host.begin(&Event::at(&open.session, EventKind::Connect));
    for tag in ["kitchen", "garden", "name"] {
        host.clients.tag(open.session.id(), tag, &mut Undo::default(), |_| Ok(())).unwrap();
    }
    block_on(host.commit(None, &mut None, meter)).unwrap();
    open
}

/// The guest. Its memory has text with 2 bytes for each character up to 4 MiB. If the body follows
/// a chain, the memory has a chain instead: each cache line has the address of another one far
/// away.
fn guest(body: &str) -> Vec<u8> {
    let fill = if body.contains("$chain") {
        "(loop $more
            (local.set $next (i32.add (i32.rem_u (i32.add (local.get $at) (i32.const 4198464)) (i32.const 16711680)) (i32.const 65536)))
            (i32.store (local.get $at) (local.get $next))
            (local.set $at (local.get $next))
            (br_if $more (i32.ne (local.get $at) (i32.const 65536))))"
    } else {
        "(loop $more
            (i32.store16 (local.get $at) (i32.const 0xa9c3))
            (local.set $at (i32.add (local.get $at) (i32.const 2)))
            (br_if $more (i32.lt_u (local.get $at) (i32.const 66560))))
        (loop $double
            (memory.copy (local.get $at) (i32.const 65536)
                (i32.sub (local.get $at) (i32.const 65536)))
            (local.set $at (i32.sub (i32.shl (local.get $at) (i32.const 1)) (i32.const 65536)))
            (br_if $double (i32.lt_u (local.get $at) (i32.const 4259840))))"
    };
    let (imports, fields, functions) =
        (imports::declared(), operators::FIELDS, operators::functions(body));
    let text = format!(
        r#"(module {imports} (memory (export "memory") 256)
            (data (i32.const 8) "namelong")
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
            {fields} {functions}
            (func $fill (local $at i32) (local $next i32)
                (local.set $at (i32.const 65536)) {fill})
            (start $fill)
            (func (export "ntwk:theater/websocket-server#handle-message")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
                (local $n i32) (local $at i32) (local $chain i32)
                (local $i32 i32) (local $i322 i32) (local $i64 i64) (local $i642 i64)
                (local $f32 f32) (local $f322 f32) (local $f32-small f32)
                (local $f64 f64) (local $f642 f64) (local $f64-small f64)
                (local.set $at (i32.const 65536)) (local.set $chain (i32.const 65536))
                (local.set $i32 (i32.const 12345)) (local.set $i322 (i32.const 3))
                (local.set $i64 (i64.const 12345)) (local.set $i642 (i64.const 3))
                (local.set $f32 (f32.const 1.5)) (local.set $f64 (f64.const 1.5))
                (local.set $f32-small (f32.const 1e-40)) (local.set $f64-small (f64.const 1e-310))
                (loop $for-ever {body} (br $for-ever))
                (unreachable)))"#
    );
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}
