//! The processor time that guests get for their fuel, with each operator and each import, compared
//! with arithmetic.
//!
//! ```text
//! cargo bench --bench prices
//! cargo bench --bench prices -- --quick
//! cargo bench --bench prices -- table. memory.
//! ```
//!
//! A guest repeats one thing until its fuel is used up. The result is the processor time of the
//! actor's thread for a unit of fuel. A ratio of 1 is the price of arithmetic. With a ratio far
//! above it, a guest would hold up the host for longer than its fuel suggests. Rounds alternate and
//! are compared in pairs. Words on the command line select the cases with one of these words in
//! their names.
//!
//! Operators are measured in a loop, and a hundred in a row. At the end come the slowest cases with
//! the longest time of a step, which nothing can interrupt, since it may use as much fuel as one
//! step may need. Then come the cases that take the most native stack in one step.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;
mod guest;
mod imports;
mod operators;
mod stack;

use std::process::ExitCode;

use footlight::{actor::meter::MAX_AT_ONCE, limits::Limits};
use smol::future::block_on;

use common::{Result, arguments::Arguments, spread::Spread};

/// The number of clients for measuring imports.
const CLIENTS: usize = 1000;
/// The number of operators in a row.
const ROW: usize = 100;
/// The number of the slowest cases at the end.
const WORST: usize = 12;

/// A measurement.
struct Case {
    name: String,
    body: String,
    clients: usize,
}

/// All measurements. The first is the one that the others are compared with.
fn cases(chosen: &[String], row: usize) -> Vec<Case> {
    let arithmetic =
        "(local.set $n (i32.add (i32.mul (local.get $n) (i32.const 77)) (i32.const 1)))";
    let mut all = vec![
        Case { name: "arithmetic".into(), body: arithmetic.into(), clients: 0 },
        Case { name: "arithmetic, in a row".into(), body: arithmetic.repeat(row), clients: 0 },
    ];
    for operators::Case { name, body } in operators::cases() {
        let repeated = body.repeat(row);
        all.push(Case { name: format!("{name}, in a row"), body: repeated, clients: 0 });
        all.push(Case { name, body, clients: 0 });
    }
    all.extend(imports::CASES.iter().map(|(name, body)| Case {
        name: (*name).into(),
        body: (*body).into(),
        clients: CLIENTS,
    }));
    let is_chosen = |name: &str| chosen.is_empty() || chosen.iter().any(|word| name.contains(word));
    all.retain(|case| case.name.starts_with("arithmetic") || is_chosen(&case.name));
    all
}

fn main() -> ExitCode {
    common::main(&[], measure)
}

/// Measures the cases that are asked for, or all.
fn measure(arguments: &Arguments) -> Result<()> {
    let (fuel, rounds, row) = if arguments.quick { (100_000, 1, 10) } else { (5_000_000, 3, ROW) };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("name"), [b'x'; 64]).unwrap();
    std::fs::write(folder.path().join("long"), vec![b'x'; 64 << 10]).unwrap();
    for number in 2..1000 {
        std::fs::write(folder.path().join(format!("file-{number}")), "").unwrap();
    }
    let cases = cases(&arguments.words, row);
    let mut costs = vec![Vec::new(); cases.len()];
    for _ in 0..rounds {
        for (case, costs) in cases.iter().zip(&mut costs) {
            let slice = Limits::default().slice;
            let cost = guest::cost(&case.body, fuel, slice, case.clients, folder.path());
            costs.push(block_on(cost));
        }
    }
    println!("{CLIENTS} clients, {rounds} rounds of {fuel} units of fuel");
    println!("{:44} {:>8}  ratio", "", "ns/unit");
    let mut worst = Vec::new();
    for (case, all) in cases.iter().zip(&costs) {
        let median = Spread::of(all.iter().copied()).median;
        worst.push((median, &case.name));
        println!("{:44} {median:8.3}  {}", case.name, Spread::ratio(all, &costs[0]).text());
    }
    worst.sort_by(|one, other| other.0.total_cmp(&one.0));
    println!("\n{:44} {:>8}  step", "longest", "ns/unit");
    for (median, name) in worst.iter().take(WORST) {
        println!("{name:44} {median:8.3}  {:.2} ms", median * MAX_AT_ONCE as f64 / 1e6);
    }
    let used = |case: &Case| stack::used(&case.body, case.clients, MAX_AT_ONCE, folder.path());
    let mut stacks: Vec<_> = cases.iter().map(|case| (used(case), &case.name)).collect();
    stacks.sort_by(|one, other| other.cmp(one));
    println!("\n{:44} bytes of stack for a step", "most");
    for (bytes, name) in stacks.iter().take(WORST) {
        println!("{name:44} {bytes:8}");
    }
    Ok(())
}
