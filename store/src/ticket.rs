//! What an owner gets for its changes.

use std::{error::Error, fmt, sync::Arc};

/// Stands for the changes of one event. An owner's tickets increase by one with each commit. The
/// default comes before all of them, and is always reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub(crate) u64);

/// The owner's changes can't be stored, and those that waited are lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// What the disk said, for the log. All owners that failed by the same error share it.
    reason: Arc<str>,
}

impl Failed {
    /// A failure with its reason.
    pub(crate) fn new(reason: Arc<str>) -> Self {
        Self { reason }
    }

    /// Why, in the words of the system.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the changes can't be stored: {}", self.reason)
    }
}

impl Error for Failed {}
