//! All the files that one call writes: all of them or none, as far as that can be.
//!
//! First the new contents are put onto the disk, staged their files. Then what can only be written
//! in place is written, in the order in which it was asked for: it is what most often fails, and
//! nothing else has been changed by then. Last, the new contents take their places, which hardly
//! ever fails. What fails ends it: contents that wait are removed, and what was done already is
//! told in the log, since it can't be undone.

use std::{fmt, mem, time::Instant};

use super::{
    Failure,
    folders::Folders,
    writing::{Staged, Target},
};
use crate::lock::Lock;

/// A file's new content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The file.
    pub path: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// Why a call's files were not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The first that could not be.
    pub path: String,
    /// Why.
    pub failure: Failure,
}

/// How far it has come: known to who waits for it, also when that takes too long.
#[derive(Debug, Default)]
pub(super) struct Progress(Lock<State>);

/// What is behind the lock, which is never held while anything waits.
#[derive(Debug, Default)]
struct State {
    /// Whether nobody waits any more: then nothing more is begun.
    given_up: bool,
    /// The file that it is about now.
    at: String,
    /// Since when, once there is one.
    since: Option<Instant>,
    /// The files that have been written since this was asked for last.
    done: Vec<String>,
}

/// One file on its way.
struct Step<'a> {
    /// Where it is.
    target: Target<'a>,
    /// Its new content.
    content: &'a [u8],
    /// The new content on the disk; `None` if it is written in place.
    staged: Option<Staged<'a>>,
}

/// Writes all files of a call, none of which may be larger than `limit`. `new` is the beginning of
/// the names of those that take others' places.
///
/// # Errors
/// See [`Failure`]. `progress` says which file it is about, and which have been written.
pub(super) fn commit(
    folders: &Folders,
    writes: &[Write],
    limit: usize,
    new: &str,
    progress: &Progress,
) -> Result<(), Failure> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for Write { path, content } in writes {
        progress.begin(path)?;
        if content.len() > limit {
            return Err(Failure::TooLarge);
        }
        let target = Target::find(folders, path)?;
        // What is written to the same file later takes the place of what was to take its place.
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
    // From here on it is expected to succeed: what is to be on the disk before the files are
    // belongs here.
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
    /// Nobody waits any more: whoever waited has been told that it failed.
    fn begin(&self, path: &str) -> Result<(), Failure> {
        let mut state = self.0.lock();
        if state.given_up {
            return Err(Failure::TimedOut);
        }
        path.clone_into(&mut state.at);
        state.since = Some(Instant::now());
        Ok(())
    }

    /// Notes that the file has been written.
    fn done(&self) {
        let mut state = self.0.lock();
        let at = state.at.clone();
        state.done.push(at);
    }

    /// Says that nobody waits any more.
    pub(super) fn give_up(&self) {
        self.0.lock().given_up = true;
    }

    /// Whether nobody waits any more.
    pub(super) fn is_given_up(&self) -> bool {
        self.0.lock().given_up
    }

    /// Since when it is about this file.
    pub(super) fn since(&self) -> Option<Instant> {
        self.0.lock().since
    }

    /// The file that it is about now.
    pub(super) fn at(&self) -> String {
        self.0.lock().at.clone()
    }

    /// The files that have been written since this was asked last.
    pub(super) fn take_done(&self) -> Vec<String> {
        mem::take(&mut self.0.lock().done)
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The path is a guest's.
        write!(f, "writing {:?}: {}", self.path, self.failure)
    }
}

impl std::error::Error for Failed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.failure)
    }
}
