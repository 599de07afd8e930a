//! What a call asks for beyond its answer, kept until it is known whether the call succeeds.

use std::sync::Arc;

use wit_core::host::Refusal;

use crate::{
    exchange::{Close, Message, Session},
    files::Write,
};

/// One thing that a call asks for.
#[derive(Debug)]
pub enum Effect {
    /// A message to a client.
    Send {
        /// To whom.
        to: Arc<Session>,
        /// The message.
        message: Message,
    },
    /// The same message to many clients.
    Broadcast {
        /// To whom.
        to: Vec<Arc<Session>>,
        /// The message.
        message: Message,
    },
    /// The end of a connection.
    Close {
        /// Which one.
        to: Arc<Session>,
        /// How.
        close: Close,
    },
}

/// What one effect costs beside its bytes: its place in the list, and the shares of allocators.
const OVERHEAD: usize = 64;
/// What each receiver of a broadcast costs: the reference to it, on 64 bits. A limit means the
/// same on every board.
pub const RECEIVER: usize = 8;
/// The least that a file to be written counts as, path and content: a block of a file system.
/// It bounds how many writes a call may ask for, since each takes time and wears the card.
pub const FILE: usize = 4096;

/// What the present call has asked for, in order.
#[derive(Debug)]
pub struct Asked {
    /// What is done once the call has succeeded.
    effects: Vec<Effect>,
    /// The files to be written, which are a part of whether it does.
    writes: Vec<Write>,
    /// The bytes that it may still come to, of `limit`.
    left: usize,
    /// `limits.effects`.
    limit: usize,
}

impl Asked {
    /// Nothing, of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { effects: Vec::new(), writes: Vec::new(), left: limit, limit }
    }

    /// Pays for something that is kept for the call: so many bytes, and a little more.
    ///
    /// # Errors
    /// The call has asked for too much.
    pub fn pay(&mut self, bytes: usize) -> Result<(), Refusal> {
        let cost = bytes.saturating_add(OVERHEAD);
        self.left = self.left.checked_sub(cost).ok_or(Refusal::Limit)?;
        Ok(())
    }

    /// Whether so many bytes could be paid for.
    pub fn affords(&self, bytes: usize) -> bool {
        self.left >= bytes.saturating_add(OVERHEAD)
    }

    /// Adds an effect that has been paid for.
    pub fn add(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Adds a file to be written, which has been paid for.
    pub fn write(&mut self, write: Write) {
        self.writes.push(write);
    }

    /// The files to be written; none are, afterwards.
    pub fn take_writes(&mut self) -> Vec<Write> {
        std::mem::take(&mut self.writes)
    }

    /// All that was asked for, without the files; nothing is, afterwards, nor any file.
    pub fn take(&mut self) -> Vec<Effect> {
        self.left = self.limit;
        self.writes = Vec::new();
        std::mem::take(&mut self.effects)
    }
}
