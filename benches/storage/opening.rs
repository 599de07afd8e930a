//! A store with much in it: the time to open it, the start of a host, and its memory.

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Instant,
};

use footlight_store::Store;
use rustix::fs::{Advice, fadvise};
use smol::block_on;
use tempfile::tempdir_in;

use super::{
    common::{
        Result,
        arguments::Arguments,
        server::{Actor, Server},
        spread::Spread,
        stored,
    },
    guests,
};

/// The name of the actor that has everything.
const OWNER: &str = "actor";
/// The sizes of the values, and their names.
const SIZES: [(usize, &str); 3] = [(64 << 10, "64 KiB"), (1 << 10, "1 KiB"), (100, "100 bytes")];

/// The rounds of one condition.
#[derive(Default)]
struct Rounds {
    /// The time to open the store, whose files are in the system's memory, in milliseconds.
    cached: Vec<f64>,
    /// The same, from the disk.
    uncached: Vec<f64>,
    /// The time from the start of the host until it listens, in milliseconds.
    started: Vec<f64>,
    /// The memory of the idle host (PSS) in MB.
    memory: Vec<f64>,
}

/// Measures each condition in turn, and prints the table.
pub(crate) fn measure(arguments: &Arguments) -> Result<()> {
    let rounds: usize = arguments.count("rounds", 9, 1)?;
    let bytes: usize = arguments.number("stored", 16 << 20, 1 << 20)?;
    let within: PathBuf = arguments.path("folder", env!("CARGO_TARGET_TMPDIR"));
    // Without a data folder, with an empty one, and with each size of values.
    let mut all = vec![("no data folder".to_owned(), None, Rounds::default())];
    all.push(("nothing".into(), Some(tempdir_in(&within)?), Rounds::default()));
    for (size, name) in SIZES {
        let folder = tempdir_in(&within)?;
        stored::fill(folder.path(), OWNER, bytes, size)?;
        let name = format!("{} MiB in values of {name}", bytes >> 20);
        all.push((name, Some(folder), Rounds::default()));
    }
    let actor = guests::counting().limit("storage", "\"64MiB\"");
    for _ in 0..rounds {
        for (_, folder, rounds) in &mut all {
            let folder = folder.as_ref().map(tempfile::TempDir::path);
            if let Some(folder) = folder {
                open(folder)?;
                rounds.cached.push(open(folder)?);
                forget(folder)?;
                rounds.uncached.push(open(folder)?);
            }
            let (started, memory) = start(folder, &actor)?;
            rounds.started.push(started);
            rounds.memory.push(memory);
        }
    }
    println!(
        "| stored | opening, cached, ms | opening, uncached, ms | start to listening, ms | more, ms | \
         memory, MB | more, MB |\n|---{}",
        "|---".repeat(6) + "|"
    );
    let least = &all[0].2;
    for (name, _, rounds) in &all {
        let cell = |of: &[f64]| {
            if of.is_empty() { String::new() } else { Spread::of(of.iter().copied()).figures() }
        };
        let more = |of: &[f64], least: &[f64]| Spread::difference(of, least).text();
        println!(
            "| {name} | {} | {} | {} | {} | {} | {} |",
            cell(&rounds.cached),
            cell(&rounds.uncached),
            cell(&rounds.started),
            more(&rounds.started, &least.started),
            cell(&rounds.memory),
            more(&rounds.memory, &least.memory),
        );
    }
    Ok(())
}

/// Opens the store. Returns the time in milliseconds.
fn open(folder: &Path) -> Result<f64> {
    let start = Instant::now();
    let store = Store::open(folder, stored::UNWORN)?;
    let time = start.elapsed();
    store.close()?;
    Ok(time.as_secs_f64() * 1e3)
}

/// Has the system forget the content of the files.
fn forget(folder: &Path) -> Result<()> {
    for name in ["log-a", "log-b"] {
        let file = File::open(folder.join("store").join(name))?;
        file.sync_all()?;
        fadvise(&file, 0, None, Advice::DontNeed)?;
    }
    Ok(())
}

/// Starts a host. Returns the time until it listens in milliseconds, and its memory in MB.
fn start(folder: Option<&Path>, actor: &Actor) -> Result<(f64, f64)> {
    let actor = actor.clone();
    let server = match folder {
        Some(folder) => Server::keeping(folder, &[actor.kept("strict")])?,
        None => Server::start(&[actor])?,
    };
    let watch = server.watch();
    block_on(watch.wait_for_rest())?;
    Ok((server.started.as_secs_f64() * 1e3, watch.share_of_memory()? as f64 / 1e6))
}
