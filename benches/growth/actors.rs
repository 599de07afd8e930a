//! The cost of more actors in one process.

use std::path::Path;

use smol::{LocalExecutor, block_on};

use super::{
    common::{
        Result, process,
        server::{Actor, Server},
    },
    figure::{Line, Panel},
    load::{exchange, memory_at_rest, open, same_text},
};

/// The number of clients, for any number of actors. Each actor has at least one.
const CLIENTS: usize = 200;

/// A kind of actor: its name, its file, its first state.
type Kind = (&'static str, &'static str, &'static [u8]);

/// A small module and a large one. The chat room's clients only connect, so that its history stays
/// empty.
const KINDS: [Kind; 2] = [
    ("echo", "examples/echo/echo.wasm", b""),
    ("chat room", "examples/chat-room/chat_room.wasm", br#"{"connected_users":[],"messages":[]}"#),
];

/// Measures memory and CPU time with each number of actors.
pub(crate) fn measure(binary: &Path, rounds: usize, quick: bool) -> Result<Vec<Panel>> {
    let steps: &[usize] = if quick { &[1, 2] } else { &[1, 2, 5, 10, 20, 50, 100, 150, 200] };
    // A connection needs a descriptor. An actor needs some more, even with these limits.
    process::allow_descriptors(CLIENTS + 20 * steps[steps.len() - 1] + 200)?;
    let mut memory = KINDS.map(|(name, ..)| Line::new(name, steps));
    let mut cpu = Line::new("echo", steps);
    let executor = LocalExecutor::new();
    for _ in 0..rounds {
        for (index, step) in steps.iter().enumerate() {
            for (kind, (name, file, state)) in KINDS.into_iter().enumerate() {
                let names: Vec<_> = (0..*step).map(|number| format!("actor{number}")).collect();
                let actor = |name: &String| {
                    let actor = Actor::file(name, file).state(state.to_vec());
                    // All actors together must fit into the limit of open files.
                    let actor = actor.limit("connections", CLIENTS.div_ceil(*step));
                    actor.limit("requests", 4).limit("downloads", 1).limit("idle_connections", 1)
                };
                let actors: Vec<_> = names.iter().map(actor).collect();
                let server = Server::run(binary, &actors)?;
                let watch = server.watch();
                block_on(executor.run(async {
                    let mut clients = open(&server, &names, CLIENTS).await?;
                    memory[kind].add(index, memory_at_rest(watch).await? / 1e6);
                    if name == "echo" {
                        let messages = if quick { CLIENTS } else { 20_000 };
                        let each =
                            exchange(&executor, &mut clients, same_text, messages, watch).await?;
                        cpu.add(index, each.as_secs_f64() * 1e6);
                    }
                    Result::Ok(())
                }))?;
            }
        }
    }
    let panel = |title, lines| Panel { title, axis: "actors", lines, log_x: false, log_y: false };
    Ok(vec![
        panel("memory of the process with 200 clients, MB", memory.into()),
        panel("CPU for a message of 64 bytes, 200 clients, µs", vec![cpu]),
    ])
}
