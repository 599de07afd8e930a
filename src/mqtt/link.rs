//! What lasts from one connection with a broker to the next, and how a connection ends.

use std::{fmt, time::Instant};

use footlight_mqtt::{Down, Publication, Session};

/// What lasts from one connection to the next.
pub(super) struct Link {
    pub(super) session: Session,
    /// The next publication and its number. The session did not take it.
    pub(super) hand: Option<(u64, Publication)>,
    /// The number of the last message to acknowledge.
    pub(super) last_ack: u64,
    /// How many messages were skipped.
    pub(super) skipped: u64,
}

/// How a connection has ended.
pub(super) struct End {
    /// When the broker accepted it; `None` if it did not.
    pub(super) up: Option<Instant>,
    pub(super) why: Why,
}

/// Why it has ended.
pub(super) enum Why {
    /// The actor has ended.
    Done,
    /// As the session says.
    Down(Down),
    /// The socket or what is before it has failed: in words.
    Failed(String),
}

impl Link {
    /// Nothing has happened yet.
    pub(super) fn new(session: Session) -> Self {
        Self { session, hand: None, last_ack: 0, skipped: 0 }
    }

    /// Goes on with another session. The outbox gives again what the old one had.
    pub(super) fn renewed(self, session: Session) -> Self {
        Self { session, hand: None, ..self }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("the actor has ended"),
            Self::Down(down) => down.fmt(f),
            Self::Failed(failure) => f.write_str(failure),
        }
    }
}
