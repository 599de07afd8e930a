//! How cost grows with connections, with actors in a process, and with an actor's state.
//!
//! ```text
//! cargo bench --bench growth
//! cargo bench --bench growth -- --svg docs/growth.svg
//! cargo bench --bench growth -- --rounds 3 --binary target/release/footlight
//! ```
//!
//! The server is the built program on one thread with the usual limits, except that it lets
//! enough clients in, and gives an actor with much JSON the fuel that it needs. Every round
//! begins with a new process and goes through all steps, so that whatever else the machine does
//! meets all of them alike. Memory is what the process has when it is idle, with pages that it
//! shares divided among their users (PSS); CPU is that of its process while clients exchange
//! messages as fast as it answers.
//!
//! # Layout
//! - `connections`, `actors`, `state`: what grows.
//! - `figure`: what was measured: panels, lines, points. Prints them as tables.
//! - `svg`: draws them.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

mod actors;
mod connections;
mod figure;
mod load;
mod state;
mod svg;

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
    for measure in [connections::measure, actors::measure, state::measure] {
        let measured = measure(&binary, rounds, arguments.quick)?;
        measured.iter().for_each(figure::Panel::print);
        panels.extend(measured);
    }
    std::fs::write(&drawing, svg::draw(&panels))?;
    println!("\ndrawn in {}", drawing.display());
    Ok(())
}
