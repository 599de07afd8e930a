//! Checks that the host's memory stays flat with a guest that leaks.
//!
//! The guest's allocator never frees anything and takes whole pages of 4 KiB, so every message
//! costs it about 8 KiB for ever. The host drops its instance whenever it reaches
//! `limits.watermark`. A million messages go through it, over several connections with many
//! messages in flight. The output is the most resident memory of the process in each tenth of the
//! messages. After the first tenth it must not grow by more than [`BOUND`].
//!
//! ```text
//! cargo bench --bench soak
//! cargo bench --bench soak -- --messages 20000
//! ```

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

use std::{
    cell::Cell,
    process::ExitCode,
    rc::Rc,
    time::{Duration, Instant},
};

use async_tungstenite::tungstenite::{Message, Utf8Bytes};
use futures_util::StreamExt as _;
use smol::{LocalExecutor, Timer, block_on};

use common::{
    Result,
    arguments::Arguments,
    client::connect,
    guest,
    server::{Actor, Server},
};

/// The most bytes by which the memory may grow after the first tenth: an instance at its watermark,
/// because an allocator may keep the memory of the last one for the next, and 1 MiB. The guest
/// leaks a thousand times as much meanwhile.
const BOUND: u64 = 5 << 20;

/// The time between two looks at the memory.
const LOOK: Duration = Duration::from_millis(1);

/// How the guest takes memory, which it never frees.
const LEAK: &str = "(local $start i32)
        (local.set $start (global.get $next))
        (global.set $next (i32.add (local.get $start) (i32.and (i32.const -4096)
            (i32.add (local.get $size) (i32.const 4095)))))
        (block $enough
            (loop $more
                (br_if $enough (i32.le_u (global.get $next)
                    (i32.mul (memory.size) (i32.const 65536))))
                (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable)))
                (br $more)))
        (local.get $start)";

fn main() -> ExitCode {
    common::main(&["messages", "connections", "flight"], measure)
}

/// Sends all messages, and watches.
fn measure(arguments: &Arguments) -> Result<()> {
    let messages: u32 = arguments.number("messages", 1_000_000, 20_000)?;
    let connections: u32 = arguments.number("connections", 16, 16)?;
    let flight: u32 = arguments.number("flight", 16, 16)?;
    if connections == 0 || flight == 0 || messages < 10 * connections * flight {
        return Err("--messages must be ten times all those in flight, or more".into());
    }
    let server = Server::start(&[Actor::of("leaky", &guest::echo("", LEAK, "", ""))])?;
    println!("{messages} messages, {connections} connections, {flight} in flight on each");
    println!("{:>12}{:>14}{:>12}", "messages", "most KiB", "seconds");
    let executor = LocalExecutor::new();
    let (sent, start) = (Rc::new(Cell::new(0)), Instant::now());
    let mut tasks = Vec::new();
    for _ in 0..connections {
        tasks.push(executor.spawn(exchange(
            server.url("leaky").to_owned(),
            flight,
            messages,
            sent.clone(),
        )));
    }
    let watch = server.watch();
    let look = async {
        let mut peaks = Vec::new();
        for tenth in 1..=10 {
            let mut peak = 0;
            while sent.get() < messages / 10 * tenth {
                if let Some(failed) = tasks.iter().position(|task| task.is_finished()) {
                    // If all is done, the loop's condition ends it.
                    if sent.get() < messages {
                        tasks.swap_remove(failed).await?;
                    }
                }
                peak = peak.max(watch.memory()?);
                Timer::after(LOOK).await;
            }
            peak = peak.max(watch.memory()?);
            let seconds = start.elapsed().as_secs_f64();
            println!("{:>12}{:>14}{seconds:>12.1}", messages / 10 * tenth, peak >> 10);
            peaks.push(peak);
        }
        for task in tasks {
            task.await?;
        }
        Result::Ok(peaks)
    };
    let peaks = block_on(executor.run(look))?;
    let most = peaks.iter().max().copied().unwrap_or_default();
    let grown = most.saturating_sub(peaks[0]);
    let verdict = if grown <= BOUND { "within" } else { "past" };
    println!(
        "after the first tenth it grew by {} KiB, {verdict} the bound of {} KiB",
        grown >> 10,
        BOUND >> 10
    );
    if grown <= BOUND { Ok(()) } else { Err("the memory is not flat".into()) }
}

/// Sends texts over one connection and reads the echoes, until all connections together have sent
/// enough.
async fn exchange(
    url: String,
    flight: u32,
    messages: u32,
    sent: Rc<Cell<u32>>,
) -> std::result::Result<(), String> {
    let text = Utf8Bytes::from("x".repeat(64));
    let mut client = connect(&url).await.map_err(|error| error.to_string())?;
    let mut waiting = 0;
    loop {
        while waiting < flight && sent.get() < messages {
            sent.set(sent.get() + 1);
            waiting += 1;
            let sent = client.send(Message::Text(text.clone())).await;
            sent.map_err(|error| format!("cannot send: {error}"))?;
        }
        if waiting == 0 {
            return Ok(());
        }
        match client.next().await {
            Some(Ok(Message::Text(echo))) if echo == text => waiting -= 1,
            other => return Err(format!("not an echo: {other:?}")),
        }
    }
}
