//! The memory of an idle host and of a connection.

use std::path::Path;

use smol::{LocalExecutor, block_on};

use super::common::{
    Result,
    client::{AT_ONCE, open},
    process,
    server::{Actor, Server},
};

/// The most resident memory of an idle host with one actor, in bytes.
pub(crate) const IDLE: u64 = 2_100_000;
/// The most memory of each idle connection, in bytes.
pub(crate) const CONNECTION: u64 = 4_400;

/// The resident memory of a host, in bytes.
pub(crate) struct Memory {
    /// With one actor, before its first client.
    pub(crate) idle: u64,
    /// For each connection that has had a message echoed, after the first few.
    pub(crate) connection: u64,
}

/// Serves `examples/echo` and opens this many connections.
pub(crate) fn measure(file: &Path, connections: usize) -> Result<Memory> {
    process::allow_descriptors(connections + 200)?;
    let server = Server::run(file, &[Actor::echo()])?;
    let (watch, executor) = (server.watch(), LocalExecutor::new());
    let rest = || block_on(executor.run(watch.wait_for_rest()));
    rest()?;
    let idle = watch.memory()?;
    // The first connections make structures that all share.
    drop(block_on(executor.run(open(&executor, server.url("echo"), AT_ONCE)))?);
    rest()?;
    let before = watch.memory()?;
    let clients = block_on(executor.run(open(&executor, server.url("echo"), connections)))?;
    rest()?;
    let more = watch.memory()?.saturating_sub(before);
    drop(clients);
    Ok(Memory { idle, connection: more / u64::try_from(connections)? })
}
