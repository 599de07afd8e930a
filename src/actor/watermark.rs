//! Whether an instance's memory has grown so far that a new instance is better.

/// An instance is dropped for its memory once in so many events at most.
const SELDOM: u32 = 100;

/// Looks at an instance's memory after each event.
///
/// A memory never shrinks, so an actor that needed much once would keep it. Its instance is dropped
/// after an event that left it with more than the limit. If the next instance soon has more than that
/// too, that is what the actor needs as a rule, and nothing is won by a third.
#[derive(Debug)]
pub struct Watermark {
    /// What the actor needs as a rule, if that is more.
    usual: usize,
    /// How many events there were since an instance was dropped.
    events: u32,
}

impl Default for Watermark {
    /// The usual size is yet to be seen.
    fn default() -> Self {
        Self { usual: 0, events: SELDOM }
    }
}

impl Watermark {
    /// Whether an instance is to be dropped that has `size` bytes of memory after an event.
    pub fn is_passed(&mut self, size: usize, limit: usize) -> bool {
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

    /// So many events that another instance may be dropped.
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
