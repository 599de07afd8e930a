//! The cost of more connections to one echo.

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

/// Measures memory and CPU time with each number of connections.
pub(crate) fn measure(binary: &Path, rounds: usize, quick: bool) -> Result<Vec<Panel>> {
    let steps: &[usize] = if quick { &[1, 10] } else { &[1, 10, 100, 1_000, 2_000, 5_000, 10_000] };
    let most = steps[steps.len() - 1];
    process::allow_descriptors(most + 200)?;
    let mut memory = Line::new("echo", steps);
    let mut cpu = Line::new("echo", steps);
    let executor = LocalExecutor::new();
    let actors = ["echo".to_owned()];
    for _ in 0..rounds {
        let server = Server::run(binary, &[Actor::echo().limit("connections", most)])?;
        let (watch, mut clients) = (server.watch(), Vec::new());
        for (index, step) in steps.iter().enumerate() {
            block_on(executor.run(async {
                clients.extend(open(&server, &actors, step - clients.len()).await?);
                // Use every connection, so that all buffers are allocated.
                let messages = if quick { 20 } else { 20_000.max(*step) };
                let each = exchange(&executor, &mut clients, same_text, messages, watch).await?;
                cpu.add(index, each.as_secs_f64() * 1e6);
                memory.add(index, memory_at_rest(watch).await? / 1e6);
                Result::Ok(())
            }))?;
        }
    }
    let panel =
        |title, lines, log_x| Panel { title, axis: "connections", lines, log_x, log_y: false };
    Ok(vec![
        panel("memory of the process, MB", vec![memory], false),
        panel("CPU for a message of 64 bytes, µs", vec![cpu], true),
    ])
}
