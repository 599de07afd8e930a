//! The budget of bytes for each day that keeps an SD card from wearing out.

use std::time::{Duration, Instant};

/// What the smallest record costs. A budget that has less can't pay for any.
const RECORD: f64 = 4096.0;

/// The length of a day in seconds.
const DAY: f64 = 86_400.0;

/// The part of the capacity with which the budget counts as recovered. With less of it, a load near
/// the budget would make it begin and end all the time.
const EASY: f64 = 8.0;

/// Hours in a day: the budget can be saved up for one of them.
const HOURS: f64 = 24.0;

/// A token bucket. It fills steadily and holds what an hour gives. A record may be written while it
/// has enough for the smallest one. What was really written is taken out afterwards, so the balance can
/// become negative, and later records pay for that.
///
/// The caller passes the time, so tests need not wait.
#[derive(Debug)]
pub(crate) struct Wear {
    /// Bytes a second that come in.
    rate: f64,
    /// The most that can be saved up, and the most that can be owed, in bytes.
    capacity: f64,
    /// Bytes that may be written now. Negative: bytes that are owed.
    balance: f64,
    /// When `balance` was right.
    at: Instant,
}

impl Wear {
    /// A full bucket for `per_day` bytes a day.
    pub(crate) fn new(per_day: u64, now: Instant) -> Self {
        // A rounding of a budget of more than 2^53 bytes does not matter.
        #[allow(clippy::cast_precision_loss)]
        let per_day = per_day as f64;
        let capacity = (per_day / HOURS).max(RECORD);
        Self { rate: per_day / DAY, capacity, balance: capacity, at: now }
    }

    /// Takes out what was written.
    pub(crate) fn spend(&mut self, bytes: u64, now: Instant) {
        self.fill(now);
        #[allow(clippy::cast_precision_loss)]
        let bytes = bytes as f64;
        // The limit of the debt bounds how long one burst delays what comes after it.
        self.balance = (self.balance - bytes).max(-self.capacity);
    }

    /// How long it takes until a record can be paid. Zero if it can be now.
    pub(crate) fn delay(&mut self, now: Instant) -> Duration {
        self.fill(now);
        let missing = RECORD - self.balance;
        if missing <= 0.0 {
            return Duration::ZERO;
        }
        // Without a rate the division gives infinity, which is no duration.
        let delay = Duration::try_from_secs_f64(missing / self.rate).unwrap_or(Duration::MAX);
        // A delay that rounds to nothing would look as if the record could be paid.
        delay.max(Duration::from_nanos(1))
    }

    /// Whether so much is saved up that the budget does not bind for now.
    pub(crate) fn is_easy(&self) -> bool {
        self.balance >= self.capacity / EASY
    }

    /// Adds what has come in since the last call.
    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.balance = (self.balance + passed * self.rate).min(self.capacity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 4,096 bytes a second.
    const RECORD_A_SECOND: u64 = 4096 * 86_400;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_full_bucket_pays_for_what_an_hour_gives() {
        let now = Instant::now();
        let mut wear = Wear::new(RECORD_A_SECOND, now);
        for _ in 0..3600 {
            assert_eq!(wear.delay(now), Duration::ZERO);
            wear.spend(4096, now);
        }
        assert!(wear.delay(now) > Duration::ZERO);
    }

    #[test]
    fn an_empty_bucket_pays_for_a_record_as_soon_as_it_has_filled_for_it() {
        let now = Instant::now();
        let mut wear = Wear::new(RECORD_A_SECOND, now);
        wear.spend(3600 * 4096, now);
        assert_eq!(wear.delay(now), SECOND);
        assert_eq!(wear.delay(now + SECOND / 2), SECOND / 2);
        assert_eq!(wear.delay(now + SECOND), Duration::ZERO);
    }

    #[test]
    fn what_was_written_beyond_the_budget_is_paid_back() {
        let now = Instant::now();
        let mut wear = Wear::new(RECORD_A_SECOND, now);
        wear.spend(3610 * 4096, now);
        assert_eq!(wear.delay(now), 11 * SECOND);
    }

    #[test]
    fn the_debt_is_at_most_what_an_hour_gives() {
        let now = Instant::now();
        let mut wear = Wear::new(RECORD_A_SECOND, now);
        wear.spend(u64::MAX, now);
        assert_eq!(wear.delay(now), 3601 * SECOND);
    }

    #[test]
    fn a_bucket_that_fills_for_a_year_pays_for_an_hour() {
        let now = Instant::now();
        let mut wear = Wear::new(RECORD_A_SECOND, now);
        let later = now + 365 * 86_400 * SECOND;
        wear.spend(3600 * 4096, later);
        assert_eq!(wear.delay(later), SECOND);
    }

    #[test]
    fn a_clock_that_goes_back_takes_nothing_and_gives_nothing() {
        let now = Instant::now() + 10 * SECOND;
        let mut wear = Wear::new(RECORD_A_SECOND, now);
        wear.spend(3600 * 4096, now);
        assert_eq!(wear.delay(now - 5 * SECOND), SECOND);
        assert_eq!(wear.delay(now), SECOND);
    }

    #[test]
    fn a_budget_of_nothing_can_never_pay_twice() {
        let now = Instant::now();
        let mut wear = Wear::new(0, now);
        assert_eq!(wear.delay(now), Duration::ZERO);
        wear.spend(4096, now);
        assert_eq!(wear.delay(now + SECOND), Duration::MAX);
    }

    #[test]
    fn the_largest_budget_always_pays() {
        let now = Instant::now();
        let mut wear = Wear::new(u64::MAX, now);
        wear.spend(1 << 50, now);
        assert_eq!(wear.delay(now), Duration::ZERO);
    }
}
