//! How an event ended, before anything has left the host.

use super::{effects::Effect, failure::Failure, outgoing::Ending};
use crate::exchange::Event;

/// A committed event's output, or why the event failed.
pub(super) type Handled = Result<(Vec<Effect>, Ending), Failure>;

/// How an event ended, before anything has left the host.
#[derive(Clone, Copy)]
pub(crate) enum Ended<'a> {
    /// It was committed.
    Committed(&'a [Effect], &'a Ending),
    /// It failed, and is about to be rolled back.
    Failed(&'a Failure),
}

/// Is shown how an event ended.
pub(crate) type Look<'a> = dyn FnMut(&Event, Ended<'_>) + Send + 'a;

impl<'a> From<&'a Handled> for Ended<'a> {
    fn from(handled: &'a Handled) -> Self {
        match handled {
            Ok((effects, ending)) => Self::Committed(effects, ending),
            Err(failure) => Self::Failed(failure),
        }
    }
}
