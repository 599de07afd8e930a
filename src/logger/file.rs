//! Opens log files.

use std::{
    fmt,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{Access, Mode, OFlags, fcntl_setfl},
    io::Errno,
};

/// An error with a log file.
#[derive(Debug)]
struct LogFileError {
    /// The file, so that the operator knows which one it is.
    path: PathBuf,
    /// The cause.
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

/// The flags to open a log file. Opening a pipe must not wait for its reader.
const FLAGS: OFlags = OFlags::WRONLY
    .union(OFlags::APPEND)
    .union(OFlags::CLOEXEC)
    .union(OFlags::NOCTTY)
    .union(OFlags::NONBLOCK);

/// Opens a file to append to. Creates it and its folder if necessary.
pub(super) fn open(path: &Path) -> io::Result<File> {
    create(path).map_err(|error| with_path(path, error))
}

/// Does the work of [`open`].
fn create(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = rustix::fs::open(path, FLAGS | OFlags::CREATE, Mode::from_raw_mode(0o666))?;
    // Writes may block, because they have a thread of their own.
    fcntl_setfl(&file, FLAGS - OFlags::NONBLOCK)?;
    Ok(file.into())
}

/// Checks whether a log file could be opened, without creating it.
pub(super) fn check_open(path: &Path) -> io::Result<()> {
    match rustix::fs::open(path, FLAGS, Mode::empty()) {
        Ok(_) => Ok(()),
        Err(Errno::NOENT) => check_create(path),
        Err(error) => Err(error.into()),
    }
    .map_err(|error| with_path(path, error))
}

/// Checks whether a file and its folders could be created.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checking_whether_a_file_could_be_opened_creates_nothing() {
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
                assert!(open(&at(path)).is_err(), "{path}");
            }
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        assert!(check_open(Path::new("new")).is_ok());
    }
}
