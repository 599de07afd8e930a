//! The sender's side of a message from another actor or from a broker, as its event holds it.
//!
//! The message itself stays with its sender until the receiver has handled it. So a receiver that ends,
//! or whose record fails, loses none.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

/// What one actor has sent to others, or a broker to an actor.
pub trait Sends: Send + Sync {
    /// Notes what became of the message with this number.
    fn settle(&self, number: u64, outcome: Outcome);

    /// Offers the next message to this receiver, which may take messages again.
    fn offer(&self, to: &str);
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has handled it, and what that changed is stored.
    Delivered,
    /// The receiver failed at it. It does not come again.
    Failed,
    /// What the receiver did is undone, because it could not be stored. It comes again.
    Undone,
    /// The receiver never got it. It waits until the receiver takes messages again.
    Returned,
}

/// A message's way back to its sender. If it is dropped, the message is returned.
pub struct Receipt {
    sends: Arc<dyn Sends>,
    number: u64,
    /// Only the first outcome counts.
    settled: AtomicBool,
}

impl Receipt {
    /// The receipt of the message with this number.
    pub fn new(sends: Arc<dyn Sends>, number: u64) -> Self {
        Self { sends, number, settled: AtomicBool::new(false) }
    }

    /// Tells the sender what became of the message.
    pub fn settle(&self, outcome: Outcome) {
        if !self.settled.swap(true, Relaxed) {
            self.sends.settle(self.number, outcome);
        }
    }

    /// Gives the receipt up: the sender knows already.
    pub(crate) fn forget(&self) {
        self.settled.store(true, Relaxed);
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        self.settle(Outcome::Returned);
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Receipt({})", self.number)
    }
}
