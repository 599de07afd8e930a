//! Why a file operation failed, as the actor is told.

use std::{fmt, io};

use rustix::io::Errno;
use wit_core::host::FileError;

/// Why a file operation failed: a fault of the actor, of the operator or of the system. Nothing was
/// changed, except as noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The name does not exist in the folder, or the path leads out of it.
    NotFound,
    /// The host has no permission, or the folder is not `writable`.
    Denied,
    /// A file is required and this is none, or a folder is required and this is none.
    WrongKind,
    /// Larger than `limits.file_access`.
    TooLarge,
    /// The call has used up `limits.effects`.
    Limit,
    /// Not done within `limits.file_wait`, or an earlier operation that timed out is still in
    /// progress. A write may still happen.
    TimedOut,
    /// Another error, in the system's words.
    Other(String),
}

/// The error as it is lowered into the guest.
impl From<Failure> for FileError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotFound => Self::NotFound,
            Failure::Denied => Self::Denied,
            Failure::WrongKind => Self::WrongKind,
            Failure::TooLarge => Self::TooLarge,
            Failure::Limit => Self::Limit,
            Failure::TimedOut => Self::TimedOut,
            Failure::Other(text) => Self::Other(text),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match (Errno::from_io_error(&error), error.kind()) {
            // A link that leads out of the folder, or one that was not followed.
            (Some(Errno::XDEV | Errno::LOOP), _) | (_, io::ErrorKind::NotFound) => Self::NotFound,
            (Some(Errno::ACCESS | Errno::PERM | Errno::ROFS), _) => Self::Denied,
            (_, io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory) => Self::WrongKind,
            // `SandboxedDir::regular` returns this without an OS error. If the system does not
            // support something, there is an OS error.
            (None, io::ErrorKind::Unsupported) => Self::WrongKind,
            _ => Self::Other(error.to_string()),
        }
    }
}

impl From<Errno> for Failure {
    fn from(error: Errno) -> Self {
        io::Error::from(error).into()
    }
}

/// The text for the log, and for actors that use Theater's `filesystem`.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "there is nothing of this name in the folder",
            Self::Denied => "the host may not do this, or the folder is not `writable`",
            Self::WrongKind => "a folder or a device is no file, and a file no folder",
            Self::TooLarge => "larger than `limits.file_access`",
            Self::Limit => "the call asks for more than `limits.effects`",
            Self::TimedOut => "not done within `limits.file_wait`, or an earlier one is not",
            Self::Other(text) => text,
        })
    }
}

impl std::error::Error for Failure {}
