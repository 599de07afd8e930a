//! The folder of the log: its files, its lock, its modes.

use std::{
    error, fmt, io,
    path::{Path, PathBuf},
};

use crate::{file::RealFile, log::LogError};

/// The folder with its lock. Another process can't open it before this is dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

/// Why a folder can't be opened.
#[derive(Debug)]
pub struct OpenError {
    /// The folder.
    pub folder: PathBuf,
    /// Why.
    pub kind: OpenErrorKind,
}

/// Why a folder can't be opened.
#[derive(Debug)]
pub enum OpenErrorKind {
    /// Another process has it open.
    Locked,
    /// The folder is open to other users, and this process may not close it to them.
    NotOurs(io::Error),
    /// A file or a folder can't be opened or made.
    Io {
        /// Its path.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The files can't be read.
    Log(LogError),
}

impl Folder {
    /// Opens or makes `dir/store`, and locks it. `dir` must exist.
    ///
    /// # Errors
    /// See [`OpenErrorKind`].
    pub fn open(dir: &Path) -> Result<(Self, [RealFile; 2]), OpenError> {
        let error = io::ErrorKind::Unsupported.into();
        Err(OpenError { folder: dir.into(), kind: OpenErrorKind::NotOurs(error) })
    }

    /// Its path: that of `store`.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Says in which folder the log can't be opened.
    #[must_use]
    pub fn unreadable(&self, error: LogError) -> OpenError {
        OpenError { folder: self.path.clone(), kind: OpenErrorKind::Log(error) }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.folder.display(), self.kind)
    }
}

impl error::Error for OpenError {}

/// A random number that nobody can foresee: the system seeds std's hashers.
#[must_use]
pub fn random_salt() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(0)
}
