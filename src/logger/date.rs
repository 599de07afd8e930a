//! Formats the time of a log line, with integer arithmetic.

use std::fmt::{self, Write};
use std::time::{Duration, SystemTime};

/// Writes a time as `2026-11-23T06:21:47.123Z `. A time before 1970 counts as 1970.
pub(crate) fn write_time(line: &mut impl Write, time: SystemTime) -> fmt::Result {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let (seconds, milliseconds) = (since.as_secs(), since.subsec_millis());
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    write!(line, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
    write!(line, ".{milliseconds:03}Z ")
}

/// The year, month and day of a number of days since 1970-01-01.
///
/// The calculation lets years begin on 1 March. Then a leap day is the last day of its year, and
/// the months before it need no exception.
fn date(days: u64) -> (u64, u64, u64) {
    /// The days of 400 years, after which the calendar repeats.
    const ERA: u64 = 400 * 365 + 97;
    // Counted from 0000-03-01, which is 719,468 days before 1970.
    let days = days + 719_468;
    let (era, in_era) = (days / ERA, days % ERA);
    // A leap day comes after every 4 years (1460 days), not after 100, but after 400.
    let leap_days = in_era / 1460 - in_era / 36_524 + in_era / (ERA - 1);
    let year = (in_era - leap_days) / 365;
    let in_year = in_era - (365 * year + year / 4 - year / 100);
    // From March on, five months have 153 days.
    let month = (5 * in_year + 2) / 153;
    let day = in_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, day)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// The text of a time in milliseconds since 1970.
    fn text(milliseconds: u64) -> String {
        let mut text = String::new();
        write_time(&mut text, SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds))
            .unwrap();
        text
    }

    #[test]
    fn known_times_are_written_as_such() {
        assert_eq!(text(0), "1970-01-01T00:00:00.000Z ");
        assert_eq!(text(951_782_399_999), "2000-02-28T23:59:59.999Z ");
        assert_eq!(text(951_782_400_000), "2000-02-29T00:00:00.000Z ");
        assert_eq!(text(1_000_000_000_000), "2001-09-09T01:46:40.000Z ");
        assert_eq!(text(1_709_164_800_000), "2024-02-29T00:00:00.000Z ");
        assert_eq!(text(2_147_483_648_000), "2038-01-19T03:14:08.000Z ");
        assert_eq!(text(4_107_542_399_000), "2100-02-28T23:59:59.000Z ");
        assert_eq!(text(4_107_542_400_000), "2100-03-01T00:00:00.000Z ");
        assert_eq!(text(1_795_414_907_123), "2026-11-23T06:21:47.123Z ");
    }

    #[test]
    fn a_clock_before_1970_does_not_stop_the_log() {
        let mut text = String::new();
        write_time(&mut text, SystemTime::UNIX_EPOCH - Duration::from_secs(1)).unwrap();
        assert_eq!(text, "1970-01-01T00:00:00.000Z ");
    }

    #[test]
    fn every_day_of_five_centuries_follows_the_one_before() {
        let mut expected = (1970, 1, 1);
        for days in 0..500 * 366 {
            assert_eq!(date(days), expected);
            let (year, month, day): (u64, u64, u64) = expected;
            let leap =
                year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
            let length = match month {
                2 => 28 + u64::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            expected = match (month, day == length) {
                (_, false) => (year, month, day + 1),
                (12, true) => (year + 1, 1, 1),
                (_, true) => (year, month + 1, 1),
            };
        }
    }
}
