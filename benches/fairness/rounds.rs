//! Pairs of rounds: with a neighbour that is driven, and with the same one that is not.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use smol::{LocalExecutor, Timer, block_on};

use super::{
    common::{
        Result,
        pace::{Clients, Times},
        server::{Actor, Server},
    },
    drive,
    neighbours::{Allowed, Neighbour},
};

/// How much later than planned a round may end. Whoever has waited for longer for an echo has none.
pub(crate) const LATE: Duration = Duration::from_secs(10);
/// After how long no further pair is begun.
const BUDGET: Duration = Duration::from_secs(12);
/// How many messages of each client go before those that count.
const FIRST: u32 = 5;
/// How long the neighbour is driven before that is measured.
const SETTLE: Duration = Duration::from_millis(50);

/// How it is measured.
pub(crate) struct Plan {
    /// How many clients the good actor has.
    pub(crate) clients: usize,
    /// How many bytes they send.
    pub(crate) size: usize,
    /// How often.
    pub(crate) period: Duration,
    /// How many messages each of them sends in a round.
    pub(crate) messages: u32,
    /// How many pairs of rounds there are.
    pub(crate) rounds: usize,
    /// The server's program.
    pub(crate) binary: PathBuf,
    /// What the bad actors may use.
    pub(crate) allowed: Allowed,
}

/// The rounds of one condition.
#[derive(Default)]
pub(crate) struct Rounds {
    /// The median of each, in microseconds.
    pub(crate) p50: Vec<f64>,
    /// The 99th percentile of each.
    pub(crate) p99: Vec<f64>,
    /// The longest echo of each.
    pub(crate) longest: Vec<f64>,
    /// The share of the time that the server's process computed; 1 is one processor.
    pub(crate) busy: Vec<f64>,
    /// The share of the time that it would have computed, had other programs let it.
    pub(crate) waited: Vec<f64>,
    /// How many clients had no echo at all.
    pub(crate) unanswered: usize,
}

/// What was measured of a neighbour.
#[derive(Default)]
pub(crate) struct Pairs {
    /// With the neighbour at rest.
    pub(crate) quiet: Rounds,
    /// With the neighbour at work.
    pub(crate) beside: Rounds,
    /// What one of several bad actors did not get to, for the others.
    pub(crate) starved: Option<String>,
}

/// What was measured in a round.
struct Round {
    /// How long the echoes took.
    times: Times,
    /// See [`Rounds`].
    busy: f64,
    /// Likewise.
    waited: f64,
    /// Which bad actor was not as bad as it is there for.
    idle: Option<String>,
}

impl Rounds {
    /// Adds a round.
    fn add(&mut self, Round { times, busy, waited, .. }: &Round) {
        self.p50.push(times.p50);
        self.p99.push(times.p99);
        self.longest.push(times.longest);
        self.busy.push(*busy);
        self.waited.push(*waited);
        self.unanswered += times.unanswered;
    }
}

/// Measures beside a neighbour, with so many threads.
pub(crate) fn measure(plan: &Plan, neighbour: &Neighbour, threads: usize) -> Result<Pairs> {
    let bad = neighbour.actors.iter().map(|(name, kind)| kind.actor(name, &plan.allowed));
    let actors: Vec<_> = std::iter::once(Actor::echo()).chain(bad).collect();
    let mut pairs = Pairs::default();
    let start = Instant::now();
    for pair in 0..plan.rounds {
        // Which of the two comes first alternates.
        for driven in [pair % 2 == 1, pair % 2 == 0] {
            let mut round = round(plan, neighbour, threads, &actors, driven)?;
            if let Some(idle) = round.idle.take() {
                // Each of them is in a row of its own too, where this is no fault of the others.
                if neighbour.actors.len() == 1 {
                    return Err(idle.into());
                }
                pairs.starved = Some(idle);
            }
            let rounds = if driven { &mut pairs.beside } else { &mut pairs.quiet };
            rounds.add(&round);
        }
        let broken = pairs.beside.unanswered > 0 || pairs.starved.is_some();
        if broken || start.elapsed() > BUDGET {
            break;
        }
    }
    Ok(pairs)
}

/// One round, with a server of its own, so that nothing is left of the one before.
fn round(
    plan: &Plan,
    neighbour: &Neighbour,
    threads: usize,
    actors: &[Actor],
    driven: bool,
) -> Result<Round> {
    let server = Server::on_threads(&plan.binary, threads, actors)?;
    let (watch, executor) = (server.watch(), LocalExecutor::new());
    let connect = Clients::connect(server.url("echo"), plan.clients, plan.size, plan.period);
    let mut clients = block_on(executor.run(connect))?;
    block_on(executor.run(clients.exchange(&executor, FIRST)))?;
    let crowds: Vec<_> = neighbour
        .actors
        .iter()
        .map(|(name, kind)| (server.url(name).to_owned(), kind.crowd))
        .collect();
    let driver = driven.then(|| drive::start(&crowds)).transpose()?;
    let mut measured = block_on(executor.run(async {
        Timer::after(SETTLE).await;
        let (start, cpu, waited) = (Instant::now(), watch.cpu()?, watch.waited()?);
        let end = start + plan.period * plan.messages + LATE;
        let times = clients.exchange_until(&executor, plan.messages, Some(end)).await?;
        let share = |time: Duration| time.as_secs_f64() / start.elapsed().as_secs_f64();
        let busy = share(watch.cpu()?.saturating_sub(cpu));
        let waited = share(watch.waited()?.saturating_sub(waited));
        Result::Ok(Round { times, busy, waited, idle: None })
    }))?;
    if driver.is_some() {
        let mut actors = neighbour.actors.iter();
        measured.idle = actors.find_map(|(name, kind)| {
            kind.proof(&plan.allowed).wait(name, server.address(name)).err()
        });
    }
    Ok(measured)
}
