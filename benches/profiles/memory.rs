//! An idle host, and what a connection adds.

use std::path::Path;

use smol::{LocalExecutor, block_on};

use super::common::{
    Result,
    client::{AT_ONCE, open},
    process,
    server::{Actor, Server},
};

/// The most memory that an idle host with one actor may have resident, in bytes.
pub(crate) const IDLE: u64 = 3 << 20;
/// The most that each idle connection may add, in bytes.
pub(crate) const CONNECTION: u64 = 8 << 10;

/// What a host has resident, in bytes.
pub(crate) struct Memory {
    /// With one actor and before its first client.
    pub(crate) idle: u64,
    /// For each connection that has had a message echoed, beyond the first few.
    pub(crate) connection: u64,
}

/// Serves `examples/echo`, and opens so many connections.
pub(crate) fn measure(file: &Path, connections: usize) -> Result<Memory> {
    process::allow_descriptors(connections + 200)?;
    let server = Server::run(file, &[Actor::echo()])?;
    let (watch, executor) = (server.watch(), LocalExecutor::new());
    let rest = || block_on(executor.run(watch.wait_for_rest()));
    rest()?;
    let idle = watch.memory()?;
    // What the first ones make is for all.
    drop(block_on(executor.run(open(&executor, server.url("echo"), AT_ONCE)))?);
    rest()?;
    let before = watch.memory()?;
    let clients = block_on(executor.run(open(&executor, server.url("echo"), connections)))?;
    rest()?;
    let more = watch.memory()?.saturating_sub(before);
    drop(clients);
    Ok(Memory { idle, connection: more / u64::try_from(connections)? })
}
