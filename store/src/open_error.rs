//! Why the folder of a log can't be opened.

use std::{error, fmt, io, path::PathBuf};

use crate::log_error::LogError;

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
    /// Other users may read the folder, and this process may not change that.
    NotOurs(io::Error),
    /// Something in it can't be opened or made.
    Io {
        /// Its path.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The files can't be read.
    Log(LogError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.folder.display();
        match &self.kind {
            OpenErrorKind::Locked => write!(
                f,
                "{folder} is in use by another process. Stop that one first, or use another folder"
            ),
            OpenErrorKind::NotOurs(error) => write!(
                f,
                "{folder} must have the mode 0700, which can't be set: {error}. Give the folder to \
                 the user who runs this program"
            ),
            OpenErrorKind::Io { path, error } if error.kind() == io::ErrorKind::NotFound => write!(
                f,
                "{} is missing: {error}. Restore the whole folder from a copy, or remove all of it \
                 to begin with nothing",
                path.display()
            ),
            OpenErrorKind::Io { path, error } => {
                write!(f, "{} can't be opened: {error}", path.display())
            }
            OpenErrorKind::Log(error) => write!(f, "{folder}: {error}"),
        }
    }
}

impl error::Error for OpenError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.kind {
            OpenErrorKind::Locked => None,
            OpenErrorKind::NotOurs(error) | OpenErrorKind::Io { error, .. } => Some(error),
            OpenErrorKind::Log(error) => Some(error),
        }
    }
}
