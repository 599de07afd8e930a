//! Whether an instance's memory has grown so far that a new instance is better.

/// Looks at an instance's memory after each event.
///
/// A memory never shrinks, so an actor that needed much once would keep it. Its instance is dropped
/// after an event that left it with more than the limit. If the first event of the next instance
/// does so too, that is what the actor needs as a rule, and nothing is won by a third.
#[derive(Debug)]
pub struct Watermark {
    /// `limits.watermark`.
    limit: usize,
    /// What the actor needs as a rule, if that is more.
    usual: usize,
    /// Whether the instance before the present event was dropped.
    dropped: bool,
}

impl Watermark {
    /// For an actor whose usual size is yet to be seen.
    pub fn new(limit: usize) -> Self {
        Self { limit, usual: 0, dropped: false }
    }

    /// Whether an instance is to be dropped that has `size` bytes of memory after an event.
    pub fn is_passed(&mut self, size: usize) -> bool {
        let was_dropped = std::mem::take(&mut self.dropped);
        if size <= self.limit {
            self.usual = 0;
        } else if was_dropped {
            self.usual = size;
        }
        self.dropped = size > self.limit.max(self.usual);
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For each event, the memory after it, and whether the instance is dropped.
    fn goes(events: &[(usize, bool)]) {
        let mut watermark = Watermark::new(10);
        for (number, (size, dropped)) in events.iter().enumerate() {
            assert_eq!(watermark.is_passed(*size), *dropped, "event {number} of {events:?}");
        }
    }

    #[test]
    fn an_instance_that_has_grown_past_the_limit_is_dropped_and_one_at_the_limit_is_kept() {
        goes(&[(1, false), (10, false), (11, true), (1, false), (10, false), (50, true)]);
    }

    #[test]
    fn an_actor_that_is_always_larger_is_made_anew_once_and_then_only_when_it_grows_further() {
        goes(&[(20, true), (20, false), (20, false), (21, true), (20, false), (20, false)]);
        goes(&[(20, true), (30, false), (30, false), (31, true), (31, false)]);
    }

    #[test]
    fn an_actor_that_was_large_for_a_while_is_held_to_the_limit_again() {
        goes(&[(20, true), (20, false), (1, false), (20, true), (1, false), (11, true)]);
    }
}
