//! `footlight call`: gives events to an actor without a network, and shows what each of them does.
//!
//! The actor is the one that `run` starts: its commits, roll-backs, limits and deliveries are those of
//! [`Actor`](crate::actor::Actor). Only what is around it differs. Its clients have no sockets, its
//! clock stands still until the script says so, its random numbers come from a seed, and what it
//! writes stays in memory. So a run shows the same each time, apart from the time that it takes.
//!
//! - [`options`]: what the command line asks for.
//! - [`script`]: the steps of a run. [`notation`] reads them from the command line, [`lines`] from a
//!   file. [`event`] reads what both
//!   have in common, and [`step`] is what comes of it.
//! - [`stage`]: the actor with its surroundings. [`called`] opens it, [`clients`] has its clients, and
//!   [`capture`] its log.
//! - [`report`]: what an event did, as JSON. [`bytes`] shortens what is long in it. [`http`]:
//!   requests and responses, for reports and from files. [`messages`] and [`mqtt`] do the same for other
//!   actors and for brokers.
//! - [`text`]: the same for people.
//! - [`golden`]: compares reports with expected ones.
//! - [`moment`]: the time of `--now`.
//! - [`error`]: why a run can't go on.

mod bytes;
mod called;
mod capture;
mod clients;
mod error;
mod event;
mod golden;
mod http;
mod lines;
mod messages;
pub(crate) mod moment;
mod mqtt;
mod notation;
mod options;
mod report;
mod script;
mod stage;
mod step;
mod text;

use std::io;

use serde_json::Value;

pub use error::CallError;
use golden::Golden;
pub use options::Call;
use report::Taken;
use script::Script;
use stage::Stage;

/// Makes a run, on a thread with a known stack. `out` gets the text. Returns whether all events were
/// handled or, with expected reports, whether all are as expected.
///
/// # Errors
/// See [`CallError`].
pub fn run(call: &Call, out: &mut dyn io::Write) -> Result<bool, CallError> {
    if call.update && call.expect.is_none() {
        return Err(CallError::step(
            "--update",
            format_args!("needs --expect FILE, the file that it writes"),
        ));
    }
    let script = Script::read(call)?;
    let mut golden =
        call.expect.as_deref().map(|file| Golden::new(file, call.update)).transpose()?;
    let quiet = golden.is_some() && !call.json;
    let mut fine = true;
    let mut emit = |mut report: Value, taken: Taken| -> Result<(), CallError> {
        fine &= report.get(report::ERROR).is_none_or(Value::is_null);
        if let Some(golden) = &mut golden {
            golden.add(&report);
        }
        if quiet {
            return Ok(());
        }
        let text = if call.json {
            taken.add_to(&mut report);
            text::line(&report)
        } else {
            text::block(&report, taken)
        };
        written(out.write_all(text.as_bytes()))
    };
    if let Some(mut stage) = Stage::open(call, &mut emit)? {
        for (place, step) in script.steps {
            stage.step(&place, step, &mut emit)?;
        }
    }
    let Some(golden) = golden else { return Ok(fine) };
    let (same, text) = golden.finish()?;
    // With `--json`, each line is an object.
    if !call.json {
        written(out.write_all(text.as_bytes()))?;
    } else if !same {
        return Err(CallError::other(format_args!("{}", text.trim_end())));
    }
    Ok(same)
}

/// The error of an output that can't be written.
fn written(done: io::Result<()>) -> Result<(), CallError> {
    done.map_err(|error| CallError::other(format_args!("the output cannot be written: {error}")))
}
