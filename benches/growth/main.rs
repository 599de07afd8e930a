//! How costs grow with the number of connections, actors, tags and keys, and with the size of a state.
//!
//! ```text
//! cargo bench --bench growth
//! cargo bench --bench growth -- --svg docs/growth.svg
//! cargo bench --bench growth -- --rounds 3 --binary target/release/footlight
//! ```
//!
//! The server is the built program on one thread with the default limits, except for more
//! connections to one actor, fewer connections and requests for each of many actors, and more fuel
//! for an actor with much JSON. Tags and keys grow up to what the default limits allow one actor.
//! Every round starts a new process and goes through all steps, so that other programs on the
//! machine affect all steps alike. Memory is that of the idle process, with shared pages divided
//! among processes (PSS). CPU time is that of the process while clients exchange messages as fast as
//! it answers.
//!
//! # Layout
//! - `connections`, `actors`, `state`, `tags`, `keys`: the measurements.
//! - `figure`: the results as panels, lines and points. Prints them as tables.
//! - `svg`: draws them.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

mod actors;
mod connections;
mod figure;
mod keys;
mod load;
mod state;
mod svg;
mod tags;

use std::{path::Path, process::ExitCode};

use common::{Result, arguments::Arguments};

fn main() -> ExitCode {
    common::main(&["rounds", "binary", "svg"], measure)
}

/// Measures everything, prints it and draws it.
fn measure(arguments: &Arguments) -> Result<()> {
    let rounds: usize = arguments.count("rounds", 5, 1)?;
    let binary = arguments.path("binary", env!("CARGO_BIN_EXE_footlight"));
    let drawing = Path::new(env!("CARGO_TARGET_TMPDIR")).join("growth.svg");
    let drawing = arguments.path("svg", drawing);

    let mut panels = Vec::new();
    let measurements =
        [connections::measure, actors::measure, state::measure, tags::measure, keys::measure];
    for measure in measurements {
        let measured = measure(&binary, rounds, arguments.quick)?;
        measured.iter().for_each(figure::Panel::print);
        panels.extend(measured);
    }
    std::fs::write(&drawing, svg::draw(&panels))?;
    println!("\ndrawn in {}", drawing.display());
    Ok(())
}
