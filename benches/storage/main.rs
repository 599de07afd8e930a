//! What it costs to keep an actor's state on the disk.
//!
//! ```text
//! cargo bench --bench storage
//! cargo bench --bench storage -- modes --folder /media/card --rounds 15 --messages 5000
//! cargo bench --bench storage -- device
//! cargo bench --bench storage -- opening --stored 16777216
//! ```
//!
//! The servers are the built program on one thread. `--folder` is where their data folders are made;
//! it should be on the disk that counts. By default it is under `target`. Rounds alternate between
//! the servers, and are compared in pairs. No budget for writing is in the way.
//!
//! # Layout
//! - `modes`: a message whose event changes the state, by durability and by the number of clients.
//! - `bare`: a write and a sync without a server, and a file that is replaced.
//! - `device`: the bytes that reach the device for a commit. It needs root.
//! - `loop_disk`: the file system for that, in a file.
//! - `opening`: a store with much in it: the time to open it, and the memory.
//! - `guests`: the actors.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

mod bare;
mod device;
mod guests;
mod loop_disk;
mod modes;
mod opening;

use std::process::ExitCode;

use common::parts::{self, Part};

/// The parts and their names.
const PARTS: &[Part] =
    &[("modes", modes::measure), ("device", device::measure), ("opening", opening::measure)];

fn main() -> ExitCode {
    common::main(&["folder", "rounds", "messages", "commits", "stored"], |arguments| {
        parts::run(PARTS, arguments)
    })
}
