//! What the benchmarks have in common.
//!
//! - `arguments`: the command line.
//! - `process`: what the kernel says about a process: CPU time, memory, descriptors.
//! - `server`: the built program, serving actors, or another server.
//! - `child`: the benchmark's own program, as a server.
//! - `readings`: an actor with a state of JSON.
//! - `client`: a WebSocket client.
//! - `pace`: clients that send at a steady rate, and how long the answers took.
//! - `spread`: many numbers in a few words.

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

/// What goes wrong here ends the benchmark.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
