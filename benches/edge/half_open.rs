//! Unfinished handshakes: clients that connect and send only half a request.
//!
//! As long as there are fewer of them than `limits.requests`, other clients should not notice. If
//! there are more, each keeps its place for as long as its bytes have earned, a little more than a
//! second. Later clients wait for their turn.

use std::{io::Write as _, net::TcpStream, time::Instant};

use smol::{LocalExecutor, block_on};

use super::common::{
    Result,
    arguments::Arguments,
    client::{connect, leave},
    server::{Actor, Server},
    spread::{Spread, percentile},
};

/// The number of clients that connect in a round, one after the other.
const CONNECT: usize = 300;
/// The number of unfinished handshakes beside them. A few places stay free.
const BESIDE: usize = 60;

/// Measures how long other clients take to connect, in pairs of rounds with and without unfinished
/// handshakes. Then measures how long one client takes that comes after more of them than there are
/// places.
pub(crate) fn measure(arguments: &Arguments) -> Result<()> {
    let rounds = arguments.number("rounds", 9, 1)?;
    let before: usize = arguments.number("connections", 1_000, 100)?;
    // The unfinished handshakes stay for a whole round.
    let server = Server::start(&[Actor::echo().limit("handshake", "\"10m\"")])?;
    let watch = server.watch();
    let executor = LocalExecutor::new();
    println!("{BESIDE} half-open handshakes, {rounds} pairs of rounds of {CONNECT} connects");
    let mut times = [[Vec::new(), Vec::new()], [Vec::new(), Vec::new()]];
    let mut memory = [0, 0];
    for round in 0..=rounds {
        for with in [round % 2, 1 - round % 2] {
            let open = half_open(&server, with * BESIDE)?;
            block_on(executor.run(watch.wait_for_rest()))?;
            let of_round = block_on(executor.run(connect_all(server.url("echo"))))?;
            if round > 0 {
                times[with][0].push(percentile(&of_round, 50));
                times[with][1].push(percentile(&of_round, 99));
                memory[with] = memory[with].max(watch.memory()?);
            }
            drop(open);
            block_on(executor.run(watch.wait_for_rest()))?;
        }
    }
    println!("{:28}{:>24}{:>24}{:>12}", "time to connect", "p50, µs", "p99, µs", "most KiB");
    for (label, times, memory) in
        [("without them", &times[0], memory[0]), ("with them", &times[1], memory[1])]
    {
        let text = |of: &[f64]| Spread::of(of.iter().copied()).whole();
        println!("{label:28}{:>24}{:>24}{:>12}", text(&times[0]), text(&times[1]), memory >> 10);
    }
    let [p50, p99] = [0, 1].map(|which| Spread::ratio(&times[1][which], &times[0][which]).text());
    println!("{:28}{p50:>24}{p99:>24}", "ratio, of paired rounds");
    let (open, start) = (half_open(&server, before)?, Instant::now());
    let client = block_on(executor.run(connect(server.url("echo"))))?;
    println!(
        "after {before} of them at once, one gets in within {:.1} s",
        start.elapsed().as_secs_f64()
    );
    drop(open);
    block_on(executor.run(leave(client)))
}

/// Opens this many unfinished handshakes.
fn half_open(server: &Server, count: usize) -> Result<Vec<TcpStream>> {
    let open = |_| {
        let mut socket = TcpStream::connect(server.address("echo"))?;
        socket.write_all(b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgr")?;
        Ok(socket)
    };
    (0..count).map(open).collect()
}

/// Connects this many times. Returns the times in microseconds, sorted.
async fn connect_all(url: &str) -> Result<Vec<f64>> {
    let mut times = Vec::new();
    for _ in 0..CONNECT {
        let start = Instant::now();
        let mut client = connect(url).await?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
        client.close(None).await?;
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}
