//! The steps of a run.

use std::path::Path;

use super::{CallError, lines, notation, options::Call, step::Step};
use crate::regular::{self, Unread};

/// The largest file of events, in bytes. A wrong path must not fill the memory.
const MAX_FILE: usize = 64 << 20;

/// Everything that happens in a run, in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Script {
    /// Each with its place, for errors.
    pub(super) steps: Vec<(String, Step)>,
}

impl Script {
    /// Reads the steps from the command line and from the file of events.
    pub(super) fn read(call: &Call) -> Result<Self, CallError> {
        let mut script = Self::default();
        let mut known = Vec::new();
        for word in &call.words {
            let place = format!("the event {word:?}");
            let step = notation::read(word, &mut known);
            let step =
                step.map_err(|problem| CallError::step(&place, format_args!("{problem}")))?;
            script.steps.push((place, step));
        }
        if let Some(file) = &call.events {
            let text = read_file(file)?;
            lines::read(file, &text, &mut known, &mut script.steps)?;
        }
        Ok(script)
    }
}

/// Reads a file of events, or standard input.
fn read_file(file: &Path) -> Result<String, CallError> {
    let bytes = regular::read_input(file, MAX_FILE);
    let bytes = bytes.map_err(|error| unread(file, &error))?;
    String::from_utf8(bytes).map_err(|_| {
        CallError::step(&file.display().to_string(), format_args!("is not UTF-8 text"))
    })
}

/// The error of a file that can't be read.
pub(super) fn unread(file: &Path, error: &Unread) -> CallError {
    CallError::other(format_args!("{}: cannot be read: {error}", file.display()))
}
