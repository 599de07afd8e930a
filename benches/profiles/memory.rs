//! The memory of an idle host and of a connection.

use std::{
    fs::{self, File, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

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
    /// For each connection that has had a message echoed, after the first few. The pages of the
    /// program's file are left out, because all connections share them.
    pub(crate) connection: u64,
}

/// A page of memory of every processor here, in bytes.
const PAGE: usize = 4096;

/// Serves `examples/echo` and opens this many connections.
pub(crate) fn measure(file: &Path, connections: usize) -> Result<Memory> {
    process::allow_descriptors(connections + 200)?;
    let folder = tempfile::tempdir()?;
    let program = folder.path().join("program");
    copy_in_pages(file, &program)?;
    let server = Server::run(&program, &[Actor::echo()])?;
    let (watch, executor) = (server.watch(), LocalExecutor::new());
    let rest = || block_on(executor.run(watch.wait_for_rest()));
    rest()?;
    let idle = watch.memory()?;
    // The first connections make structures that all share.
    drop(block_on(executor.run(open(&executor, server.url("echo"), AT_ONCE)))?);
    rest()?;
    let before = watch.own_memory()?;
    let clients = block_on(executor.run(open(&executor, server.url("echo"), connections)))?;
    rest()?;
    let more = watch.own_memory()?.saturating_sub(before);
    drop(clients);
    Ok(Memory { idle, connection: more / u64::try_from(connections)? })
}

/// Copies a program so that the kernel caches it in single pages, as it does after it has read the
/// program from a disk. What is written at once may be cached as one piece, and Linux 6.18 and later
/// count the whole piece as resident when one byte of it is executed: up to 0.6 MB more, which says
/// how the file was made and not what the program needs.
fn copy_in_pages(from: &Path, to: &Path) -> io::Result<()> {
    let mut copy = File::create(to)?;
    for page in fs::read(from)?.chunks(PAGE) {
        copy.write_all(page)?;
    }
    fs::set_permissions(to, Permissions::from_mode(0o755))
}
