//! How an event ended, before anything has left the host.

use super::{answer::Answer, effects::Effect, failure::Failure};
use crate::exchange::Event;

/// A committed event's output, or why the event failed.
pub(super) type Attempt = Result<(Vec<Effect>, Answer), Failure>;

/// How an event ended, before anything has left the host.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ended<'a> {
    /// It was committed.
    Committed(&'a [Effect], &'a Answer),
    /// It failed, and is about to be rolled back.
    Failed(&'a Failure),
}

/// Is shown how an event ended.
pub(crate) type Look<'a> = dyn FnMut(&Event, Ended<'_>) + Send + 'a;

impl<'a> From<&'a Attempt> for Ended<'a> {
    fn from(attempt: &'a Attempt) -> Self {
        match attempt {
            Ok((effects, answer)) => Self::Committed(effects, answer),
            Err(failure) => Self::Failed(failure),
        }
    }
}
