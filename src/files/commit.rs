//! Writes all files of one call, or none as far as possible.
//!
//! First, it writes the new contents to disk, in temporary files beside their targets. Then it
//! overwrites the files that can only be written in place, in the order of the calls. This fails
//! most often, and nothing else has changed yet. Then the actor's state is recorded, if it is stored.
//! Last, it renames the temporary files to their targets, which hardly ever fails. After a failure
//! it removes the temporary files. What was already written can't be undone, so the log names it.

use std::{fmt, mem, time::Instant};

use wit_core::host::FileError;

use super::{
    Failure,
    folders::Folders,
    writing::{Staged, Target},
};
use crate::lock::Lock;

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// As the actor gave it. Errors and the log name it.
    pub path: String,
    pub(crate) content: Vec<u8>,
}

/// Why a call's files were not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// As the actor gave it: the first one that failed.
    pub path: String,
    pub(crate) failure: Failure,
}

/// The progress of a commit, shared with the task that waits for it. It can be read even if the
/// commit times out.
#[derive(Debug, Default)]
pub(super) struct Progress(Lock<State>);

/// Behind a lock that is never held across a wait.
#[derive(Debug, Default)]
struct State {
    /// Whether the task has given up waiting. The commit then begins nothing more.
    given_up: bool,
    /// The path of the current file, to be named if it hangs.
    at: String,
    /// When the current file was begun; `None` before the first.
    since: Option<Instant>,
    /// Whether the state is being recorded. The store has a deadline of its own.
    recording: bool,
    /// The files written since the last call of `take_done`.
    done: Vec<String>,
}

/// One file of a commit.
struct Step<'a> {
    /// Where the content goes.
    target: Target<'a>,
    content: &'a [u8],
    /// The new content on disk; `None` if the file is written in place.
    staged: Option<Staged<'a>>,
}

/// Writes all files of a call, each of at most `limit` bytes. `new` is the prefix of the temporary
/// files' names. `record` stores the actor's state.
///
/// # Errors
/// See [`Failure`]. `progress` tells which file failed, and which were written.
pub(super) fn commit(
    folders: &Folders,
    writes: &[Write],
    limit: usize,
    new: &str,
    progress: &Progress,
    record: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let folders = folders.begin();
    let mut steps: Vec<Step<'_>> = Vec::new();
    for Write { path, content } in writes {
        progress.begin(path)?;
        if content.len() > limit {
            return Err(Failure(FileError::TooLarge));
        }
        let target = Target::find(&folders, path)?;
        // A later content of the same file replaces the earlier staged one.
        steps.retain(|step| step.staged.is_none() || !step.target.is(&target));
        let others = steps.iter().filter_map(|step| step.staged.as_ref());
        let staged = target.stage(content, new, others)?;
        steps.push(Step { target, content, staged });
    }
    for Step { target, content, .. } in steps.iter().filter(|step| step.staged.is_none()) {
        progress.begin(target.requested())?;
        target.overwrite(content)?;
        progress.done();
    }
    progress.begin_record()?;
    let recorded = record();
    progress.end_record();
    recorded?;
    // From here on, failures are unlikely. Anything else that must be on disk before the files
    // belongs above this line.
    for Step { target, content, staged } in &mut steps {
        if let Some(staged) = staged {
            progress.begin(target.requested())?;
            target.replace(staged, content)?;
            progress.done();
        }
    }
    Ok(())
}

impl Progress {
    /// Begins with a file.
    ///
    /// # Errors
    /// The task has given up waiting and has reported a failure.
    fn begin(&self, path: &str) -> Result<(), Failure> {
        let mut state = self.0.lock();
        if state.given_up {
            return Err(Failure(FileError::TimedOut));
        }
        path.clone_into(&mut state.at);
        state.since = Some(Instant::now());
        Ok(())
    }

    /// Begins to record the state.
    ///
    /// # Errors
    /// The task has given up waiting and has reported a failure.
    fn begin_record(&self) -> Result<(), Failure> {
        let mut state = self.0.lock();
        if state.given_up {
            return Err(Failure(FileError::TimedOut));
        }
        state.recording = true;
        Ok(())
    }

    /// Notes that the state is recorded, or could not be.
    fn end_record(&self) {
        let mut state = self.0.lock();
        state.recording = false;
        state.since = Some(Instant::now());
    }

    /// Notes that the current file was written.
    fn done(&self) {
        let mut state = self.0.lock();
        let at = state.at.clone();
        state.done.push(at);
    }

    /// Notes that nobody waits any more.
    pub(super) fn give_up(&self) {
        self.0.lock().given_up = true;
    }

    /// Whether nobody waits any more.
    pub(super) fn is_given_up(&self) -> bool {
        self.0.lock().given_up
    }

    /// When the current file was begun. While the state is recorded, that is now.
    pub(super) fn since(&self) -> Option<Instant> {
        let state = self.0.lock();
        if state.recording { Some(Instant::now()) } else { state.since }
    }

    /// The current file.
    pub(super) fn at(&self) -> String {
        self.0.lock().at.clone()
    }

    /// The files written since the last call.
    pub(super) fn take_done(&self) -> Vec<String> {
        mem::take(&mut self.0.lock().done)
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Escaped, because the path comes from a guest.
        write!(f, "writing {:?}: {}", self.path, self.failure)
    }
}

impl std::error::Error for Failed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.failure)
    }
}
