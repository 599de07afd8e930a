//! Why a file operation failed, as the actor is told.

use std::{fmt, io};

use rustix::io::Errno;
use wit_core::host::FileError;

/// Why a file operation failed: a fault of the actor, of the operator or of the system. Nothing was
/// changed, except as noted.
///
/// It has the cases of the WIT, in a type of this crate, because a system's error can't be converted
/// into a type of another crate. A path that leads out of the folder is `NotFound`. The limits are
/// `limits.file_access` for `TooLarge`, `limits.effects` for `Limit`, and `limits.file_wait` for
/// `TimedOut`. After a `TimedOut`, a write may still happen. `Other` has the system's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(pub(crate) FileError);

/// The error as it is lowered into the guest.
impl From<Failure> for FileError {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self(match (Errno::from_io_error(&error), error.kind()) {
            // A link that leads out of the folder, or one that was not followed.
            (Some(Errno::XDEV | Errno::LOOP), _) | (_, io::ErrorKind::NotFound) => {
                FileError::NotFound
            }
            (Some(Errno::ACCESS | Errno::PERM | Errno::ROFS), _) => FileError::Denied,
            (Some(Errno::EXIST), _) => FileError::Exists,
            (Some(Errno::NOTEMPTY), _) => FileError::NotEmpty,
            (_, io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory) => FileError::WrongKind,
            // `SandboxedDir::regular` returns this without an OS error. If the system does not
            // support something, there is an OS error.
            (None, io::ErrorKind::Unsupported) => FileError::WrongKind,
            _ => FileError::Other(error.to_string()),
        })
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
        f.write_str(match &self.0 {
            FileError::NotFound => "there is nothing of this name in the folder",
            FileError::Denied => "the host may not do this, or the folder is not `writable`",
            FileError::WrongKind => "a folder or a device is no file, and a file no folder",
            FileError::TooLarge => "larger than `limits.file_access`",
            FileError::Limit => "the call asks for more than `limits.effects`",
            FileError::TimedOut => "not done within `limits.file_wait`, or an earlier one is not",
            FileError::Exists => "there is something of this name already",
            FileError::NotEmpty => "the folder is not empty",
            FileError::Other(text) => text,
        })
    }
}

impl std::error::Error for Failure {}
