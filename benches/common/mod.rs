//! The modules that the benchmarks share.
//!
//! - `arguments`: the command line.
//! - `process`: what the kernel says about a process: CPU time, memory, descriptors.
//! - `server`: the built program, serving actors, or another server.
//! - `child`: the benchmark's own program, started again as a server.
//! - `serve`: what it does then.
//! - `guest`: actors that send texts back, in a few lines.
//! - `inside`: the inside of an actor, called by hand.
//! - `readings`: an actor with a state of JSON.
//! - `metrics`: what `/metrics` says.
//! - `stored`: a data folder with much in it.
//! - `client`: a WebSocket client.
//! - `parts`: runs the parts of a benchmark.
//! - `pace`: clients that send at a steady rate, and the times of their answers.
//! - `spread`: the median, the least and the largest of many numbers.

// Every benchmark uses a part of it.
#![allow(dead_code)]

use std::process::ExitCode;

pub(crate) mod arguments;
pub(crate) mod child;
pub(crate) mod client;
pub(crate) mod guest;
pub(crate) mod inside;
pub(crate) mod metrics;
pub(crate) mod pace;
pub(crate) mod parts;
pub(crate) mod process;
pub(crate) mod readings;
pub(crate) mod serve;
pub(crate) mod server;
pub(crate) mod spread;
pub(crate) mod stored;

/// Any error ends the benchmark.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The `main` of a benchmark: reads the arguments, of which these options take a value, and runs it.
pub(crate) fn main(
    options: &[&str],
    run: impl FnOnce(&arguments::Arguments) -> Result<()>,
) -> ExitCode {
    let done = arguments::Arguments::read(options).and_then(|arguments| run(&arguments));
    if let Err(error) = done {
        eprintln!("{}: {error}", env!("CARGO_CRATE_NAME"));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
