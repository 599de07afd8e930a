//! The time from the start of the process to listening.

use std::{path::Path, time::Duration};

use super::common::{
    Result,
    server::{Actor, Server},
};

/// The longest time to start, in microseconds.
pub(crate) const MAX_WAIT: u64 = 10_000;

/// Starts a host with `examples/chat-room` this many times. Returns the shortest time, because
/// other programs on the machine can only make it longer.
pub(crate) fn measure(file: &Path, starts: u32) -> Result<Duration> {
    let mut shortest = Duration::MAX;
    for _ in 0..starts {
        let actors = [Actor::chat_room(0)];
        // Without the time for writing the manifest.
        shortest = shortest.min(Server::run(file, &actors)?.started);
    }
    Ok(shortest)
}
