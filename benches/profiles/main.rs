//! Compares release binaries: size, time to start, memory, and CPU time.
//!
//! ```text
//! cargo bench --bench profiles -- compare FILE...
//! cargo bench --bench profiles -- budget FILE
//! ```
//!
//! `compare` prints a line for each binary, and the ratios to the first one. Rounds alternate
//! between the binaries and are compared in pairs. `budget` fails if a binary needs more memory or
//! instructions, or takes longer to start, than a release may. It needs valgrind. Without a file the program that Cargo has built is
//! measured. `scripts/profiles.sh` builds binaries with many profiles and compares them.
//!
//! # Layout
//! - `instructions`: what a start and an echo take, counted by valgrind.
//! - `memory`: the memory of an idle host and of a connection.
//! - `start`: the time from the start of the process to listening.
//! - `work`: short messages, and messages that keep the interpreter busy.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

mod instructions;
mod memory;
mod start;
mod work;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use common::{Result, arguments::Arguments, server::BUILT, spread::Spread};
use work::Work;

fn main() -> ExitCode {
    common::main(&["rounds", "messages", "connections", "starts"], run)
}

/// Does what the words ask for.
fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.words[..] {
        [] => compare(arguments, &[BUILT.into()]),
        [word, files @ ..] if word == "compare" && !files.is_empty() => {
            compare(arguments, &files.iter().map(absolute).collect::<Result<Vec<_>>>()?)
        }
        [word, file] if word == "budget" => budget(arguments, &absolute(file)?),
        _ => Err("usage: compare FILE..., or budget FILE".into()),
    }
}

/// The absolute path of a file. The server runs in this folder, but would look for a bare name in
/// `PATH`, and Cargo starts this program in the package's folder.
fn absolute(file: &String) -> Result<PathBuf> {
    fs::canonicalize(file).map_err(|error| format!("{file}: {error}").into())
}

/// Prints a line for each binary.
fn compare(arguments: &Arguments, files: &[PathBuf]) -> Result<()> {
    let rounds: usize = arguments.number("rounds", 9, 1)?;
    let connections = arguments.number("connections", 1000, 100)?;
    let mut samples: Vec<_> = files.iter().map(|_| Work::default()).collect();
    // The first round fills caches and is not counted.
    for round in 0..=rounds {
        for (file, work) in files.iter().zip(&mut samples) {
            let sample = work::measure(arguments, file)?;
            if round > 0 {
                work.add(sample);
            }
        }
    }
    println!(
        "| binary | bytes | idle, KiB | a connection, bytes | start, ms | echo, µs | ratio | chat, µs | ratio |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (file, work) in files.iter().zip(&samples) {
        let memory = memory::measure(file, connections)?;
        let start = start::measure(file, arguments.number("starts", 20, 2)?)?;
        println!(
            "| {} | {} | {} | {} | {:.1} | {:.2} | {} | {:.1} | {} |",
            file.display(),
            fs::metadata(file)?.len(),
            memory.idle >> 10,
            memory.connection,
            start.as_secs_f64() * 1e3,
            Spread::of(work.echo.iter().copied()).median,
            Spread::ratio(&work.echo, &samples[0].echo).text(),
            Spread::of(work.chat.iter().copied()).median,
            Spread::ratio(&work.chat, &samples[0].chat).text(),
        );
    }
    Ok(())
}

/// Checks a binary against the limits of a release.
fn budget(arguments: &Arguments, file: &Path) -> Result<()> {
    let memory = memory::measure(file, arguments.number("connections", 1000, 1000)?)?;
    let start = start::measure(file, arguments.number("starts", 20, 20)?)?;
    let figures = [
        ("idle, with one actor", "bytes", memory.idle, memory::IDLE),
        ("each idle connection", "bytes", memory.connection, memory::CONNECTION),
        ("start to listening", "µs", u64::try_from(start.as_micros())?, start::MAX_WAIT),
        ("a start", "instructions", instructions::started(file)?, instructions::START),
        ("an echo", "instructions", instructions::echoed(file)?, instructions::ECHO),
    ];
    for (what, unit, is, most) in figures {
        println!("{what}: {is} {unit} of {most}");
    }
    match figures.iter().find(|(_, _, is, most)| is > most) {
        None => Ok(()),
        Some((what, ..)) => Err(format!("{what}: over the budget").into()),
    }
}
