//! The table: Markdown, a row for each neighbour.

use super::{
    common::spread::{Spread, figure},
    rounds::{LATE, Pairs, Rounds},
};

/// The largest ratio of the 99th percentiles.
pub(crate) const RATIO: f64 = 3.0;
/// The longest echo must be shorter than this, in microseconds.
pub(crate) const MAX_WAIT: f64 = 100_000.0;

/// Prints the head of the table for this many threads.
pub(crate) fn head(threads: usize) {
    println!(
        "\n| {:20} | {:17} | {:19} | {:19} | {:19} | {:21} | {:11} | pairs | |\n|{}",
        format!("threads: {threads}"),
        "p50, µs (quiet)",
        "p99, µs (quiet)",
        "longest, ms (quiet)",
        "ratio of p50",
        "ratio of p99",
        "CPU (lacked)",
        "---|".repeat(9)
    );
}

/// Prints a row. Returns whether it is ok.
pub(crate) fn row(name: &str, pairs: &Pairs) -> bool {
    let Pairs { quiet, beside, starved } = pairs;
    let both = |of: fn(&Rounds) -> f64| format!("{} ({})", figure(of(beside)), figure(of(quiet)));
    let (p50, p99) =
        (Spread::ratio(&beside.p50, &quiet.p50), Spread::ratio(&beside.p99, &quiet.p99));
    let ok = p99.median <= RATIO && longest(beside) < MAX_WAIT && beside.unanswered == 0;
    let ok = ok && starved.is_none();
    let verdict = match (starved, beside.unanswered) {
        (Some(starved), _) => format!("missed: {starved}"),
        (None, 0) => if ok { "ok" } else { "missed" }.into(),
        (None, clients) => format!("missed: {clients} clients had no echo in {LATE:?}"),
    };
    println!(
        "| {name:20} | {:17} | {:19} | {:19} | {:19} | {:21} | {:12} | {:>5} | {verdict} |",
        both(|rounds| median(&rounds.p50)),
        both(|rounds| median(&rounds.p99)),
        both(|rounds| longest(rounds) / 1e3),
        p50.figures(),
        p99.figures(),
        format!("{:.0} % ({:.0} %)", median(&beside.busy) * 100.0, median(&beside.waited) * 100.0),
        beside.p50.len(),
    );
    ok
}

/// Prints the row of a neighbour that could not be measured.
pub(crate) fn failed(name: &str, error: &dyn std::error::Error) {
    println!("| {name:20} | not measured: {error} |");
}

/// The median.
fn median(numbers: &[f64]) -> f64 {
    Spread::of(numbers.iter().copied()).median
}

/// The longest echo of all rounds, in microseconds.
fn longest(rounds: &Rounds) -> f64 {
    Spread::of(rounds.longest.iter().copied()).most
}
