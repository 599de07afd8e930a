//! The places that lines are written to, and what happens when they cannot be.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::SystemTime;

use log::Level;
use rustix::fs::{Access, Mode, OFlags, fcntl_setfl};
use rustix::io::Errno;

use super::HOST;
use super::line::{Head, line};
use crate::lock::Lock;

/// A place that lines are written to.
#[derive(Debug)]
pub(super) struct Sink {
    /// The place.
    target: Target,
    /// How many lines are missing since the last one that could be written; 0 while all is
    /// well.
    missing: AtomicUsize,
    /// Whether it waits to be opened anew.
    reopening: AtomicBool,
}

/// What kind of place it is.
#[derive(Debug)]
enum Target {
    /// Standard error.
    Stderr,
    /// Standard error, read by the journal: it has a clock of its own and takes the level
    /// from a number in front.
    Journal,
    /// Standard output.
    Stdout,
    /// The end of a file, with its path for messages, and to open it anew. Only one thread
    /// writes.
    File(PathBuf, Lock<File>),
}

impl Sink {
    /// A place where nothing was lost yet.
    fn new(target: Target) -> Self {
        Self { target, missing: AtomicUsize::new(0), reopening: AtomicBool::new(false) }
    }

    /// Standard error, or the journal where it leads there.
    pub(super) fn stderr() -> Self {
        Self::new(if stderr_is_journal() { Target::Journal } else { Target::Stderr })
    }

    /// Standard output.
    pub(super) fn stdout() -> Self {
        Self::new(Target::Stdout)
    }

    /// The end of a file. It and its folder are made where there are none.
    pub(super) fn file(path: &Path) -> io::Result<Self> {
        // First, so that `check` and `run` say the same of it.
        check_open(path)?;
        let file = open(path).map_err(|error| with_path(path, error))?;
        Ok(Self::new(Target::File(path.to_owned(), Lock::new(file))))
    }

    /// Whether this is a file that is yet to be opened anew: asked once for each time.
    pub(super) fn request_reopen(&self) -> bool {
        matches!(self.target, Target::File(..)) && !self.reopening.swap(true, Ordering::Relaxed)
    }

    /// Opens the file anew by its path, since the one that is open may have another name by now.
    /// It is kept if that can't be done.
    pub(super) fn reopen(&self) {
        let Target::File(path, file) = &self.target else { return };
        // Before it is opened: who asks meanwhile wants it opened once more.
        self.reopening.store(false, Ordering::Relaxed);
        match open(path) {
            Ok(new) => *file.lock() = new,
            Err(error) => {
                let error = with_path(path, error);
                report(&format_args!("{error}; the one that was open is written to as before"));
            }
        }
    }

    /// A line as it is written here.
    pub(super) fn line(&self, head: Head<'_>, text: &dyn fmt::Display) -> String {
        line((!matches!(self.target, Target::Journal)).then(SystemTime::now), head, text)
    }

    /// Writes a line, or nothing but a note if it is empty; `left_out` lines are missing before
    /// it. What cannot be written is lost and counted: a full disk must not stop the host. The
    /// first time that is told on standard error, and later the number of missing lines at the
    /// place where they are missing.
    pub(super) fn write(&self, line: &str, left_out: usize) {
        let failed = self.missing.swap(0, Ordering::Relaxed);
        let missing = failed + left_out;
        let written = if missing == 0 {
            self.put(line)
        } else {
            let text = format_args!("lines that could not be written here: {missing}");
            let note = self.line(Head { level: Level::Warn, target: HOST }, &text);
            // The last that failed may have been written in part: a new line is begun.
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

    /// Writes a text as one piece.
    fn put(&self, text: &str) -> io::Result<()> {
        match &self.target {
            Target::Stderr | Target::Journal => io::stderr().lock().write_all(text.as_bytes()),
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

    /// Says on standard error that lines are being lost.
    fn complain(&self, error: &io::Error) {
        let place = match &self.target {
            // There is nowhere left to say it.
            Target::Stderr | Target::Journal => return,
            Target::Stdout => "standard output".to_owned(),
            Target::File(path, _) => path.display().to_string(),
        };
        report(&format_args!("cannot write the log to {place}: {error}; lines are being lost"));
    }
}

/// Says on standard error what is wrong with another place.
fn report(text: &dyn fmt::Display) {
    let stderr = Sink::stderr();
    stderr.write(&stderr.line(Head { level: Level::Error, target: HOST }, text), 0);
}

/// An error of a log file, with its path.
#[derive(Debug)]
struct LogFileError {
    /// The file, so that the operator knows which one it is.
    path: PathBuf,
    /// What the system says.
    error: io::Error,
}

impl fmt::Display for LogFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "log file {}: {}", self.path.display(), self.error)
    }
}

impl std::error::Error for LogFileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// An error that names the file.
fn with_path(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), LogFileError { path: path.to_owned(), error })
}

/// How a log file is opened: such that nobody is waited for who would read a pipe.
const FLAGS: OFlags = OFlags::WRONLY
    .union(OFlags::APPEND)
    .union(OFlags::CLOEXEC)
    .union(OFlags::NOCTTY)
    .union(OFlags::NONBLOCK);

/// Opens a file at its end. It and its folder are made where there are none.
fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = rustix::fs::open(path, FLAGS | OFlags::CREATE, Mode::from_raw_mode(0o666))?;
    // Writing may wait: it has a thread of its own.
    fcntl_setfl(&file, FLAGS - OFlags::NONBLOCK)?;
    Ok(file.into())
}

/// Whether a log file could be opened, as far as that can be known without making it.
pub(super) fn check_open(path: &Path) -> io::Result<()> {
    match rustix::fs::open(path, FLAGS, Mode::empty()) {
        Ok(_) => Ok(()),
        Err(Errno::NOENT) => check_create(path),
        Err(error) => Err(error.into()),
    }
    .map_err(|error| with_path(path, error))
}

/// Whether a file could be made, with the folders around it.
fn check_create(path: &Path) -> io::Result<()> {
    let here = |path: &Path| if path.as_os_str().is_empty() { ".".into() } else { path.to_owned() };
    let mut around = path.ancestors().skip(1).map(here);
    let Some(folder) = around.find(|folder| folder.exists()) else {
        return Err(io::ErrorKind::NotFound.into());
    };
    if !folder.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    Ok(rustix::fs::access(&folder, Access::WRITE_OK | Access::EXEC_OK)?)
}

/// Whether standard error leads to the journal of systemd.
#[cfg(unix)]
fn stderr_is_journal() -> bool {
    use std::os::fd::AsFd as _;
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let stderr = io::stderr().as_fd().try_clone_to_owned();
    stderr.is_ok_and(|stderr| is_stream(&File::from(stderr), &stream))
}

/// Whether standard error leads to the journal of systemd, which is not to be found here.
#[cfg(not(unix))]
fn stderr_is_journal() -> bool {
    false
}

/// Whether an open file is the stream that `JOURNAL_STREAM` names by device and inode. That
/// the variable is set does not say so: whatever a service starts inherits it, a terminal's
/// shell and its programs for instance, with their outputs elsewhere.
#[cfg(unix)]
fn is_stream(file: &File, stream: &str) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    file.metadata().is_ok_and(|found| stream == format!("{}:{}", found.dev(), found.ino()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// What stands in front of the lines of these tests.
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
    fn a_file_that_is_opened_anew_is_the_one_that_has_the_name_then() {
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
        // A folder took its place.
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(sink.request_reopen());
        sink.reopen();
        sink.write("fourth\n", 0);
        assert_eq!(sink.missing.into_inner(), 0);
        assert!(!Sink::stdout().request_reopen());
    }

    #[test]
    fn whether_a_file_could_be_opened_is_known_and_nothing_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::write(at("file"), "").unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), Mode::from_raw_mode(0o600)).unwrap();
        for (path, fine) in [
            ("file", true),
            ("new", true),
            ("a/new/folder/and/file", true),
            ("", false),
            ("file/new", false),
            ("file/new/new", false),
            ("pipe", false),
        ] {
            assert_eq!(check_open(&at(path)).is_ok(), fine, "{path}");
            if !fine {
                assert!(Sink::file(&at(path)).is_err(), "{path}");
            }
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        assert!(check_open(Path::new("new")).is_ok());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn lines_that_a_full_disk_takes_no_more_are_counted() {
        let sink = Sink::file(Path::new("/dev/full")).unwrap();
        for _ in 0..3 {
            sink.write(&sink.line(HEAD, &"text"), 0);
        }
        sink.write("", 4);
        assert_eq!(sink.missing.into_inner(), 7);
    }

    #[test]
    fn where_lines_are_missing_their_number_is_told_once() {
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
