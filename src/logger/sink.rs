//! The outputs of the log, and what happens if they can't be written.

use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::SystemTime;

use log::Level;

use super::HOST;
use super::file::{check_open, open};
use super::line::{Head, line, styled};
use crate::{lock::Lock, style::is_styled};

/// An output.
#[derive(Debug)]
pub(super) struct Sink {
    target: Target,
    /// How many lines were lost since the last one that was written. The next note reports them.
    missing: AtomicUsize,
    /// Whether a request to reopen waits in the queue, so that there is never a second one.
    reopening: AtomicBool,
}

/// The kinds of outputs.
#[derive(Debug)]
enum Target {
    /// Standard error, and whether it is a terminal that shows colours.
    Stderr { styled: bool },
    /// Standard error, connected to systemd's journal. It has a clock of its own and reads the
    /// level from a number at the start of the line.
    Journal,
    /// Standard output.
    Stdout,
    /// A file, with its path for messages and to reopen it. Only one thread writes.
    File(PathBuf, Lock<File>),
}

impl Sink {
    /// An output that has lost nothing yet.
    fn new(target: Target) -> Self {
        Self { target, missing: AtomicUsize::new(0), reopening: AtomicBool::new(false) }
    }

    /// Standard error, or the journal if that is connected to it.
    pub(super) fn stderr() -> Self {
        Self::new(if stderr_is_journal() {
            Target::Journal
        } else {
            Target::Stderr { styled: is_styled(&io::stderr()) }
        })
    }

    /// Standard output.
    pub(super) fn stdout() -> Self {
        Self::new(Target::Stdout)
    }

    /// A file to append to. Creates it and its folder if necessary.
    pub(super) fn file(path: &Path) -> io::Result<Self> {
        // Checked first, so that `check` and `run` report the same error.
        check_open(path)?;
        let file = open(path)?;
        Ok(Self::new(Target::File(path.to_owned(), Lock::new(file))))
    }

    /// Whether a request to reopen must be queued: for a file, if there is none yet.
    pub(super) fn request_reopen(&self) -> bool {
        matches!(self.target, Target::File(..)) && !self.reopening.swap(true, Ordering::Relaxed)
    }

    /// Opens the path again, because the open file may have been renamed. If that fails, the open
    /// file is kept.
    pub(super) fn reopen(&self) {
        let Target::File(path, file) = &self.target else { return };
        // Reset before the file is opened: a request from now on needs another attempt.
        self.reopening.store(false, Ordering::Relaxed);
        match open(path) {
            Ok(new) => *file.lock() = new,
            Err(error) => {
                report(&format_args!("{error}; the file that is open stays in use"));
            }
        }
    }

    /// Formats a line for this output.
    pub(super) fn line(&self, head: Head<'_>, text: &dyn fmt::Display) -> String {
        let time = (!matches!(self.target, Target::Journal)).then(SystemTime::now);
        let line = line(time, head, text);
        if matches!(self.target, Target::Stderr { styled: true }) {
            styled(line, head.level)
        } else {
            line
        }
    }

    /// Writes a line, or just a note if it is empty. `left_out` lines before it were dropped. Lines
    /// that can't be written are lost and counted, because a full disk must not stop the host. The
    /// first loss is reported on standard error. A note in this output says later how many lines
    /// are missing.
    pub(super) fn write(&self, line: &str, left_out: usize) {
        let failed = self.missing.swap(0, Ordering::Relaxed);
        let missing = failed + left_out;
        let written = if missing == 0 {
            self.put(line)
        } else {
            let text = format_args!("lines that could not be written here: {missing}");
            let note = self.line(Head { level: Level::Warn, target: HOST }, &text);
            // The last failed write may have left half a line, so a new line begins.
            self.put(&format!("{}{note}{line}", if failed > 0 { "\n" } else { "" }))
        };
        if let Err(error) = written {
            let lost = !line.is_empty();
            if lost {
                super::count_lost();
            }
            self.missing.store(missing + usize::from(lost), Ordering::Relaxed);
            if failed == 0 {
                self.complain(&error);
            }
        }
    }

    /// Writes a text in one piece.
    fn put(&self, text: &str) -> io::Result<()> {
        match &self.target {
            Target::Stderr { .. } | Target::Journal => {
                io::stderr().lock().write_all(text.as_bytes())
            }
            Target::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(text.as_bytes())?;
                stdout.flush()
            }
            Target::File(_, file) => {
                let mut file = file.lock();
                file.write_all(text.as_bytes())
            }
        }
    }

    /// Reports on standard error that lines are lost.
    fn complain(&self, error: &io::Error) {
        let place = match &self.target {
            // There is no other place to report it.
            Target::Stderr { .. } | Target::Journal => return,
            Target::Stdout => "standard output".to_owned(),
            Target::File(path, _) => path.display().to_string(),
        };
        report(&format_args!("cannot write the log to {place}: {error}; lines are being lost"));
    }
}

/// Reports a problem with another output on standard error.
fn report(text: &dyn fmt::Display) {
    let stderr = Sink::stderr();
    stderr.write(&stderr.line(Head { level: Level::Error, target: HOST }, text), 0);
}

/// Whether standard error is connected to systemd's journal.
#[cfg(unix)]
fn stderr_is_journal() -> bool {
    use std::os::fd::AsFd as _;
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let stderr = io::stderr().as_fd().try_clone_to_owned();
    stderr.is_ok_and(|stderr| is_stream(&File::from(stderr), &stream))
}

/// Always `false`: there is no journal.
#[cfg(not(unix))]
fn stderr_is_journal() -> bool {
    false
}

/// Whether an open file is the stream that `JOURNAL_STREAM` names by device and inode. It is not
/// enough that the variable is set: it is inherited by all programs that a service starts, such as
/// a terminal's shell, even if their output goes elsewhere.
#[cfg(unix)]
fn is_stream(file: &File, stream: &str) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    file.metadata().is_ok_and(|found| stream == format!("{}:{}", found.dev(), found.ino()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use super::*;

    /// The head of the lines in these tests.
    const HEAD: Head<'_> = Head { level: Level::Info, target: "a" };

    #[test]
    fn a_file_is_appended_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs/a.log");
        for text in ["first", "second"] {
            let sink = Sink::file(&path).unwrap();
            sink.write(&sink.line(HEAD, &text), 0);
        }
        let text = fs::read_to_string(path).unwrap();
        let ends: Vec<&str> = text.lines().map(|line| line.split_once("Z ").unwrap().1).collect();
        assert_eq!(ends, ["INFO  a: first", "INFO  a: second"]);
    }

    #[test]
    fn a_reopened_file_is_the_one_that_has_the_name_then() {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = (folder.path().join("a.log"), folder.path().join("a.log.1"));
        let sink = Sink::file(&path).unwrap();
        sink.write("first\n", 0);
        fs::rename(&path, &old).unwrap();
        sink.write("second\n", 0);
        assert!(sink.request_reopen() && !sink.request_reopen());
        sink.reopen();
        sink.write("third\n", 0);
        assert_eq!(fs::read_to_string(&old).unwrap(), "first\nsecond\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "third\n");
        // A folder takes the file's place.
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(sink.request_reopen());
        sink.reopen();
        sink.write("fourth\n", 0);
        assert_eq!(sink.missing.into_inner(), 0);
        assert!(!Sink::stdout().request_reopen());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn lines_lost_to_a_full_disk_are_counted() {
        let sink = Sink::file(Path::new("/dev/full")).unwrap();
        for _ in 0..3 {
            sink.write(&sink.line(HEAD, &"text"), 0);
        }
        sink.write("", 4);
        assert_eq!(sink.missing.into_inner(), 7);
    }

    #[test]
    fn a_note_says_once_how_many_lines_are_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        fs::write(&path, "half a li").unwrap();
        let sink = Sink::file(&path).unwrap();
        sink.missing.store(3, Ordering::Relaxed);
        sink.write(&sink.line(HEAD, &"again"), 0);
        sink.write(&sink.line(HEAD, &"and again"), 0);
        sink.write("", 2);
        let text = fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = text.lines().map(|line| line.split("Z ").last().unwrap()).collect();
        let note = "WARN  footlight: lines that could not be written here:";
        let (three, two) = (format!("{note} 3"), format!("{note} 2"));
        assert_eq!(lines, ["half a li", &three, "INFO  a: again", "INFO  a: and again", &two]);
    }

    #[test]
    #[cfg(unix)]
    fn the_journal_is_known_by_its_device_and_inode() {
        use std::os::unix::fs::MetadataExt as _;
        let file = tempfile::tempfile().unwrap();
        let found = file.metadata().unwrap();
        assert!(is_stream(&file, &format!("{}:{}", found.dev(), found.ino())));
        assert!(!is_stream(&file, &format!("{}:{}", found.dev(), found.ino() + 1)));
        assert!(!is_stream(&file, ""));
    }
}
