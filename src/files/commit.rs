//! Makes all changes of files and folders of one call, or none as far as possible.
//!
//! First, it checks all of them. Then it writes the new contents to disk, in temporary files near
//! their targets, and makes new folders, under temporary names too. Then it overwrites the files that
//! can only be written in place, in the order of the calls. This fails most often, and nothing else
//! has changed yet. Then the actor's state is recorded, if it is stored. Then it renames what is new
//! to its targets, and deletes what is to go, which both hardly ever fail. After a failure it removes
//! what has a temporary name. What was already done can't be undone, so the log names it.

use std::{fmt, mem, time::Instant};

use wit_core::host::FileError;

use super::{
    Failure,
    change::{Change, What},
    folders::{Folders, InUse},
    scene::Scene,
    view::{Seen, View},
    writing::{Staged, Target},
};
use crate::lock::Lock;

/// Why a call's changes were not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// What could not be done, for the log.
    pub(super) doing: &'static str,
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
    /// The current change, to be named if it hangs: what is done, and the path. `None` before the
    /// first.
    at: Option<(&'static str, String)>,
    /// When the current step was begun; `None` before the first.
    since: Option<Instant>,
    /// Whether the state is being recorded. The store has a deadline of its own.
    recording: bool,
    /// The paths changed since the last call of `take_done`.
    done: Vec<String>,
}

/// One step of a commit.
struct Step<'a> {
    change: &'a Change,
    target: Target<'a>,
    how: How<'a>,
}

/// What a step does.
enum How<'a> {
    /// Overwrites a file.
    InPlace,
    /// Puts a file or a folder that is on the disk already in its place.
    Put(Staged<'a>),
    /// Deletes a file or a folder.
    Remove,
}

impl Step<'_> {
    /// What it puts in its place.
    fn staged(&self) -> Option<&Staged<'_>> {
        match &self.how {
            How::Put(staged) => Some(staged),
            _ => None,
        }
    }
}

/// Makes all changes of a call. Files have at most `limit` bytes. `new` is the prefix of the temporary
/// files' names. `record` stores the actor's state.
///
/// # Errors
/// See [`Failure`]. `progress` tells which file failed, and which changes were made.
pub(super) fn commit(
    folders: &Folders,
    changes: &[Change],
    limit: usize,
    new: &str,
    progress: &Progress,
    record: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let folders = folders.begin();
    let checked = check(&folders, changes, limit, progress)?;
    let mut steps: Vec<Step<'_>> = Vec::new();
    for (change, Checked { place, is_new, on_disk }) in changes.iter().zip(&checked) {
        progress.begin(change)?;
        let is_kept = matches!(change.what, What::Write(_)) && !is_new;
        let target = Target::find(&folders, &change.path, place, is_kept)?;
        // What comes later takes the place of what was staged earlier, and undoes a removal.
        steps.retain(|step| matches!(step.how, How::InPlace) || !step.target.is(&target));
        let others = steps.iter().filter_map(Step::staged);
        let how = match &change.what {
            What::Write(content) => match target.stage(content, new, others)? {
                Some(staged) => How::Put(staged),
                None => How::InPlace,
            },
            What::CreateFolder if *on_disk => continue,
            What::CreateFolder => How::Put(target.stage_folder(new, others)?),
            What::Delete | What::DeleteFolder if !on_disk => continue,
            What::Delete | What::DeleteFolder => How::Remove,
        };
        steps.push(Step { change, target, how });
    }
    for Step { change, target, .. } in steps.iter().filter(|it| matches!(it.how, How::InPlace)) {
        progress.begin(change)?;
        target.overwrite(change.what.content())?;
        progress.done();
    }
    progress.begin_record()?;
    let recorded = record();
    progress.end_record();
    recorded?;
    // From here on, failures are unlikely. Anything else that must be on disk before the files
    // belongs above this line.
    for Step { change, target, how } in &mut steps {
        if let How::Put(staged) = how {
            progress.begin(change)?;
            target.replace(staged, change.what.content())?;
            progress.done();
        }
    }
    // Last, so that a power failure never leaves less than there was.
    for Step { change, target, .. } in steps.iter().filter(|it| matches!(it.how, How::Remove)) {
        progress.begin(change)?;
        target.remove(change.what == What::DeleteFolder)?;
        progress.done();
    }
    Ok(())
}

/// What is known of a change before anything is done.
struct Checked {
    /// Its path without links.
    place: String,
    /// Whether the disk has nothing there, or the call has deleted what it has.
    is_new: bool,
    /// Whether the disk has something there.
    on_disk: bool,
}

/// Checks all changes once more, in their order: the disk may have changed since the call asked for
/// them.
fn check(
    folders: &InUse<'_>,
    changes: &[Change],
    limit: usize,
    progress: &Progress,
) -> Result<Vec<Checked>, Failure> {
    let (mut own, script) = (View::default(), View::default());
    let mut deleted = View::default();
    let mut checked = Vec::with_capacity(changes.len());
    for change @ Change { path, what } in changes {
        progress.begin(change)?;
        if what.content().len() > limit {
            return Err(Failure(FileError::TooLarge));
        }
        let scene = Scene { folders, own: &own, script: &script, takes_all: false };
        let place = scene.check(path, what)?;
        let on_disk = scene.on_disk(&place)?.is_some();
        let is_new = !on_disk || deleted.look(&place) == Seen::Gone;
        if matches!(what, What::Delete | What::DeleteFolder) {
            deleted.apply(place.clone(), what);
        }
        own.apply(place.clone(), what);
        checked.push(Checked { place, is_new, on_disk });
    }
    Ok(checked)
}

impl Progress {
    /// Begins with a change, or with one of its steps.
    ///
    /// # Errors
    /// The task has given up waiting and has reported a failure.
    fn begin(&self, change: &Change) -> Result<(), Failure> {
        let mut state = self.0.lock();
        if state.given_up {
            return Err(Failure(FileError::TimedOut));
        }
        state.at = Some((change.what.name(), change.path.clone()));
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

    /// Notes that the current change was made.
    fn done(&self) {
        let mut state = self.0.lock();
        let path = state.at.clone().map(|(_, path)| path);
        state.done.extend(path);
    }

    /// Notes that nobody waits any more.
    pub(super) fn give_up(&self) {
        self.0.lock().given_up = true;
    }

    /// Whether nobody waits any more.
    pub(super) fn is_given_up(&self) -> bool {
        self.0.lock().given_up
    }

    /// When the current step was begun. While the state is recorded, that is now.
    pub(super) fn since(&self) -> Option<Instant> {
        let state = self.0.lock();
        if state.recording { Some(Instant::now()) } else { state.since }
    }

    /// The current change.
    pub(super) fn at(&self) -> Option<(&'static str, String)> {
        self.0.lock().at.clone()
    }

    /// The paths changed since the last call.
    pub(super) fn take_done(&self) -> Vec<String> {
        mem::take(&mut self.0.lock().done)
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Escaped, because the path comes from a guest.
        write!(f, "{} {:?}: {}", self.doing, self.path, self.failure)
    }
}

impl std::error::Error for Failed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.failure)
    }
}
