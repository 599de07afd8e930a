//! The memory of connections without traffic, and whether it is freed afterwards.

use smol::{LocalExecutor, block_on};

use super::common::{
    Result,
    arguments::Arguments,
    client::{AT_ONCE, open},
    process,
    server::{Actor, Server},
};

/// The most bytes of a connection. Without optimisation its tasks are larger.
const AIM: u64 = if cfg!(debug_assertions) { 12 << 10 } else { 8 << 10 };

/// Opens the connections, closes them, and does both again.
pub(crate) fn measure(arguments: &Arguments) -> Result<()> {
    let connections: usize = arguments.number("connections", 10_000, 1_000)?;
    process::allow_descriptors(connections + 200)?;
    let server = Server::start(&[Actor::echo().limit("connections", connections)])?;
    let (watch, executor) = (server.watch(), LocalExecutor::new());
    let url = server.url("echo");
    let rest = || block_on(executor.run(watch.wait_for_rest()));
    block_on(executor.run(open(&executor, url, AT_ONCE)))?;
    rest()?;
    let (before, descriptors) = (watch.memory()?, watch.descriptors()?);
    println!("{connections} connections; before: {} KiB, {descriptors} descriptors", before >> 10);
    let mut each = 0;
    for round in ["first", "second"] {
        let clients = block_on(executor.run(open(&executor, url, connections)))?;
        rest()?;
        let opened = watch.memory()?;
        let held = opened.saturating_sub(before) / u64::try_from(connections)?;
        drop(clients);
        rest()?;
        let (after, left) = (watch.memory()?, watch.descriptors()?);
        println!(
            "{round} time: {held} bytes a connection, {} KiB in all; after they closed: {} KiB, \
             {left} descriptors",
            opened >> 10,
            after >> 10
        );
        if left > descriptors {
            return Err(format!("{} descriptors are not released", left - descriptors).into());
        }
        each = each.max(held);
    }
    let verdict = if each <= AIM { "met" } else { "missed" };
    println!("the aim, at most {AIM} bytes a connection, is {verdict}");
    if each <= AIM { Ok(()) } else { Err("a connection costs too much".into()) }
}
