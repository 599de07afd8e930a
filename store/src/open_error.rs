//! Why the folder of a log can't be opened.

use std::{
    error, fmt, io,
    path::{Path, PathBuf},
};

use rustix::io::Errno;

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

impl OpenError {
    /// What to do about an error of the system at this path.
    fn advice(&self, path: &Path, error: &io::Error) -> &'static str {
        let link = [Errno::LOOP, Errno::NOTDIR].map(|errno| Some(errno.raw_os_error()));
        match error.kind() {
            // A part of the folder is gone, and not the folder itself or the one around it.
            io::ErrorKind::NotFound if path.starts_with(&self.folder) => {
                "It belongs to the folder. Restore the whole folder from a copy. What the other file \
                 has can be read partly"
            }
            io::ErrorKind::NotFound => "Make this folder first, or use another one",
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "The user who runs this program must be able to write to the folder around it"
            }
            _ if link.contains(&error.raw_os_error()) => {
                "It must be a folder or a file and no link. Name the folder that a link leads to"
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "A new folder needs 2 MiB. Make room, or use another folder"
            }
            _ => "See to the disk, or use another folder",
        }
    }
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
            OpenErrorKind::Io { path, error } => {
                write!(f, "{}: {error}. {}", path.display(), self.advice(path, error))
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
