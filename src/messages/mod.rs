//! Messages between the actors of one process, for Theater's `message-server-host` and
//! `message-server-client`.
//!
//! - [`config`]: whom the manifest lets the actor send to.
//! - [`pending`]: what it has sent, until the receivers have handled it. [`stored`]: how that is stored.
//! - [`answers`]: other actors that are given in advance, for `footlight call`.
//!
//! This module knows the manifest's grants and the mailboxes. It knows neither the interpreter nor
//! clients.

pub(crate) mod answers;
pub mod config;
mod pending;
mod stored;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use log::Level;

use answers::Answers;
pub use config::Config;
use pending::{Full, Pending};

use crate::{
    beginning::beginning,
    config::units::Quantity,
    convert::to_u64,
    deadline::within,
    exchange::{
        ActorMessage, Directory, Event, NotTaken, Unanswered,
        request::{self, PendingResponse},
    },
    limits::SharedLimits,
    logger::ActorLog,
    stats::Stats,
    world::millis,
};

/// The most bytes of a receiver's name in an error. No actor has a longer one.
const MAX_SHOWN: usize = 64;

/// What one actor may send to others, and what it has sent. Dropping it forgets that.
pub struct Messages {
    name: Arc<str>,
    config: Config,
    pending: Arc<Pending>,
    directory: Arc<Directory>,
    /// Are there instead of all other actors.
    answers: Option<Arc<Answers>>,
    /// Whether what it has sent is stored.
    is_stored: bool,
    limits: SharedLimits,
    stats: Arc<Stats>,
    lines: Arc<ActorLog>,
}

/// A message that leaves once its event is committed and on the disk. If it is dropped before that,
/// nobody has ever sent it.
pub struct Sent {
    number: u64,
    pending: Arc<Pending>,
    to: Box<str>,
    content: Bytes,
    /// Whether it has left, or must not be offered to anybody.
    has_left: bool,
    /// Whether there are answers instead of other actors.
    is_answered: bool,
}

impl Messages {
    /// What an actor with this name and these grants may send.
    pub fn new(
        name: Arc<str>,
        config: Config,
        directory: Arc<Directory>,
        limits: impl Into<SharedLimits>,
        stats: Arc<Stats>,
        lines: Arc<ActorLog>,
    ) -> Self {
        let limits = limits.into();
        let pending = Pending::new(
            name.clone(),
            directory.clone(),
            limits.clone(),
            stats.clone(),
            lines.clone(),
        );
        let (answers, is_stored) = (None, false);
        Self { name, config, pending, directory, answers, is_stored, limits, stats, lines }
    }

    /// The same, with these answers in place of all other actors.
    pub(crate) fn answered_by(mut self, answers: Arc<Answers>) -> Self {
        self.answers = Some(answers);
        self
    }

    /// The same, with what an earlier one has sent.
    pub(crate) fn after(mut self, earlier: Self) -> Self {
        let Self { config, .. } = &self;
        earlier.pending.keep_allowed(config);
        let mut next = earlier;
        next.config = std::mem::take(&mut self.config);
        // The new one has sent nothing, and takes the place of the earlier one in the directory.
        self.directory.register(&next.name, next.pending.as_sends());
        next
    }

    /// Tells all that may have sent something to this actor that it takes messages now.
    pub(crate) fn came(&self) {
        self.directory.came(&self.name);
    }

    /// Adds a message that leaves later.
    ///
    /// # Errors
    /// Why it is not sent.
    pub(crate) fn send(&self, to: &str, content: &[u8]) -> Result<Sent, String> {
        self.refusing(self.try_send(to, content))
    }

    /// Does what [`send`](Self::send) says.
    fn try_send(&self, to: &str, content: &[u8]) -> Result<Sent, String> {
        self.allow(to)?;
        match &self.answers {
            Some(answers) if answers.has(to) => {}
            Some(_) => return Err(not_given(to)),
            None => {
                let receiver = self.directory.get(to).ok_or_else(|| missing(to))?;
                if !receiver.mailbox.takes_sends() {
                    return Err(takes_none(to));
                }
            }
        }
        let content = Bytes::copy_from_slice(content);
        let number = self.pending.add(to, content.clone()).map_err(|full| full.to_string())?;
        let (pending, is_answered) = (self.pending.clone(), self.answers.is_some());
        Ok(Sent { number, pending, to: to.into(), content, has_left: false, is_answered })
    }

    /// Sends a message and waits for the reply.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn ask(&self, to: &str, content: Vec<u8>) -> Result<Vec<u8>, String> {
        self.stats.message_requests.add(1);
        self.refusing(self.try_ask(to, content).await)
    }

    /// Does what [`ask`](Self::ask) says.
    async fn try_ask(&self, to: &str, content: Vec<u8>) -> Result<Vec<u8>, String> {
        self.allow(to)?;
        let (most, wait) = self.limits.get(|limits| (limits.sent, limits.reply_wait));
        if pending::size(to, &content) > most {
            return Err(Full::Bytes(most).to_string());
        }
        if let Some(answers) = &self.answers {
            return answers.reply(to, &content, &not_given(to));
        }
        let receiver = self.directory.get(to).ok_or_else(|| missing(to))?;
        // It ends with this function, however that ends.
        let _waits = self.directory.wait(&self.name, &receiver.name).map_err(|_| {
            format!(
                "{to} waits for {}, directly or through others, so neither would get a reply",
                self.name
            )
        })?;
        let (responder, pending): (_, PendingResponse<Vec<u8>>) = request::pending();
        let message = ActorMessage { from: self.name.clone(), content: content.into() };
        let offered = receiver.mailbox.offer(Event::asked(responder, message));
        offered.map_err(|(_, why)| match why {
            NotTaken::None => takes_none(to),
            NotTaken::Full => format!("{to} is full: as much waits for it as its `limits.mailbox`"),
        })?;
        match within(wait, pending.answered()).await {
            Some(Ok(reply)) => Ok(reply),
            Some(Err(Unanswered::Failed)) => {
                Err(format!("{to} failed at the request; the log says why"))
            }
            Some(Err(Unanswered::Unavailable(why))) => Err(format!("{to} has not answered: {why}")),
            None => {
                let wait = Quantity::Duration.text(millis(wait));
                Err(format!("{to} has not answered within {wait} (`limits.reply_wait`)"))
            }
        }
    }

    /// Checks that the manifest lets the actor send to this one.
    fn allow(&self, to: &str) -> Result<(), String> {
        if self.answers.as_ref().is_some_and(|answers| answers.allows_all) || self.config.allows(to)
        {
            return Ok(());
        }
        // The guest may have made it up, of any length.
        let to = beginning(to, MAX_SHOWN);
        Err(format!("the manifest does not let {} send to {to:?}; `to` has to name it", self.name))
    }

    /// Counts and logs a refusal. The actor gets it as a value.
    fn refusing<T>(&self, outcome: Result<T, String>) -> Result<T, String> {
        if let Err(why) = &outcome {
            self.stats.message_refusals.add(1);
            self.lines.host(Level::Debug, None, format_args!("a message is refused: {why}"));
        }
        outcome
    }

    /// Ready when a message is handled that was not at the last look, which has to be stored.
    pub(crate) fn poll_less(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.pending.poll_less(cx)
    }

    /// What the actor has sent and nobody has handled, as it is stored.
    pub(crate) fn stored(&self) -> Bytes {
        self.pending.stored()
    }

    /// Goes on from what is stored.
    pub(crate) fn restore(&mut self, stored: &Bytes) {
        self.pending.restore(stored);
    }

    /// Says whether what it sends is stored.
    pub(crate) fn set_stored(&mut self, is_stored: bool) {
        self.is_stored = is_stored;
    }

    /// Drops what waits, because the actor may send nothing any more.
    pub(crate) fn drop_all(&self) {
        self.pending.keep_allowed(&Config::default());
    }
}

impl Drop for Messages {
    fn drop(&mut self) {
        self.pending.stop(self.is_stored);
    }
}

impl Sent {
    /// The receiver's name.
    pub(crate) fn to(&self) -> &str {
        &self.to
    }

    /// The message.
    pub(crate) fn content(&self) -> &[u8] {
        &self.content
    }

    /// What it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        pending::size(&self.to, &self.content)
    }

    /// Sends it.
    pub(crate) fn start(mut self) {
        self.has_left = !self.is_answered;
        if self.has_left {
            self.pending.start(self.number);
        }
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if !self.has_left {
            self.pending.withdraw(self.number);
        }
    }
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sent({})", self.number)
    }
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(most) => {
                write!(f, "{most} messages of this actor wait already (`limits.sends`)")
            }
            Self::Bytes(most) => {
                let most = Quantity::Size.text(to_u64(*most));
                write!(f, "more than {most} of messages would wait (`limits.sent`)")
            }
        }
    }
}

/// The error for an actor that is not there.
fn missing(to: &str) -> String {
    format!("there is no actor {to} here now")
}

/// The error for an actor that takes no messages of this kind.
fn takes_none(to: &str) -> String {
    format!("{to} takes no messages")
}

/// The error for an actor that no script gives.
fn not_given(to: &str) -> String {
    format!("there are no other actors here, and `actors` has none called {to}")
}
