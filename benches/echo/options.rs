//! The command line.

use lexopt::prelude::*;

use super::servers::Kind;

/// The role of this process.
pub(crate) enum Task {
    /// Start the servers and measure them.
    Measure(Options),
    /// Be one of the servers.
    Serve(Kind),
}

/// The size of the measurement.
pub(crate) struct Options {
    /// The connections to each server.
    pub(crate) connections: usize,
    /// The length of a message in bytes.
    pub(crate) size: usize,
    /// The number of rounds that count.
    pub(crate) rounds: usize,
    /// The messages of a round, of all connections together.
    pub(crate) messages: u32,
}

/// Reads the arguments. Without the `--bench` of `cargo bench`, for example under `cargo test`, the
/// run only checks that everything works.
pub(crate) fn parse() -> Result<Task, lexopt::Error> {
    let (mut bench, mut quick) = (false, false);
    let (mut connections, mut size, mut rounds, mut messages) = (64, 64, None, None);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("serve") => return Ok(Task::Serve(parser.value()?.parse_with(Kind::of)?)),
            Long("bench") => bench = true,
            Long("quick") => quick = true,
            Long("connections") => connections = parser.value()?.parse()?,
            Long("size") => size = parser.value()?.parse()?,
            Long("rounds") => rounds = Some(parser.value()?.parse()?),
            Long("messages") => messages = Some(parser.value()?.parse()?),
            other => return Err(other.unexpected()),
        }
    }
    let (usual_rounds, usual_messages) = if bench && !quick { (15, 50_000) } else { (2, 5_000) };
    let rounds: usize = rounds.unwrap_or(usual_rounds);
    let messages: u32 = messages.unwrap_or(usual_messages);
    if connections == 0 || rounds == 0 || messages == 0 {
        return Err("--connections, --rounds and --messages must be at least 1".into());
    }
    Ok(Task::Measure(Options { connections, size, rounds, messages }))
}
