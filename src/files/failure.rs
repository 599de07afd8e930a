//! Why something can't be done with a file, as the actor is told.

use std::{fmt, io};

use rustix::io::Errno;
use wit_core::host::FileError;

/// Why something can't be done with a file. The actor's mistake, the operator's, or the
/// system's trouble; nothing was done then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// There is nothing of this name in the folder, or the path leads out of it.
    NotFound,
    /// The host may not do this, or the folder is not `writable`.
    Denied,
    /// A folder or a device where a file belongs, or no folder where one belongs.
    WrongKind,
    /// Past `limits.file_access`.
    TooLarge,
    /// The call has asked for more than `limits.effects`.
    Limit,
    /// Past `limits.file_wait`, or an earlier one that was is still under way. If it was about to
    /// write, it may still do so.
    TimedOut,
    /// Another error of the system, in its words.
    Other(String),
}

impl Failure {
    /// The same, as it is lowered.
    pub fn as_error(&self) -> FileError<'_> {
        match self {
            Self::NotFound => FileError::NotFound,
            Self::Denied => FileError::Denied,
            Self::WrongKind => FileError::WrongKind,
            Self::TooLarge => FileError::TooLarge,
            Self::Limit => FileError::Limit,
            Self::TimedOut => FileError::TimedOut,
            Self::Other(text) => FileError::Other(text),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match (Errno::from_io_error(&error), error.kind()) {
            // A link that leads out, and one that is not followed.
            (Some(Errno::XDEV | Errno::LOOP), _) | (_, io::ErrorKind::NotFound) => Self::NotFound,
            (Some(Errno::ACCESS | Errno::PERM | Errno::ROFS), _) => Self::Denied,
            (_, io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory) => Self::WrongKind,
            // `SandboxedDir::regular` says so; what the system does not support has a number.
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

/// What an actor of Theater's `filesystem` is told, and what stands in the log.
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
