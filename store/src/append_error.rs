//! Why changes were not appended.

use std::{error, fmt, io};

/// Why changes were not appended.
#[derive(Debug)]
pub enum AppendError {
    /// There is no room for them: the disk is full, or they are larger than a record may be. The log
    /// is as before, and other changes may fit.
    Full(io::Error),
    /// A write or a sync failed. Nothing can be appended before the live set is in the other file: see
    /// [`Log::step`](crate::log::Log::step).
    Failed(io::Error),
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(error) => write!(f, "there is no room for the record: {error}"),
            Self::Failed(error) => write!(f, "the record can't be written: {error}"),
        }
    }
}

impl error::Error for AppendError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Full(error) | Self::Failed(error) => Some(error),
        }
    }
}
