//! The modules that the benchmarks share.
//!
//! - `arguments`: the command line.
//! - `process`: CPU time, memory and file descriptors of a process, from `/proc`.
//! - `server`: the built program with actors, or another server.
//! - `child`: the benchmark's own program as a server.
//! - `readings`: an actor with a state of JSON.
//! - `client`: a WebSocket client.
//! - `pace`: clients that send at a steady rate, and the times of their answers.
//! - `spread`: the median, the least and the largest of many numbers.

// Every benchmark uses a part of it.
#![allow(dead_code)]

pub(crate) mod arguments;
pub(crate) mod child;
pub(crate) mod client;
pub(crate) mod pace;
pub(crate) mod process;
pub(crate) mod readings;
pub(crate) mod server;
pub(crate) mod spread;

/// Any error ends the benchmark.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
