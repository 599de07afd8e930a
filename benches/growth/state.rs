//! The cost of a larger state.

use std::path::Path;

use smol::{LocalExecutor, block_on};

use super::{
    common::{
        Result, guest, readings,
        server::{Actor, Server},
    },
    figure::{Line, Panel},
    load::{exchange, memory_at_rest, open},
};

/// The number of clients.
const CLIENTS: usize = 4;

/// The fuel of the actor with JSON. A state of 1 MiB needs more than the default.
const FUEL: u64 = 1_000_000_000;

/// Measures memory and CPU time with each size.
pub(crate) fn measure(binary: &Path, rounds: usize, quick: bool) -> Result<Vec<Panel>> {
    const KIB: usize = 1024;
    let steps: &[usize] = if quick {
        &[0, KIB]
    } else {
        &[0, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, 1024 * KIB]
    };
    let names = ["JSON, read and written", "bytes, of which four change"];
    let mut memory = names.map(|name| Line::new(name, steps));
    let mut cpu = names.map(|name| Line::new(name, steps));
    let executor = LocalExecutor::new();
    for _ in 0..rounds {
        for (index, &step) in steps.iter().enumerate() {
            let json = readings::actor("actor", readings::state(step)).limit("fuel", FUEL);
            let bytes = Actor::of("actor", &guest::counting()).state(vec![0; step]);
            // As many as take about as long.
            let messages = [4_000 * KIB / (step + KIB), 40_000 * KIB / (step + 10 * KIB)];
            for (kind, actor) in [json, bytes].into_iter().enumerate() {
                let server = Server::run(binary, &[actor])?;
                let watch = server.watch();
                let messages = if quick { CLIENTS } else { messages[kind].max(12) };
                block_on(executor.run(async {
                    let mut clients = open(&server, &["actor".into()], CLIENTS).await?;
                    let text = |_| readings::TEXT.into();
                    let each = exchange(&executor, &mut clients, text, messages, watch).await?;
                    cpu[kind].add(index, each.as_secs_f64() * 1e3);
                    memory[kind].add(index, memory_at_rest(watch).await? / 1e6);
                    Result::Ok(())
                }))?;
            }
        }
    }
    let (memory, cpu) = (memory.into(), cpu.into());
    Ok(vec![
        Panel {
            title: "memory of the process, MB",
            axis: "size of the state",
            lines: memory,
            log_x: true,
            log_y: false,
        },
        Panel {
            title: "CPU for a message, ms",
            axis: "size of the state",
            lines: cpu,
            log_x: true,
            log_y: true,
        },
    ])
}
