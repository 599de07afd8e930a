//! A message whose event changes the state: how long its answer takes, and what it costs.

use std::{path::PathBuf, time::Duration};

use smol::{LocalExecutor, block_on};
use tempfile::{TempDir, tempdir_in};

use super::{
    bare::Blocks,
    common::{
        Result,
        arguments::Arguments,
        metrics::{counter, metrics},
        pace::Clients,
        process,
        server::Server,
        spread::Spread,
    },
    guests,
};

/// The durabilities, in the order of the table. The others are compared with the first one.
const MODES: [&str; 3] = ["none", "relaxed", "strict"];
/// The numbers of clients.
const CLIENTS: [usize; 3] = [1, 16, 64];
/// The size of a message in bytes.
const SIZE: usize = 64;

/// A server with one durability.
struct Mode {
    /// The server.
    server: Server,
    /// Its data folder.
    _data: TempDir,
}

/// The rounds of one durability with one number of clients.
#[derive(Default)]
struct Rounds {
    /// The median of the times until the answers, in microseconds.
    p50: Vec<f64>,
    /// Their 99th percentile.
    p99: Vec<f64>,
    /// The CPU time of the server for each message, in microseconds.
    cpu: Vec<f64>,
    /// The events with changes of all rounds.
    events: u64,
    /// The records that they were written in.
    records: u64,
}

/// Measures with each number of clients, and prints the tables.
pub(crate) fn measure(arguments: &Arguments) -> Result<()> {
    let rounds: usize = arguments.count("rounds", 9, 1)?;
    let messages: usize = arguments.count("messages", 2000, 64)?;
    let within: PathBuf = arguments.path("folder", env!("CARGO_TARGET_TMPDIR"));
    let bare = tempdir_in(&within)?;
    let mut bare = Blocks::make(&bare.path().join("blocks"))?;
    let mut modes = Vec::new();
    for durability in MODES {
        let data = tempdir_in(&within)?;
        let server = Server::keeping(data.path(), &[guests::counting().kept(durability)])?;
        modes.push(Mode { server, _data: data });
    }
    println!(
        "{rounds} rounds of {messages} messages of {SIZE} bytes; each client sends its next message as \
         soon as it has its answer"
    );
    let executor = LocalExecutor::new();
    for count in CLIENTS {
        let mut all: [Rounds; MODES.len()] = Default::default();
        let mut syncs = Rounds::default();
        let mut clients = Vec::new();
        for mode in &modes {
            let connect = Clients::connect(mode.server.url("actor"), count, SIZE, Duration::ZERO);
            clients.push(block_on(executor.run(connect))?);
        }
        // The first round fills caches and is not counted.
        for round in 0..=rounds {
            for ((mode, clients), rounds) in modes.iter().zip(&mut clients).zip(&mut all) {
                mode.exchange(&executor, clients, messages / count, count, round > 0, rounds)?;
            }
            let before = process::cpu(std::process::id())?;
            let (p50, p99) = bare.write(messages / count)?;
            let cpu = process::cpu(std::process::id())?.saturating_sub(before);
            if round > 0 {
                syncs.p50.push(p50);
                syncs.p99.push(p99);
                syncs.cpu.push(cpu.as_secs_f64() * 1e6 / (messages / count) as f64);
            }
        }
        for clients in clients {
            block_on(executor.run(clients.leave()))?;
        }
        print(count, &all, &syncs);
    }
    Ok(())
}

impl Mode {
    /// One round.
    fn exchange(
        &self,
        executor: &LocalExecutor<'_>,
        clients: &mut Clients,
        each: usize,
        count: usize,
        counted: bool,
        rounds: &mut Rounds,
    ) -> Result<()> {
        let watch = self.server.watch();
        let before = (watch.cpu()?, self.stored()?);
        let each = u32::try_from(each.max(1))?;
        let times = block_on(executor.run(clients.exchange(executor, each)))?;
        let cpu = watch.cpu()?.saturating_sub(before.0);
        let (events, records) = self.stored()?;
        if counted {
            rounds.p50.push(times.p50);
            rounds.p99.push(times.p99);
            rounds.cpu.push(cpu.as_secs_f64() * 1e6 / (f64::from(each) * count as f64));
            rounds.events += events - before.1.0;
            rounds.records += records - before.1.1;
        }
        Ok(())
    }

    /// The events that were stored so far, and the records that they were written in.
    fn stored(&self) -> Result<(u64, u64)> {
        let metrics = metrics(self.server.address("actor"));
        let counter = |name| counter(&metrics, name).ok_or("no metrics");
        Ok((counter("store_events")?, counter("store_records")?))
    }
}

/// Prints what the rounds with this many clients came to.
fn print(clients: usize, all: &[Rounds], syncs: &Rounds) {
    println!(
        "\n| clients: {clients} | {} | a bare write and sync |\n|---{}",
        MODES.join(" | "),
        "|---".repeat(MODES.len() + 1) + "|"
    );
    let of = |series: &[f64]| Spread::of(series.iter().copied()).figures();
    let row = |name: &str, cells: Vec<String>, last: String| {
        println!("| {name} | {} | {last} |", cells.join(" | "));
    };
    let each = |of: &dyn Fn(&Rounds) -> String| all.iter().map(of).collect::<Vec<_>>();
    row("half of the answers within, µs", each(&|one| of(&one.p50)), of(&syncs.p50));
    row("99 % of the answers within, µs", each(&|one| of(&one.p99)), of(&syncs.p99));
    row("CPU for a message, µs", each(&|one| of(&one.cpu)), of(&syncs.cpu));
    let share = |one: &Rounds| match one.records {
        0 => String::new(),
        records => format!("{:.1}", one.events as f64 / records as f64),
    };
    row("events in a record", each(&share), String::new());
    let ratio = |above: &[f64], below: &[f64]| Spread::ratio(above, below).figures();
    let none = &all[0];
    let ratios = |of: fn(&Rounds) -> &[f64]| each(&|one| ratio(of(one), of(none)));
    row("ratio of the medians", ratios(|one| &one.p50), ratio(&syncs.p50, &none.p50));
    row("ratio of the 99 %", ratios(|one| &one.p99), ratio(&syncs.p99, &none.p99));
    row("ratio of the CPU", ratios(|one| &one.cpu), ratio(&syncs.cpu, &none.cpu));
    let strict = &all[MODES.len() - 1];
    println!(
        "\nstrict, compared with a bare write and sync: {} (median), {} (99 %)",
        ratio(&strict.p50, &syncs.p50),
        ratio(&strict.p99, &syncs.p99)
    );
}
