//! An actor's files: what stands behind the interface `files` of `footlight:host`, and Theater's
//! `filesystem`.
//!
//! - [`config`]: the folders that the manifest names; `folders` has them opened.
//! - `reading`, `writing`: what is done with them, waiting for the system; `commit`: all that one
//!   call writes, all or nothing.
//! - `blocking`: waits for it elsewhere, one operation at a time, and not for ever.
//! - `failure`: why something can't be done.
//!
//! This room knows the manifest's folders and what the interface has for types. It knows neither
//! the interpreter nor sockets.

mod blocking;
mod commit;
pub mod config;
mod failure;
mod folders;
mod reading;
mod writing;

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod together;

use std::{sync::Arc, time::Instant};

use log::Level;
use rustix::io::Errno;
use wit_core::host::{self, Kind};

use blocking::{Blocking, Late};
use commit::Progress;
pub use commit::{Failed, Write};
pub use config::Config;
pub use failure::Failure;
pub use folders::{FolderError, Folders};

use crate::{convert::to_u64, limits::Limits, logger::ActorLog, stats::Stats};

/// The files of one actor. Every method does its work on another thread and waits for it, for at
/// most `limits.file_wait`; for each step of writing a file, if there are several.
pub struct Files {
    /// Where they are.
    folders: Arc<Folders>,
    /// Where the work is done.
    blocking: Blocking,
    /// The largest content, and the most bytes of a listing's names: `limits.file_access`.
    limit: usize,
    /// The beginning of the names of files in the making. It is the actor's own, since others may
    /// write to the same folder; the actor itself handles one call at a time.
    new: Arc<str>,
    /// Counts what is done and what fails.
    stats: Arc<Stats>,
    /// Tells what fails.
    lines: Arc<ActorLog>,
}

/// The longest path, in bytes: what Linux takes, and a folder's name before it.
const MAX_PATH: usize = 4096 + 64;

/// What stands in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// Its name.
    pub name: String,
    /// What it is; for a link, what it leads to, if that is in the folder too.
    pub kind: Kind,
}

impl DirEntry {
    /// The same, as it is lowered.
    pub fn as_entry(&self) -> host::Entry<'_> {
        host::Entry { name: &self.name, kind: self.kind }
    }
}

impl Files {
    /// The files of the actor of this name.
    pub fn new(
        actor: &str,
        folders: impl Into<Arc<Folders>>,
        limits: &Limits,
        stats: Arc<Stats>,
        lines: Arc<ActorLog>,
    ) -> Self {
        Self {
            folders: folders.into(),
            blocking: Blocking::new(limits.file_wait),
            limit: limits.file_access,
            new: format!(".{actor}.footlight").into(),
            stats,
            lines,
        }
    }

    /// Whether a path and a content are of a size that could be right at all: asked before they
    /// are copied out of the guest.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn fits(&self, path: &str, content: &[u8]) -> Result<(), Failure> {
        let fits = if path.len() > MAX_PATH {
            Err(Errno::NAMETOOLONG.into())
        } else if content.len() > self.limit {
            Err(Failure::TooLarge)
        } else {
            Ok(())
        };
        if let Err(failure) = &fits {
            self.stats.file_failures.add(1);
            let (path, content) = (path.len(), content.len());
            // Not the path itself, which may be nearly as long as the guest's memory.
            self.lines.host(
                Level::Debug,
                None,
                format_args!("a path of {path} bytes, a content of {content}: {failure}"),
            );
        }
        fits
    }

    /// The content of a file, as it is now.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn read(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let (folders, limit, of) = (self.folders.clone(), self.limit, own(path));
        let content = self.blocking.run(move || reading::read(&folders, &of?, limit)).await;
        self.conclude(Level::Debug, "reading", path, content, |stats| stats.file_reads.add(1))
    }

    /// What stands in a folder, by name; the empty path is the actor's folder itself. Names that
    /// are not UTF-8 are left out, since nothing could be opened under them.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn list(&self, path: &str) -> Result<Vec<DirEntry>, Failure> {
        let (folders, limit, of) = (self.folders.clone(), self.limit, own(path));
        let found = self.blocking.run(move || reading::list(&folders, &of?, limit)).await;
        let (entries, left_out) =
            self.conclude(Level::Debug, "listing", path, found, |stats| stats.file_reads.add(1))?;
        if left_out > 0 {
            self.lines.host(
                Level::Debug,
                None,
                format_args!("listing {path:?}: {left_out} names left out that are not UTF-8"),
            );
        }
        Ok(entries)
    }

    /// Whether so many bytes could be written to a file, as far as that can be known before.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn check_write(&self, path: &str, len: usize) -> Result<(), Failure> {
        let (folders, limit, of) = (self.folders.clone(), self.limit, own(path));
        let check = self.blocking.run(move || {
            writing::check(&folders, &of?)?;
            if len > limit { Err(Failure::TooLarge) } else { Ok(()) }
        });
        self.conclude(Level::Debug, "writing", path, check.await, |_| ())
    }

    /// Writes all files of a call, or none as far as that can be; a file that is not there is made.
    ///
    /// # Errors
    /// One could not be written. Whoever asked for it has to be told; only what can't be undone is
    /// told here, in the log.
    pub async fn commit(&self, writes: Vec<Write>) -> Result<(), Failed> {
        let Some(first) = writes.first().map(|write| write.path.clone()) else { return Ok(()) };
        let (folders, limit, new) = (self.folders.clone(), self.limit, self.new.clone());
        let progress = Arc::new(Progress::default());
        let (count, course, lines) = (writes.len(), progress.clone(), self.lines.clone());
        let work = move || {
            let done = commit::commit(&folders, &writes, limit, &new, &course);
            if course.is_given_up() {
                tell_done(&lines, &course, "after the time in which it should have been");
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
        tell_done(&self.lines, &progress, "before another one failed");
        let at = progress.at();
        Err(Failed { path: if at.is_empty() { first } else { at }, failure })
    }

    /// Writes one file.
    #[cfg(test)]
    async fn write(&self, path: String, content: Vec<u8>) -> Result<(), Failure> {
        self.commit(vec![Write { path, content }]).await.map_err(|failed| failed.failure)
    }

    /// Counts an operation, and tells at this level if it failed.
    fn conclude<T>(
        &self,
        level: Level,
        what: &str,
        path: &str,
        result: Result<Result<T, Failure>, Late>,
        count: impl FnOnce(&Stats),
    ) -> Result<T, Failure> {
        // Something is wrong with the disk then, which the operator should know.
        let level = if matches!(result, Err(Late::GivenUp)) { Level::Warn } else { level };
        let result = result.map_err(Failure::from).and_then(|done| done);
        match &result {
            Ok(_) => count(&self.stats),
            Err(failure) => {
                self.stats.file_failures.add(1);
                // The path is a guest's.
                self.lines.host(level, None, format_args!("{what} {path:?}: {failure}"));
            }
        }
        result
    }
}

/// Tells which files were written by a call that failed all the same.
fn tell_done(lines: &ActorLog, progress: &Progress, when: &str) {
    let done = progress.take_done();
    if !done.is_empty() {
        // The paths are a guest's.
        let text = format_args!("written {when}, which is not undone: {done:?}");
        lines.host(Level::Warn, None, text);
    }
}

/// The path, for the thread on which the work is done; not if it is longer than any can be.
fn own(path: &str) -> Result<String, Failure> {
    if path.len() > MAX_PATH { Err(Errno::NAMETOOLONG.into()) } else { Ok(path.to_owned()) }
}
