//! Power cuts, failures and full disks at any moment.

use std::{
    env, panic,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    thread,
};

use crate::simulation::{random::Random, run::Run};

/// How many cuts, if the variable `FOOTLIGHT_CUTS` does not say it.
const CUTS: u64 = 10_000;
/// How many things happen in a run.
const LENGTH: usize = 120;

fn variable(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

#[test]
fn after_a_power_cut_at_any_point_everything_acknowledged_is_there() {
    let cuts = variable("FOOTLIGHT_CUTS", CUTS);
    let seed = AtomicU64::new(variable("FOOTLIGHT_SEED", 0));
    let [done, turn_overs, fail_overs, failures, full] = [const { AtomicU64::new(0) }; 5];
    let work = || {
        while done.load(Relaxed) < cuts {
            let seed = seed.fetch_add(1, Relaxed);
            let outcome = panic::catch_unwind(|| run(seed));
            let run = outcome.unwrap_or_else(|_| panic!("it fails with FOOTLIGHT_SEED={seed}"));
            done.fetch_add(run.cuts, Relaxed);
            turn_overs.fetch_add(run.turn_overs, Relaxed);
            fail_overs.fetch_add(run.fail_overs, Relaxed);
            failures.fetch_add(run.failures, Relaxed);
            full.fetch_add(run.full, Relaxed);
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    println!(
        "{done:?} cuts, {turn_overs:?} turn-overs, {fail_overs:?} of them after a failure, \
         {failures:?} failures, {full:?} times full"
    );
}

fn run(seed: u64) -> Run {
    let mut random = Random::new(seed);
    let mut run = Run::new(&mut random);
    (0..LENGTH).for_each(|_| run.act(&mut random));
    run
}
