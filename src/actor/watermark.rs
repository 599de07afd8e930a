//! Decides when an instance's memory has grown so far that a new instance is better.

/// An instance is dropped for its memory at most once in this many events.
const SELDOM: u32 = 100;

/// Looks at an instance's memory after each event.
///
/// A linear memory never shrinks, so one large event would keep its memory for ever. So an instance
/// is dropped after an event that leaves it with more memory than the limit. If the next instance
/// soon has that much too, the actor usually needs it, and a third instance would save nothing.
#[derive(Debug)]
pub struct Watermark {
    /// The size that the actor usually needs, if that is more than the limit.
    usual: usize,
    /// How many events there were since an instance was dropped.
    events: u32,
}

impl Default for Watermark {
    /// Starts without knowing the actor's usual size.
    fn default() -> Self {
        Self { usual: 0, events: SELDOM }
    }
}

impl Watermark {
    /// Whether to drop an instance that has `size` bytes of memory after an event. `limit` is
    /// `limits.watermark`.
    pub(crate) fn is_passed(&mut self, size: usize, limit: usize) -> bool {
        self.events = self.events.saturating_add(1);
        let seldom = self.events > SELDOM;
        if size <= limit {
            if seldom {
                self.usual = 0;
            }
            return false;
        }
        let passed = size > self.usual;
        if passed && seldom {
            self.events = 0;
        } else if passed {
            self.usual = size;
        }
        passed && seldom
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For each event, the memory after it, and whether the instance is dropped.
    fn goes(watermark: &mut Watermark, events: &[(usize, bool)]) {
        for (number, (size, dropped)) in events.iter().enumerate() {
            assert_eq!(watermark.is_passed(*size, 10), *dropped, "event {number} of {events:?}");
        }
    }

    /// Enough events that another instance may be dropped.
    fn many(watermark: &mut Watermark, size: usize) {
        (0..SELDOM).for_each(|_| assert!(!watermark.is_passed(size, 10)));
    }

    #[test]
    fn an_instance_past_the_limit_is_dropped_and_one_at_the_limit_is_kept() {
        let mut watermark = Watermark::default();
        for size in [11, 50] {
            goes(&mut watermark, &[(1, false), (10, false), (size, true), (1, false)]);
            many(&mut watermark, 10);
        }
    }

    #[test]
    fn an_actor_that_is_often_large_is_made_anew_once_and_then_only_when_it_has_grown_further() {
        let mut watermark = Watermark::default();
        // Between its large events there may be small ones, of fresh instances.
        goes(&mut watermark, &[(20, true), (1, false), (20, false), (20, false), (21, false)]);
        many(&mut watermark, 21);
        goes(&mut watermark, &[(21, false), (22, true), (21, false), (22, false)]);
    }

    #[test]
    fn an_actor_that_was_large_for_a_while_is_held_to_the_limit_again() {
        let mut watermark = Watermark::default();
        goes(&mut watermark, &[(20, true), (20, false)]);
        many(&mut watermark, 20);
        goes(&mut watermark, &[(1, false), (20, true)]);
    }
}
