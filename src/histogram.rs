//! Counts how long something took.

use crate::counter::Counter;

/// The upper bounds of the buckets but the last, in nanoseconds, each with its seconds in words.
pub(crate) static BOUNDS: [(u64, &str); 9] = [
    (100_000, "0.0001"),
    (300_000, "0.0003"),
    (1_000_000, "0.001"),
    (3_000_000, "0.003"),
    (10_000_000, "0.01"),
    (30_000_000, "0.03"),
    (100_000_000, "0.1"),
    (1_000_000_000, "1"),
    (5_000_000_000, "5"),
];

/// Times, counted in buckets.
#[derive(Debug, Default)]
pub struct Histogram {
    /// How many times were at most as long as each bound, and longer than the one before. The last
    /// has those that were longer than all.
    buckets: [Counter; BOUNDS.len() + 1],
    /// The sum of all times, in nanoseconds.
    sum: Counter,
}

impl Histogram {
    /// Counts a time.
    pub(crate) fn observe(&self, nanos: u64) {
        let place = BOUNDS.iter().position(|(bound, _)| nanos <= *bound).unwrap_or(BOUNDS.len());
        if let Some(bucket) = self.buckets.get(place) {
            bucket.add(1);
        }
        self.sum.add(nanos);
    }

    /// How many times are in each bucket.
    pub(crate) fn counts(&self) -> impl Iterator<Item = u64> {
        self.buckets.iter().map(Counter::get)
    }

    /// The sum of all times, in nanoseconds.
    pub(crate) fn sum(&self) -> u64 {
        self.sum.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_in_the_first_bucket_whose_bound_it_does_not_pass() {
        let histogram = Histogram::default();
        for (bound, _) in BOUNDS {
            histogram.observe(bound);
        }
        assert!(histogram.counts().eq([1; 9].into_iter().chain([0])));
        for (bound, _) in BOUNDS {
            histogram.observe(bound + 1);
        }
        assert!(histogram.counts().eq([1, 2, 2, 2, 2, 2, 2, 2, 2, 1]));
        assert_eq!(histogram.sum(), 2 * BOUNDS.map(|(bound, _)| bound).iter().sum::<u64>() + 9);
    }

    #[test]
    fn the_words_of_a_bound_are_its_seconds() {
        for (nanos, words) in BOUNDS {
            assert_eq!(words.parse::<f64>().unwrap() * 1e9, nanos as f64);
        }
    }
}
