//! The cost of metering and slicing, and how long fuel lasts.
//!
//! ```text
//! cargo bench --bench metering
//! cargo bench --bench metering -- --rounds 21
//! cargo bench --bench metering -- calls 10       # only this loop, ten times
//! ```
//!
//! The first table has two calls of `handle-message`, without sockets: through wasmi alone, without
//! fuel and with all of it at once, and through the host's own code, in slices. Rounds alternate
//! between these and are compared in pairs. The second table shows how long a unit of fuel lasts in
//! loops with one kind of work each. The last form of the command is for an instruction counter:
//! `perf stat`, or the difference between one run and one with ten times as many calls under
//! `valgrind --tool=callgrind`.
//!
//! # Layout
//! - `guests`: the guests.
//! - `direct`: a call through wasmi alone.
//! - `sliced`: a call as the host makes it.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

mod direct;
mod guests;
mod sliced;

use std::{process::ExitCode, sync::Arc, time::Instant};

use footlight::limits::Limits;

use common::{Result, arguments::Arguments, spread::Spread};
use direct::Direct;
use guests::Guest;
use sliced::Sliced;

/// The sizes of slices. The first one is larger than any call.
const SLICES: [u64; 5] = [u64::MAX, 40_000, 20_000, 10_000, 1_000];

fn main() -> ExitCode {
    common::main(&["rounds"], run)
}

/// Measures what the command line asks for.
fn run(arguments: &Arguments) -> Result<()> {
    let rounds = arguments.number("rounds", 21, 2)?;
    if let [name, times] = arguments.words.as_slice() {
        return only(name, times.parse()?);
    }
    for guest in guests::actors() {
        cost(guest, rounds, arguments.quick)?;
    }
    last(rounds)
}

/// Measures all ways of calling one guest.
fn cost(guest: Guest, rounds: u32, quick: bool) -> Result<()> {
    let (limits, guest) = (Limits::default(), Arc::new(guest));
    let calls = if quick { 10 } else { guest.calls };
    let mut direct = [Direct::new(&guest, false)?, Direct::new(&guest, true)?];
    let sliced: Result<Vec<_>> =
        SLICES.iter().map(|slice| Sliced::new(&guest, &limits, *slice)).collect();
    let mut sliced = sliced?;
    let mut times = vec![Vec::new(); direct.len() + sliced.len()];
    let mut fuel = 0;
    // The first round fills caches and is not counted.
    for round in 0..=rounds {
        let mut of_round = Vec::new();
        for direct in &mut direct {
            let start = Instant::now();
            for _ in 0..calls {
                direct.call(&guest, &limits)?;
            }
            of_round.push(start.elapsed());
        }
        for sliced in &mut sliced {
            let (time, spent) = sliced.run(&guest, calls)?;
            of_round.push(time);
            fuel = spent;
        }
        if round > 0 {
            for (times, time) in times.iter_mut().zip(of_round) {
                times.push(time.as_secs_f64() * 1e9 / f64::from(calls));
            }
        }
    }
    println!("{}: {fuel} fuel a call, {rounds} rounds of {calls} calls", guest.name);
    println!("{:34}{:>10}{:>26}", "", "ns a call", "ratio, of paired rounds");
    let mut labels = vec!["wasmi, no fuel".to_owned(), "wasmi, fuel, all at once".into()];
    labels.extend(SLICES.iter().map(|slice| match *slice {
        u64::MAX => "the host's path, all at once".into(),
        slice => format!("the host's path, slices of {slice}"),
    }));
    for (label, series) in labels.iter().zip(&times) {
        let median = Spread::of(series.iter().copied()).median;
        println!("{label:34}{median:>10.0}{:>26}", Spread::ratio(series, &times[0]).text());
    }
    println!();
    Ok(())
}

/// Measures how long fuel lasts.
fn last(rounds: u32) -> Result<()> {
    let limits = Limits::default();
    println!(
        "{:24}{:>12}{:>24}{:>18}{:>20}",
        "loop of", "fuel", "ns a unit (least)", "a slice, µs", "200 million, s"
    );
    for guest in guests::loops() {
        let guest = Arc::new(guest);
        let mut sliced = Sliced::new(&guest, &limits, limits.slice)?;
        let (mut units, mut fuel) = (Vec::new(), 0);
        for round in 0..=rounds {
            let (time, spent) = sliced.run(&guest, guest.calls)?;
            fuel = spent;
            if round > 0 {
                units.push(time.as_secs_f64() * 1e9 / spent as f64);
            }
        }
        let Spread { median, least, .. } = Spread::of(units);
        let (slice, all) = (median * limits.slice as f64 / 1e3, median * 0.2);
        let unit = format!("{median:.2} ({least:.2})");
        println!("{:24}{fuel:>12}{unit:>24}{slice:>18.1}{all:>20.2}", guest.name);
    }
    Ok(())
}

/// Calls one of the loops this many times, and prints the fuel that it used.
fn only(name: &str, times: u32) -> Result<()> {
    let mut loops = guests::loops().into_iter();
    let guest = loops.find(|guest| guest.name.starts_with(name)).ok_or("no such loop")?;
    let (limits, guest) = (Limits::default(), Arc::new(guest));
    let (_, spent) = Sliced::new(&guest, &limits, limits.slice)?.run(&guest, times)?;
    println!("{} fuel", spent * u64::from(times));
    Ok(())
}
