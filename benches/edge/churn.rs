//! Checks that the host keeps nothing of connections that come and go.

use std::{cell::Cell, rc::Rc, time::Instant};

use futures_util::StreamExt as _;
use smol::{LocalExecutor, block_on};

use super::common::{
    Result,
    arguments::Arguments,
    client::{connect, echo},
    server::{Actor, Server},
};

/// The number of connections that are open at once.
const AT_ONCE: usize = 32;
/// The text that each of them sends.
const TEXT: &str = "a text of some length, which is echoed once and then never again";
/// The most bytes by which the memory may grow after the first tenth.
const BOUND: u64 = 1 << 20;

/// Opens and closes connections. Checks the memory after each tenth, when none is open.
pub(crate) fn measure(arguments: &Arguments) -> Result<()> {
    let connections: u32 = arguments.number("connections", 100_000, 2_000)?;
    let server = Server::start(&[Actor::echo()])?;
    let (watch, executor, start) = (server.watch(), LocalExecutor::new(), Instant::now());
    println!("{:>12}{:>10}{:>14}{:>12}", "connections", "KiB", "descriptors", "seconds");
    let mut first = None;
    for tenth in 1..=10 {
        let come_and_go = all(&executor, server.url("echo"), connections / 10);
        block_on(executor.run(come_and_go))?;
        block_on(executor.run(watch.wait_for_rest()))?;
        let (memory, descriptors) = (watch.memory()?, watch.descriptors()?);
        println!(
            "{:>12}{:>10}{descriptors:>14}{:>12.1}",
            connections / 10 * tenth,
            memory >> 10,
            start.elapsed().as_secs_f64()
        );
        let (memory_before, descriptors_before) = *first.get_or_insert((memory, descriptors));
        if descriptors > descriptors_before {
            return Err("descriptors are not released".into());
        }
        if memory > memory_before + BOUND {
            return Err(format!("the memory grew by more than {BOUND} bytes").into());
        }
    }
    Ok(())
}

/// Opens and closes this many connections, some of them at once.
async fn all(executor: &LocalExecutor<'_>, url: &str, count: u32) -> Result<()> {
    let left = Rc::new(Cell::new(count));
    let mut tasks = Vec::new();
    for _ in 0..AT_ONCE {
        let (url, left) = (url.to_owned(), left.clone());
        tasks.push(executor.spawn(async move {
            while let Some(rest) = left.get().checked_sub(1) {
                left.set(rest);
                one(&url).await.map_err(|error| error.to_string())?;
            }
            Ok::<_, String>(())
        }));
    }
    for task in tasks {
        task.await?;
    }
    Ok(())
}

/// The life of one connection.
async fn one(url: &str) -> Result<()> {
    let mut client = connect(url).await?;
    echo(&mut client, &TEXT.into()).await?;
    client.close(None).await?;
    while let Some(Ok(_)) = client.next().await {}
    Ok(())
}
