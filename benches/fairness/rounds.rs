//! Pairs of rounds: one with a neighbour that is driven, and one with the same neighbour at rest.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use smol::{LocalExecutor, Timer, block_on};
use tempfile::TempDir;

use super::{
    common::{
        Result,
        pace::{Clients, Times},
        server::{Actor, Server},
    },
    disk::Folders,
    drive,
    neighbours::{Allowed, Neighbour},
};

/// How much later than planned a round may end. A client that has waited longer counts as
/// unanswered.
pub(crate) const LATE: Duration = Duration::from_secs(10);
/// After this time no further pair begins.
const BUDGET: Duration = Duration::from_secs(12);
/// The first messages of each client, which do not count.
const FIRST: u32 = 5;
/// How long the neighbour is driven before the measurement.
const SETTLE: Duration = Duration::from_millis(50);

/// The plan of a measurement.
pub(crate) struct Plan {
    /// The number of clients of the good actor.
    pub(crate) clients: usize,
    /// The size of their messages in bytes.
    pub(crate) size: usize,
    /// The time from one message of a client to the next.
    pub(crate) period: Duration,
    /// The messages of each client in a round.
    pub(crate) messages: u32,
    /// The number of pairs of rounds.
    pub(crate) rounds: usize,
    /// The server's program.
    pub(crate) binary: PathBuf,
    /// The limits of the bad actors.
    pub(crate) allowed: Allowed,
    /// The folder for data folders.
    pub(crate) folder: PathBuf,
}

/// The rounds of one condition.
#[derive(Default)]
pub(crate) struct Rounds {
    /// The median of each round, in microseconds.
    pub(crate) p50: Vec<f64>,
    /// The 99th percentile of each round.
    pub(crate) p99: Vec<f64>,
    /// The longest echo of each round.
    pub(crate) longest: Vec<f64>,
    /// The share of time for which the server's process computed; 1 is one processor.
    pub(crate) busy: Vec<f64>,
    /// The share of time for which it was ready to run but had no processor.
    pub(crate) waited: Vec<f64>,
    /// The number of clients without an echo at the end.
    pub(crate) unanswered: usize,
}

/// The results beside one neighbour.
#[derive(Default)]
pub(crate) struct Pairs {
    /// With the neighbour at rest.
    pub(crate) quiet: Rounds,
    /// With the neighbour at work.
    pub(crate) beside: Rounds,
    /// What one of several bad actors did not get to do because of the others.
    pub(crate) starved: Option<String>,
}

/// The result of one round.
struct Round {
    /// The times of the echoes.
    times: Times,
    /// See [`Rounds`].
    busy: f64,
    /// See [`Rounds`].
    waited: f64,
    /// The bad actor that did not misbehave enough.
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

/// Measures beside a neighbour, with this many threads.
pub(crate) fn measure(plan: &Plan, neighbour: &Neighbour, threads: usize) -> Result<Pairs> {
    let bad = neighbour.actors.iter().map(|(name, kind)| kind.actor(name, &plan.allowed));
    let actors: Vec<_> = std::iter::once(neighbour.disk().good()).chain(bad).collect();
    let folders = Folders::new(&plan.folder, plan.allowed.stored, neighbour.disk())?;
    let mut pairs = Pairs::default();
    let start = Instant::now();
    for pair in 0..plan.rounds {
        // Alternate the order.
        for driven in [pair % 2 == 1, pair % 2 == 0] {
            let mut round = round(plan, neighbour, threads, &actors, &folders, driven)?;
            if let Some(idle) = round.idle.take() {
                // Every bad actor also has a row of its own, where the others can't be the cause.
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

/// One round, with its own server, so that rounds do not affect each other.
fn round(
    plan: &Plan,
    neighbour: &Neighbour,
    threads: usize,
    actors: &[Actor],
    folders: &Folders,
    driven: bool,
) -> Result<Round> {
    let data = folders.make(driven)?;
    let data = data.as_ref().map(TempDir::path);
    let server = Server::with(&plan.binary, threads, data, actors)?;
    let (watch, executor) = (server.watch(), LocalExecutor::new());
    let (longer, fewer) = neighbour.disk().slowdown();
    let (period, messages) = (plan.period * longer, (plan.messages / fewer).max(1));
    let connect = Clients::connect(server.url("echo"), plan.clients, plan.size, period);
    let mut clients = block_on(executor.run(connect))?;
    block_on(executor.run(clients.exchange(&executor, FIRST)))?;
    let crowds: Vec<_> = neighbour
        .actors
        .iter()
        .map(|(name, kind)| (server.url(name).to_owned(), kind.crowd))
        .chain(neighbour.broker())
        .collect();
    let driver = driven.then(|| drive::start(&crowds)).transpose()?;
    let mut measured = block_on(executor.run(async {
        Timer::after(SETTLE).await;
        let (start, cpu, waited) = (Instant::now(), watch.cpu()?, watch.waited()?);
        let end = start + period * messages + LATE;
        let times = clients.exchange_until(&executor, messages, Some(end)).await?;
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
