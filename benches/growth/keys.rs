//! The cost of more keys.

use std::path::Path;

use async_tungstenite::tungstenite::Utf8Bytes;
use footlight::limits::Limits;
use smol::{LocalExecutor, block_on};
use tempfile::tempdir;

use super::{
    common::{
        Result,
        guest::{self, FREE, REALLOC},
        server::{Actor, Server},
    },
    figure::{Line, Panel},
    load::{exchange, memory_at_rest, open},
};

/// The number of clients.
const CLIENTS: usize = 50;
/// What a key of 8 bytes with a value of 8 bytes counts for in `limits.storage`.
const ENTRY: usize = 8 + 8 + 64;
/// The distance from the key of one message to that of the next. It has no divisor in common with
/// any number of keys, so no key has a second turn before all others had one.
const STRIDE: usize = 7919;
/// How long changes wait for the disk: short, so that the measurement includes the writing.
const INTERVAL: &str = "100ms";

/// Measures memory and CPU time with each number of keys, in memory and with a data folder.
pub(crate) fn measure(binary: &Path, rounds: usize, quick: bool) -> Result<Vec<Panel>> {
    let most = Limits::default().storage / ENTRY;
    let steps: &[usize] = if quick { &[1, 10] } else { &[1, 10, 100, 1_000, 10_000, most] };
    let mut memory = ["in memory", "with a data folder"].map(|name| Line::new(name, steps));
    let names = ["reads and writes a key", "the same, with a data folder", "lists ten keys"];
    let mut cpu = names.map(|name| Line::new(name, steps));
    let executor = LocalExecutor::new();
    for _ in 0..rounds {
        for kept in [false, true] {
            let data = tempdir()?;
            let (mut actor, mut folder) = (actor(), None);
            if kept {
                (actor, folder) = (actor.kept("relaxed").interval(INTERVAL), Some(data.path()));
            }
            let server = Server::with(binary, 1, folder, &[actor])?;
            let watch = server.watch();
            block_on(executor.run(async {
                let mut clients = open(&server, &["actor".into()], CLIENTS).await?;
                let mut filled = 0;
                for (index, &step) in steps.iter().enumerate() {
                    let missing = step - filled;
                    let text = move |number| command('=', filled + number % missing);
                    exchange(&executor, &mut clients, text, missing, watch).await?;
                    filled = step;

                    let messages = if quick { CLIENTS } else { 20_000 };
                    let text = move |number| command('=', number * STRIDE % step);
                    let each = exchange(&executor, &mut clients, text, messages, watch).await?;
                    cpu[usize::from(kept)].add(index, each.as_secs_f64() * 1e6);
                    memory[usize::from(kept)].add(index, memory_at_rest(watch).await? / 1e6);
                    if !kept {
                        let text = move |number| command('?', number * STRIDE % step);
                        let each = exchange(&executor, &mut clients, text, messages, watch).await?;
                        cpu[2].add(index, each.as_secs_f64() * 1e6);
                    }
                }
                Result::Ok(())
            }))?;
        }
    }
    let panel = |title, lines, log_x| Panel { title, axis: "keys", lines, log_x, log_y: false };
    Ok(vec![
        panel("memory of the process, MB", memory.into(), false),
        panel("CPU for a message, µs", cpu.into(), true),
    ])
}

/// A text of 9 bytes for the actor.
fn command(action: char, key: usize) -> Utf8Bytes {
    format!("{action}{key:08}").into()
}

/// An actor that sends texts back. A text contains a command: its first character is the action, and
/// the next eight are a key.
///
/// - `=` adds 1 to the key's value, which is 0 if there is none.
/// - `?` lists the next ten keys after it, with their values.
fn actor() -> Actor {
    let imports = r#"(import "footlight:host/storage@0.1.0" "get"
        (func $get (param i32 i32 i32)))
    (import "footlight:host/storage@0.1.0" "put"
        (func $put (param i32 i32 i32 i32 i32)))
    (import "footlight:host/storage@0.1.0" "list"
        (func $list (param i32 i32 i32 i32 i32 i32 i32)))"#;
    // Results are at 128, and the new value is at 160. Any error is a trap.
    let handle = r#"(local $action i32) (local $key i32)
        (if (i32.and (local.get $has-text) (i32.eq (local.get $type-len) (i32.const 4))) (then
            (local.set $action (i32.load8_u (local.get $text)))
            (local.set $key (i32.add (local.get $text) (i32.const 1)))))
        (if (i32.eq (local.get $action) (i32.const 0x3d)) (then
            (call $get (local.get $key) (i32.const 8) (i32.const 128))
            (i64.store (i32.const 160) (i64.const 0))
            (if (i32.load8_u (i32.const 128)) (then
                (i64.store (i32.const 160) (i64.load (i32.load (i32.const 132))))))
            (i64.store (i32.const 160)
                (i64.add (i64.load (i32.const 160)) (i64.const 1)))
            (call $put (local.get $key) (i32.const 8) (i32.const 160) (i32.const 8)
                (i32.const 128))
            (if (i32.load8_u (i32.const 128)) (then (unreachable)))))
        (if (i32.eq (local.get $action) (i32.const 0x3f)) (then
            (call $list (i32.const 0) (i32.const 0)
                (i32.const 1) (local.get $key) (i32.const 8)
                (i32.const 10) (i32.const 128))))"#;
    Actor::of("actor", &guest::echo(imports, REALLOC, handle, FREE))
}
