//! Where an actor's events come from, and whose turn it is.

/// Where an actor's events come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feed {
    /// Clients, through the mailbox.
    Mailbox,
    /// The alarm and the tick.
    Alarm,
    /// Servers that answer requests.
    Fetches,
}

impl Feed {
    /// All of them in the order of their turns. The one after this one is the first, and this one
    /// the last.
    pub(super) fn others_first(self) -> [Self; 3] {
        match self {
            Self::Mailbox => [Self::Alarm, Self::Fetches, Self::Mailbox],
            Self::Alarm => [Self::Fetches, Self::Mailbox, Self::Alarm],
            Self::Fetches => [Self::Mailbox, Self::Alarm, Self::Fetches],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_that_are_always_ready_take_turns() {
        let mut last = Feed::Mailbox;
        let turns = [(); 6].map(|()| {
            last = last.others_first()[0];
            last
        });
        let round = [Feed::Alarm, Feed::Fetches, Feed::Mailbox];
        assert_eq!(turns, [round, round].concat()[..]);
        // One that is not ready loses nothing but its turn.
        assert_eq!(Feed::Mailbox.others_first()[2], Feed::Mailbox);
    }
}
