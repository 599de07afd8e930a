//! What a call asks for beside its answer, and how much of it a call may ask for.

use std::sync::Arc;

use wit_core::host::Refusal;

use crate::{
    exchange::{Close, Message, Session},
    limits::SharedLimits,
};

/// One thing that a call asks for. It happens when the call's transaction has been committed.
#[derive(Debug)]
pub enum Effect {
    /// A message to a client.
    Send {
        /// The receiver.
        to: Arc<Session>,
        /// The message.
        message: Message,
    },
    /// The same message to many clients.
    Broadcast {
        /// The receivers.
        to: Vec<Arc<Session>>,
        /// The message.
        message: Message,
    },
    /// The end of a connection.
    Close {
        /// The connection.
        to: Arc<Session>,
        /// The close code and the reason.
        close: Close,
    },
}

/// What an effect costs beside its bytes: its place in the list, and the shares of allocators.
const OVERHEAD: usize = 64;
/// What each receiver of a broadcast costs: the reference to it, on 64 bits. It is the same on
/// every board, so that a limit means the same everywhere.
pub const RECEIVER: usize = 8;
/// The least that a file to be written costs, path and content: a block of a file system. It bounds
/// how many writes a call may ask for, since each takes time and wears the card.
pub const FILE: usize = 4096;

/// The bytes of memory that a call's effects may take: `limits.effects`.
#[derive(Debug)]
pub struct EffectBudget {
    /// The bytes that are left for the present call.
    left: usize,
    /// Has the bytes of each call.
    limits: SharedLimits,
}

impl EffectBudget {
    /// The budget of the first call.
    pub fn new(limits: SharedLimits) -> Self {
        Self { left: limits.get(|limits| limits.effects), limits }
    }

    /// Pays for something that is kept until the call ends: `bytes`, and a little more.
    ///
    /// # Errors
    /// The call has asked for too much.
    pub fn pay(&mut self, bytes: usize) -> Result<(), Refusal> {
        let cost = bytes.saturating_add(OVERHEAD);
        self.left = self.left.checked_sub(cost).ok_or(Refusal::Limit)?;
        Ok(())
    }

    /// Whether `bytes` could be paid for.
    pub fn affords(&self, bytes: usize) -> bool {
        self.left >= bytes.saturating_add(OVERHEAD)
    }

    /// Begins the next call with all of the budget.
    pub fn renew(&mut self) {
        self.left = self.limits.get(|limits| limits.effects);
    }
}
