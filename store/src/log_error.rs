//! Why the files of a log can't be opened.

use std::{error, fmt, io};

use crate::which::Which;

/// Why the files can't be opened.
#[derive(Debug)]
pub enum LogError {
    /// The file can't be read or synced.
    Io {
        /// The file.
        file: Which,
        /// Why.
        error: io::Error,
    },
    /// The file does not have what was written to it.
    Damaged {
        /// The file.
        file: Which,
        /// Where, in bytes.
        offset: u64,
        /// What is wrong there.
        reason: &'static str,
    },
    /// A newer version of this program wrote the file.
    Newer {
        /// The file.
        file: Which,
        /// Where the first record of that version is, in bytes.
        offset: u64,
        /// What is unknown there.
        reason: &'static str,
    },
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { file, error } => write!(f, "{file} can't be read: {error}"),
            Self::Damaged { file, offset, reason } => {
                write!(f, "{file} is damaged at byte {offset}: {reason}")
            }
            Self::Newer { file, offset, reason } => write!(
                f,
                "a newer version of this program wrote {file}: {reason}, at byte {offset}. Use that \
                 version, or restore a copy from before the upgrade"
            ),
        }
    }
}

impl error::Error for LogError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            Self::Damaged { .. } | Self::Newer { .. } => None,
        }
    }
}
