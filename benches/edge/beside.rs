//! Well-behaved clients, with and without a bad client beside them.

use std::time::Duration;

use smol::{LocalExecutor, block_on};

use super::common::{
    Result,
    arguments::Arguments,
    pace::Clients,
    server::{Actor, Server},
    spread::Spread,
};

/// The number of well-behaved clients.
const CLIENTS: usize = 50;
/// The time from one message of a client to the next.
const PERIOD: Duration = Duration::from_millis(10);

/// Measures how long the well-behaved clients of `actor` wait for their echoes, in pairs of rounds.
/// In one round of each pair, the bad client that `start` returns is active until it is dropped.
/// `usual` has the number of pairs, and of messages of each client in a round. Many short rounds
/// are better than a few long ones: other programs on the machine disturb only some pairs, and the
/// median of the pairs hides those.
pub(crate) fn compare<T>(
    arguments: &Arguments,
    actor: Actor,
    usual: (u32, u32),
    start: impl for<'a> Fn(&LocalExecutor<'a>, &Server) -> Result<T>,
) -> Result<()> {
    let rounds = arguments.number("rounds", usual.0, 1)?;
    let messages = arguments.number("messages", usual.1, 20)?;
    let server = Server::start(&[actor])?;
    let executor = LocalExecutor::new();
    let connect = Clients::connect(server.url("echo"), CLIENTS, 64, PERIOD);
    let mut clients = block_on(executor.run(connect))?;
    println!(
        "{CLIENTS} clients, a text of 64 bytes every {PERIOD:?} each, {rounds} pairs of rounds \
         of {messages} messages each"
    );
    let (mut without, mut with) = (Rounds::default(), Rounds::default());
    // The first pair fills caches and is not counted.
    for round in 0..=rounds {
        // Alternate the order too.
        for beside in [round % 2 == 1, round % 2 == 0] {
            let other = if beside { Some(start(&executor, &server)?) } else { None };
            let times = block_on(executor.run(clients.exchange(&executor, messages)))?;
            if round > 0 {
                let of = if beside { &mut with } else { &mut without };
                of.p50.push(times.p50);
                of.p99.push(times.p99);
                of.memory = of.memory.max(server.watch().memory()?);
            }
            drop(other);
            block_on(executor.run(server.watch().wait_for_rest()))?;
        }
    }
    println!("{:28}{:>24}{:>24}{:>12}", "", "p50, µs", "p99, µs", "most KiB");
    without.print("without it");
    with.print("with it");
    let (p50, p99) =
        (Spread::ratio(&with.p50, &without.p50), Spread::ratio(&with.p99, &without.p99));
    println!("{:28}{:>24}{:>24}", "ratio, of paired rounds", p50.text(), p99.text());
    let (p50, p99) =
        (Spread::difference(&with.p50, &without.p50), Spread::difference(&with.p99, &without.p99));
    println!("{:28}{:>24}{:>24}", "difference, of the same", p50.whole(), p99.whole());
    Ok(())
}

/// The rounds of one condition.
#[derive(Default)]
struct Rounds {
    /// The median of each round, in microseconds.
    p50: Vec<f64>,
    /// The 99th percentile of each round.
    p99: Vec<f64>,
    /// The most memory of the server after a round.
    memory: u64,
}

impl Rounds {
    /// Prints the line of this condition.
    fn print(&self, label: &str) {
        let text = |of: &[f64]| Spread::of(of.iter().copied()).whole();
        let memory = self.memory >> 10;
        println!("{label:28}{:>24}{:>24}{memory:>12}", text(&self.p50), text(&self.p99));
    }
}
