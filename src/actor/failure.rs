//! Why an event failed, and the consequences: a log line, a counter, and for some failures a closed
//! connection.

use std::fmt;

use footlight_store::Failed;
use log::Level;

use super::{answer::AnswerError, fault::Fault, response::ResponseError, transaction::CommitError};
use crate::{
    exchange::{Event, EventKind},
    stats::Stats,
};

/// Why an event failed. Its transaction is rolled back, and the state stays as it was.
#[derive(Debug)]
pub enum Failure {
    /// The guest trapped, ran out of fuel or time, or returned an invalid value.
    Call(Fault),
    /// The actor returned an error, with this text.
    Returned(String),
    /// The answer has a message that can't be sent.
    Answer(AnswerError),
    /// The response can't be sent.
    Response(ResponseError),
    /// The changes could not be committed.
    Commit(CommitError),
}

impl Failure {
    /// The level of the log line: a warning for what the actor's author can foresee.
    pub fn level(&self) -> Level {
        match self {
            Self::Call(_) | Self::Commit(_) => Level::Error,
            Self::Returned(_) | Self::Answer(_) | Self::Response(_) => Level::Warn,
        }
    }

    /// Whether the client's connection is closed. After such a failure the client can't know
    /// whether its message was handled.
    pub fn closes(&self) -> bool {
        matches!(self, Self::Call(_) | Self::Commit(_))
    }

    /// Counts the failure. `files` counts the files that can't be written.
    pub fn count(&self, stats: &Stats) {
        match self {
            Self::Call(_) => stats.traps.add(1),
            Self::Returned(_) => stats.errors.add(1),
            Self::Answer(_) | Self::Response(_) => stats.refused_answers.add(1),
            Self::Commit(_) => {}
        }
    }

    /// The log line about the failure.
    pub fn at<'a>(&'a self, event: &'a Event) -> impl fmt::Display + 'a {
        Line { failure: self, event }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => error.fmt(f),
            Self::Returned(error) => write!(f, "it returned an error: {error}"),
            Self::Answer(error) => write!(f, "its answer is refused: {error}"),
            Self::Response(error) => write!(f, "its response is refused: {error}"),
            Self::Commit(error) => error.fmt(f),
        }
    }
}

/// The log line about a failed event.
struct Line<'a> {
    failure: &'a Failure,
    /// The log says which event failed, and whose.
    event: &'a Event,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.event.kind.name();
        let article = if matches!(self.event.kind, EventKind::Alarm) { "an" } else { "a" };
        let from = match &self.event.kind {
            EventKind::Sent(message) | EventKind::Asked(message) => {
                format!(" from {}", message.from)
            }
            _ => String::new(),
        };
        let event = format_args!("{article} {kind} event{from}");
        let has_client = self.event.source.session().is_some();
        let closed = if has_client { ", the connection closed" } else { "" };
        match self.failure {
            Failure::Call(error) => {
                write!(f, "the actor failed at {event}, the state is kept{closed}: {error}")
            }
            Failure::Returned(error) => {
                write!(f, "the actor returned an error for {event}, the state is kept: {error}")
            }
            Failure::Answer(error) => {
                write!(f, "the answer to {event} is refused, the state kept: {error}")
            }
            Failure::Response(error) => {
                write!(f, "the response to {event} is refused, the state kept: {error}")
            }
            Failure::Commit(CommitError::Files(failed)) => write!(
                f,
                "the files of {event} are not written, the state is kept{closed}: {failed}"
            ),
        }
    }
}

/// Why an actor has no first state.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// No instance could be made, or `init` trapped, ran out of fuel or time, or returned an
    /// invalid value.
    Call(Fault),
    /// `init` returned an error, with this text.
    Init(String),
    /// The changes of `init` could not be committed.
    Commit(CommitError),
    /// The first state could not be stored.
    Store(Failed),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => write!(f, "the actor could not be started: {error}"),
            Self::Init(error) => write!(f, "the actor's `init` returned an error: {error}"),
            Self::Store(failed) => write!(f, "the actor's first state is not stored: {failed}"),
            Self::Commit(CommitError::Files(failed)) => {
                write!(f, "what the actor's `init` writes is not written: {failed}")
            }
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Call(error) => Some(error),
            Self::Commit(error) => Some(error),
            Self::Store(failed) => Some(failed),
            Self::Init(_) => None,
        }
    }
}
