//! Messages that wait for one client: a queue bounded in bytes.

use std::{collections::VecDeque, fmt};

use super::Message;
use crate::limits::SharedLimits;

/// The capacity that an empty queue keeps.
const MAX_KEPT: usize = 8;

/// One client's queue of messages.
#[derive(Debug)]
pub(crate) struct Outbox {
    /// The messages, in order.
    queue: VecDeque<Message>,
    /// The sum of their costs: see [`Message::cost`].
    bytes: usize,
    /// The costs of messages that the actor has sent and that wait for the disk. They count when the
    /// actor sends more, and not when one asks whether the client reads too slowly.
    held: usize,
    /// Has the most bytes that may wait: `limits.outbox`. An empty queue takes any answer, since the
    /// size of an answer has a limit of its own.
    limits: SharedLimits,
}

/// What happens when messages for a client would pass `limits.outbox`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnOverflow {
    /// The client is closed with 1013. Nobody misses a message without knowing it.
    #[default]
    Close,
    /// The newest messages are left out, and counted.
    Drop,
}

/// The messages would exceed the outbox's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow {
    /// The bytes that waited already.
    pub(crate) queued: usize,
    /// The bytes that were to be added.
    pub(crate) added: usize,
    /// The limit.
    pub(crate) limit: usize,
}

impl Outbox {
    /// An empty queue of at most `limits.outbox` bytes.
    pub(crate) fn new(limits: SharedLimits) -> Self {
        Self { queue: VecDeque::new(), bytes: 0, held: 0, limits }
    }

    /// Whether `added` more bytes may be sent after `asked` bytes that are yet to be queued. Messages
    /// that wait for the disk count too. Returns the sum. If nothing waits, anything fits.
    ///
    /// # Errors
    /// There is no room.
    pub(crate) fn fits(&self, asked: usize, added: usize) -> Result<usize, Overflow> {
        self.fits_after(self.bytes.saturating_add(self.held).saturating_add(asked), added)
    }

    /// Whether `added` more bytes may be queued now. Only what the client did not read counts.
    ///
    /// # Errors
    /// There is no room.
    pub(crate) fn takes(&self, added: usize) -> Result<usize, Overflow> {
        self.fits_after(self.bytes, added)
    }

    /// Whether `added` bytes fit after `queued` bytes.
    fn fits_after(&self, queued: usize, added: usize) -> Result<usize, Overflow> {
        let total = queued.saturating_add(added);
        if queued > 0 {
            let limit = self.limits.get(|limits| limits.outbox);
            if total > limit {
                return Err(Overflow { queued, added, limit });
            }
        }
        Ok(total)
    }

    /// Counts a message that waits for the disk.
    pub(crate) fn hold(&mut self, bytes: usize) {
        self.held = self.held.saturating_add(bytes);
    }

    /// Counts a message that waits for the disk no longer.
    pub(crate) fn release(&mut self, bytes: usize) {
        self.held = self.held.saturating_sub(bytes);
    }

    /// Queues all of these messages or none.
    ///
    /// # Errors
    /// There is no room.
    pub(crate) fn extend<M>(&mut self, messages: M) -> Result<(), Overflow>
    where
        M: AsRef<[Message]> + IntoIterator<Item = Message>,
    {
        let added = messages.as_ref().iter().map(Message::cost).sum();
        self.bytes = self.takes(added)?;
        self.queue.extend(messages);
        Ok(())
    }

    /// Takes the first message.
    pub(crate) fn pop(&mut self) -> Option<Message> {
        let message = self.queue.pop_front()?;
        self.bytes = self.bytes.saturating_sub(message.cost());
        if self.queue.is_empty() && self.queue.capacity() > MAX_KEPT {
            // A burst must not keep its memory for as long as the client stays.
            self.queue = VecDeque::new();
        }
        Some(message)
    }

    /// Takes all messages.
    pub(crate) fn take(&mut self) -> VecDeque<Message> {
        self.bytes = 0;
        std::mem::take(&mut self.queue)
    }

    /// The bytes that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { queued, added, limit } = self;
        write!(f, "{queued} bytes wait, {added} more would pass the limit of {limit}")
    }
}

impl std::error::Error for Overflow {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    /// An empty outbox with this limit.
    fn outbox(limit: usize) -> Outbox {
        Outbox::new(Limits { outbox: limit, ..Limits::default() }.into())
    }

    fn text(len: usize) -> Message {
        Message::Text("x".repeat(len).into())
    }

    #[test]
    fn messages_fit_up_to_the_limit_and_any_message_fits_into_an_empty_outbox() {
        let mut outbox = outbox(10);
        let overflow = |queued, added| Err(Overflow { queued, added, limit: 10 });
        assert_eq!(outbox.fits(0, 1000), Ok(1000));
        assert_eq!(outbox.fits(4, 6), Ok(10));
        assert_eq!(outbox.fits(4, 7), overflow(4, 7).map(|()| 0));
        assert_eq!(outbox.extend([text(4)]), Ok(()));
        assert_eq!(outbox.fits(1, 5), Ok(10));
        assert_eq!(outbox.fits(1, 6), overflow(5, 6).map(|()| 0));
        assert_eq!(outbox.extend([text(3), text(4)]), overflow(4, 7));
        assert_eq!(
            outbox.extend([text(7)]).map_err(|overflow| overflow.to_string()),
            Err("4 bytes wait, 7 more would pass the limit of 10".to_owned())
        );
        assert_eq!((outbox.bytes(), outbox.take().len(), outbox.bytes()), (4, 1, 0));
    }

    #[test]
    fn held_messages_count_when_more_is_sent_and_not_when_one_of_them_is_queued() {
        let mut outbox = outbox(10);
        assert_eq!(outbox.extend([text(4)]), Ok(()));
        outbox.hold(5);
        assert_eq!(outbox.fits(0, 1), Ok(10));
        assert_eq!(outbox.fits(0, 2), Err(Overflow { queued: 9, added: 2, limit: 10 }));
        assert_eq!(outbox.takes(6), Ok(10));
        outbox.release(5);
        assert_eq!(outbox.extend([text(5)]), Ok(()));
        assert_eq!(outbox.fits(0, 1), Ok(10));
    }

    #[test]
    fn the_memory_of_a_burst_is_freed_once_it_is_sent() {
        let mut outbox = outbox(100);
        assert_eq!(outbox.extend(vec![text(0); 100]), Ok(()));
        while outbox.pop().is_some() {}
        assert_eq!((outbox.bytes(), outbox.queue.capacity()), (0, 0));
    }
}
