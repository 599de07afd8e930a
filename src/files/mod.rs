//! An actor's files, for the interface `files` of `footlight:host` and for Theater's `filesystem`.
//!
//! - [`config`]: the folders that the manifest names.
//! - `folders`: the same folders, opened for each operation.
//! - `reading`, `writing`: blocking reads and changes.
//! - `change`: what a call asks for. `pending` has its changes, and `view` what became of files and
//!   folders.
//! - `scene`: what a call sees: its own changes above the disk. It checks further changes.
//! - `commit`: makes all changes of one call, or none.
//! - `blocking`: runs blocking calls on other threads, one at a time and with a deadline.
//! - `overlay`: files that are not on the disk, for `footlight call`.
//! - `failure`: why an operation failed.
//!
//! This module knows the manifest's folders and the types of the interface. It knows neither the
//! interpreter nor sockets.

mod blocking;
mod change;
mod commit;
pub mod config;
mod failure;
mod folders;
pub(crate) mod overlay;
mod pending;
mod reading;
mod scene;
mod view;
mod writing;

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod deleting;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod together;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Instant,
};

use log::Level;
use rustix::io::Errno;
use wit_core::host::FileError;

use blocking::{Blocking, Unfinished};
pub(crate) use change::{Answer, Asked, Change, What};
pub(crate) use commit::Failed;
use commit::Progress;
pub use config::Config;
pub(crate) use failure::Failure;
pub use folders::{FolderError, Folders};
pub(crate) use overlay::{Given, Overlay};
pub(crate) use pending::Pending;
use scene::Scene;
pub use wit_core::host::Entry as DirEntry;
#[cfg(test)]
use wit_core::host::FileInfo;

use crate::{convert::to_u64, limits::SharedLimits, logger::ActorLog, stats::Stats};

/// The files of one actor. Each method works on another thread and waits at most `limits.file_wait`
/// for it. A write of several files may take that long for each step.
pub struct Files {
    /// Shared with the threads that read and write.
    folders: Arc<Folders>,
    /// Keeps slow disks away from the executor's threads.
    blocking: Blocking,
    /// Has the largest content, and the most bytes of names in a listing: `limits.file_access`.
    limits: SharedLimits,
    /// The prefix of the temporary files' names. It contains the actor's name, because other actors
    /// may write to the same folder. The actor itself handles one call at a time.
    new: Arc<str>,
    stats: Arc<Stats>,
    lines: Arc<ActorLog>,
    /// Files that take the place of those on the disk; `None` for a host that serves.
    overlay: Option<Arc<Overlay>>,
    /// Whether the log says already that a folder is read-only.
    is_told: AtomicBool,
}

/// The longest path, in bytes: Linux's limit, and the name of one of the actor's folders in front.
const MAX_PATH: usize = 4096 + 64;

impl Files {
    /// The files of the actor with this name.
    pub fn new(
        actor: &str,
        folders: impl Into<Arc<Folders>>,
        limits: impl Into<SharedLimits>,
        stats: Arc<Stats>,
        lines: Arc<ActorLog>,
    ) -> Self {
        let limits = limits.into();
        Self {
            folders: folders.into(),
            blocking: Blocking::new(limits.clone()),
            limits,
            new: format!(".{actor}.footlight").into(),
            stats,
            lines,
            overlay: None,
            is_told: AtomicBool::new(false),
        }
    }

    /// The same actor's files, in the folders of `other`.
    pub(crate) fn with_folders_of(self, other: Self) -> Self {
        Self { folders: other.folders, ..self }
    }

    /// The same files below others, which take their place.
    pub(crate) fn below(self, overlay: Arc<Overlay>) -> Self {
        Self { overlay: Some(overlay), ..self }
    }

    /// Checks the sizes of a path and a content before they are copied out of the guest.
    ///
    /// # Errors
    /// See [`Failure`].
    pub(crate) fn fits(&self, path: &str, content: &[u8]) -> Result<(), Failure> {
        let fits = if path.len() > MAX_PATH {
            Err(Errno::NAMETOOLONG.into())
        } else if content.len() > self.max_size() {
            Err(Failure(FileError::TooLarge))
        } else {
            Ok(())
        };
        if let Err(failure) = &fits {
            self.stats.file_failures.add(1);
            let (path, content) = (path.len(), content.len());
            // The path itself is not logged: it may be almost as long as the guest's memory.
            self.lines.host(
                Level::Debug,
                None,
                format_args!("a path of {path} bytes, a content of {content}: {failure}"),
            );
        }
        fits
    }

    /// The largest content.
    fn max_size(&self) -> usize {
        self.limits.get(|limits| limits.file_access)
    }

    /// Does what a call asks for: looks at its folders, or checks a change and adds it to those of
    /// the call.
    ///
    /// # Errors
    /// See [`Failure`].
    pub(crate) async fn perform(
        &self,
        path: String,
        asked: Asked,
        own: &mut Pending,
    ) -> Result<Answer, Failure> {
        let name = asked.name();
        let done = self.ask(&path, asked.clone(), own).await;
        // The disk has a problem, which the operator should know about.
        let level =
            if matches!(done, Err(Unfinished::TimedOut)) { Level::Warn } else { Level::Debug };
        let done = done.map_err(Failure::from).and_then(|done| done);
        match (&done, &asked) {
            (Ok(_), Asked::Change(_)) => {}
            (Ok(_), _) => self.stats.file_reads.add(1),
            (Err(failure), _) => {
                self.stats.file_failures.add(1);
                // Escaped, because the path comes from a guest.
                self.lines.host(level, None, format_args!("{name} {path:?}: {failure}"));
            }
        }
        if let Ok(Answer { left_out: more @ 1.., .. }) = &done {
            let text = format_args!("{name} {path:?}: {more} names left out that are not UTF-8");
            self.lines.host(Level::Debug, None, text);
        }
        let Asked::Change(what) = asked else { return done };
        if done.is_err() && self.folders.is_read_only(&path) && !self.is_told.swap(true, Relaxed) {
            let advice = "write `writable = true` into the `config` of its handler";
            let text = format_args!("{path:?} can't be written: its folder is read-only; {advice}");
            self.lines.host(Level::Warn, None, text);
        }
        let mut answer = done?;
        own.add(std::mem::take(&mut answer.place), Change { path, what });
        Ok(answer)
    }

    /// Asks on another thread.
    async fn ask(
        &self,
        path: &str,
        asked: Asked,
        own: &Pending,
    ) -> Result<Result<Answer, Failure>, Unfinished> {
        let limit = self.max_size();
        let (folders, of, own) = (self.folders.clone(), checked(path), own.view());
        let script = self.overlay.as_ref();
        let takes_all = script.is_some_and(|script| script.takes_all);
        // What goes to the disk has to be possible there.
        let is_real = |script: &&Arc<Overlay>| matches!(asked, Asked::Change(_)) && script.to_disk;
        let script = script.filter(|script| !is_real(script));
        let script = script.map(|script| script.view()).unwrap_or_default();
        let work = move || {
            let folders = &folders.begin();
            Scene { folders, own: &own, script: &script, takes_all }.answer(&of?, &asked, limit)
        };
        self.blocking.run(work).await
    }

    /// Makes all changes of a call, or none as far as possible. `record` stores the actor's state. It
    /// runs after the last file that is written in place, and before the first that is renamed.
    ///
    /// # Errors
    /// A change could not be made, or `record` failed. The caller must report it. The log only gets
    /// what could not be undone.
    pub(crate) async fn commit(
        &self,
        pending: Pending,
        record: impl FnOnce() -> Result<(), Failure> + Send + 'static,
    ) -> Result<(), Failed> {
        let first = pending.changes.first().cloned();
        let (folders, limit, new) = (self.folders.clone(), self.max_size(), self.new.clone());
        let progress = Arc::new(Progress::default());
        let (count, state, lines) = (pending.changes.len(), progress.clone(), self.lines.clone());
        let overlay = self.overlay.clone();
        let work = move || {
            let changes = &*pending.changes;
            let to_disk = overlay.as_ref().map_or(changes, |overlay| overlay.to_disk(changes));
            let done = commit::commit(&folders, to_disk, limit, &new, &state, record);
            if let (Some(overlay), Ok(())) = (overlay, &done) {
                overlay.keep(pending);
            }
            if state.is_given_up() {
                log_made(&lines, &state, "after the time in which it should have been");
            }
            done
        };
        let start = Instant::now();
        let begun = || progress.since().unwrap_or(start);
        let failure = match self.blocking.run_by_steps(work, begun).await {
            Ok(Ok(())) => {
                self.stats.file_writes.add(to_u64(count));
                return Ok(());
            }
            Ok(Err(failure)) => failure,
            Err(late) => {
                progress.give_up();
                late.into()
            }
        };
        self.stats.file_failures.add(1);
        log_made(&self.lines, &progress, "before another one failed");
        let at = progress.at().or(first.map(|change| (change.what.name(), change.path)));
        let (doing, path) = at.unwrap_or_default();
        Err(Failed { doing, path, failure })
    }

    /// Writes one file.
    #[cfg(test)]
    async fn write(&self, path: String, content: Vec<u8>) -> Result<(), Failure> {
        let changes = vec![Change { path, what: What::Write(content.into()) }];
        let pending = Pending { changes, ..Pending::default() };
        self.commit(pending, || Ok(())).await.map_err(|failed| failed.failure)
    }
}

/// The functions that an actor has, for tests.
#[cfg(test)]
impl Files {
    async fn read(&self, path: &str, own: &Pending) -> Result<Vec<u8>, Failure> {
        let mut own = Pending { view: own.view.clone(), ..Pending::default() };
        self.perform(path.into(), Asked::Read, &mut own).await.map(|answer| answer.content)
    }

    async fn info(&self, path: &str, own: &Pending) -> Result<FileInfo, Failure> {
        let mut own = Pending { view: own.view.clone(), ..Pending::default() };
        self.perform(path.into(), Asked::Info, &mut own).await.map(|answer| answer.info)
    }

    async fn list(&self, path: &str, own: &Pending) -> Result<Vec<DirEntry>, Failure> {
        let mut own = Pending { view: own.view.clone(), ..Pending::default() };
        self.perform(path.into(), Asked::List, &mut own).await.map(|answer| answer.entries)
    }

    async fn change(&self, change: Change, own: &mut Pending) -> Result<(), Failure> {
        self.perform(change.path, Asked::Change(change.what), own).await.map(drop)
    }
}

/// Logs which changes a failed call has made.
fn log_made(lines: &ActorLog, progress: &Progress, when: &str) {
    let done = progress.take_done();
    if !done.is_empty() {
        // Escaped, because the paths come from a guest.
        let text = format_args!("changed {when}, which is not undone: {done:?}");
        lines.host(Level::Warn, None, text);
    }
}

/// An owned path for the other thread. Fails if it is longer than any valid path.
fn checked(path: &str) -> Result<String, Failure> {
    if path.len() > MAX_PATH { Err(Errno::NAMETOOLONG.into()) } else { Ok(path.to_owned()) }
}
