//! What a call requests beside its answer, and how many bytes its requests may take.

use std::sync::Arc;

use wit_core::host::{Qos, Refusal};

use crate::{
    exchange::{Close, Message, Session},
    http_client::Asked,
    limits::{CachedLimits, SharedLimits},
    messages::Sent,
    mqtt::Publishing,
};

/// Something that a call requests. It happens after the call's transaction is committed.
#[derive(Debug)]
pub enum Effect {
    /// A message to a client.
    Send {
        /// Any client, not only the one of the event.
        to: Arc<Session>,
        /// Checked already: nothing can refuse it after the commit.
        message: Message,
    },
    /// One message to many clients.
    Broadcast {
        /// All that get the message. It is kept once, however many there are.
        to: Vec<Arc<Session>>,
        /// Checked already.
        message: Message,
    },
    /// A request to a server. It leaves if it is started, and never if it is dropped.
    Fetch(Asked),
    /// A message to another actor. It leaves if it is started, and never if it is dropped.
    Message(Sent),
    /// A publication. It leaves if it is started, and never if it is dropped.
    Publish(Publishing),
    /// Closes a connection.
    Close {
        /// The one to close: any client's.
        to: Arc<Session>,
        /// What the client reads in the close frame.
        close: Close,
    },
}

impl Effect {
    /// Whether it is a publication that is stored until its broker has it.
    pub(super) fn is_stored_publication(&self) -> bool {
        matches!(self, Self::Publish(publishing) if publishing.publication().qos == Qos::AtLeastOnce)
    }
}

/// The cost of an effect beside its payload: its place in the list, and the allocator's overhead.
const OVERHEAD: usize = 64;
/// The cost of each receiver of a broadcast: a reference on 64-bit targets. It is the same on every
/// board, so that a limit means the same everywhere.
pub const RECEIVER: usize = 8;
/// The least cost of a file to be written, path and content together: a block of a file system. It
/// limits the number of writes of a call, because each one takes time and wears the SD card.
pub const FILE: usize = 4096;

/// The bytes of memory that a call's effects may take: `limits.effects`.
#[derive(Debug)]
pub struct EffectBudget {
    /// The bytes that the current call has left.
    left: usize,
    /// Has the bytes of each call.
    limits: CachedLimits,
}

impl EffectBudget {
    /// The budget of the first call.
    pub fn new(limits: SharedLimits) -> Self {
        Self { left: limits.get(|limits| limits.effects), limits: limits.cached() }
    }

    /// Pays for `bytes` that are kept until the call ends, and for the overhead.
    ///
    /// # Errors
    /// The budget is used up.
    pub fn pay(&mut self, bytes: usize) -> Result<(), Refusal> {
        let cost = bytes.saturating_add(OVERHEAD);
        self.left = self.left.checked_sub(cost).ok_or(Refusal::Limit)?;
        Ok(())
    }

    /// Whether the budget is large enough for `bytes`.
    pub(crate) fn affords(&self, bytes: usize) -> bool {
        self.left >= bytes.saturating_add(OVERHEAD)
    }

    /// Restores the whole budget for the next call.
    pub fn renew(&mut self) {
        self.left = self.limits.get(|limits| limits.effects);
    }
}
