//! Puts messages into outboxes, and handles those that don't fit.

use std::{fmt, sync::Arc};

use log::Level;

use super::{Close, CloseCode, Message, OnOverflow, Session, Source, session::Refused};
use crate::{convert::to_u64, logger::ActorLog, stats::Stats};

/// Puts messages into the outboxes of one actor's clients.
pub struct Delivery {
    /// The actor's counters.
    stats: Arc<Stats>,
    /// The actor's log.
    lines: Arc<ActorLog>,
}

impl Delivery {
    /// The delivery of one actor.
    pub fn new(stats: Arc<Stats>, lines: Arc<ActorLog>) -> Self {
        Self { stats, lines }
    }

    /// Queues an answer for the client whose event it was: messages, then an optional close.
    /// `is_last` tells that the event was the client's `close`. `after_close` is how many messages
    /// followed the close in the answer; they are not sent.
    pub(crate) fn answer(
        &self,
        to: &Source,
        is_last: bool,
        messages: Vec<Message>,
        close: Option<Close>,
        after_close: usize,
    ) {
        let Source::Connection(to) = to else {
            let total = messages.len() + usize::from(close.is_some());
            if total > 0 {
                let why = match to {
                    Source::Alarm => "answer an alarm, which belongs to no client",
                    Source::Request(_) => "answer a request, which takes a response",
                    Source::Sender(_) | Source::Asker(_) => "answer another actor's message",
                    Source::Fetch => "answer a server's answer, which belongs to no client",
                    _ => "answer a close event",
                };
                self.undelivered(None, total, why);
            }
            return;
        };
        if after_close > 0 {
            self.undelivered(Some(to), after_close, "follow a close in the same answer");
        }
        let total = messages.len();
        if is_last {
            if total > 0 {
                self.undelivered(Some(to), total, "answer a close event");
            }
            return;
        }
        let queued = to.answer(messages, close);
        self.queued(to, total, queued);
    }

    /// Queues a message that answers no event. Returns `false` if it does not fit. The connection
    /// should then get a turn, since it may just have had no chance to write.
    pub(crate) fn offer(&self, to: &Session, message: &Message) -> bool {
        let queued = to.send(message.clone());
        if matches!(queued, Err(Refused::Overflow(_))) {
            return false;
        }
        self.queued(to, 1, queued);
        true
    }

    /// Queues a message that answers no event. If it does not fit, the client reads too slowly.
    pub(crate) fn send(&self, to: &Session, message: Message) {
        let queued = to.send(message);
        self.queued(to, 1, queued);
    }

    /// Logs a line about a connection or, without one, about the actor.
    pub(crate) fn say(&self, level: Level, about: Option<&Session>, text: fmt::Arguments<'_>) {
        self.lines.host(level, about.map(Session::id), text);
    }

    /// Queues the host's reply for `auto_response`.
    pub(crate) fn auto_respond(&self, to: &Session, message: Message) {
        match to.answer(vec![message], None) {
            Ok(()) => self.stats.auto_responses.add(1),
            Err(refused) => self.refused(to, 1, refused),
        }
    }

    /// Counts messages that were queued, and handles those that were not.
    fn queued(&self, to: &Session, total: usize, queued: Result<(), Refused>) {
        match queued {
            Ok(()) => self.stats.answers.add(to_u64(total)),
            Err(refused) => self.refused(to, total, refused),
        }
    }

    /// Handles messages that were not queued, as `on_overflow` says.
    fn refused(&self, to: &Session, total: usize, refused: Refused) {
        match refused {
            Refused::Closing => {
                self.undelivered(Some(to), total, "are for a connection that is closing");
            }
            overflow if to.on_overflow() == OnOverflow::Drop => {
                self.stats.dropped.add(to_u64(total));
                let text = format_args!(
                    "the client reads too slowly, {total} messages are left out: {overflow}"
                );
                self.say(Level::Warn, Some(to), text);
            }
            overflow => {
                self.stats.overflows.add(1);
                let text = format_args!("the client reads too slowly and is closed: {overflow}");
                self.say(Level::Warn, Some(to), text);
                let lost = to.clear() + total;
                self.undelivered(Some(to), lost, "were for a client that reads too slowly");
                to.close(CloseCode::TRY_AGAIN_LATER, "too slow");
            }
        }
    }

    /// Counts and logs messages that can't be delivered.
    pub(crate) fn undelivered(&self, to: Option<&Session>, count: usize, why: &str) {
        self.stats.undelivered.add(to_u64(count));
        self.say(Level::Info, to, format_args!("{count} messages are not sent: they {why}"));
    }
}
