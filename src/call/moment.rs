//! The time of `--now`.

/// When a run begins that names no time: 2026-01-01 00:00:00 UTC, in milliseconds since 1970.
pub(crate) const DEFAULT: u64 = 1_767_225_600_000;

/// The milliseconds of a day.
const DAY: u64 = 24 * 60 * 60 * 1000;
/// The last year. A later time is a mistake.
const LAST: u64 = 9999;

/// Reads milliseconds since 1970, or a time in UTC such as `2026-01-01` or `2026-01-01T12:30:00Z`.
pub(crate) fn read(text: &str) -> Option<u64> {
    if let Ok(number) = text.parse() {
        return (number < (LAST - 1969) * 366 * DAY).then_some(number);
    }
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, time.strip_suffix('Z')?),
        None => (text, "00:00:00"),
    };
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let valid = (1970..=LAST).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day)
        && hour <= 23
        && minute.max(second) <= 59;
    let days: u64 = (1970..year).map(|year| 337 + days_of(year, 2)).sum::<u64>()
        + (1..month).map(|month| days_of(year, month)).sum::<u64>()
        + day.saturating_sub(1);
    valid.then(|| days * DAY + ((hour * 60 + minute) * 60 + second) * 1000)
}

/// The days of a month.
fn days_of(year: u64, month: u64) -> u64 {
    match month {
        2 if year.is_multiple_of(if year.is_multiple_of(100) { 400 } else { 4 }) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Three numbers.
fn numbers(text: &str, separator: char) -> Option<[u64; 3]> {
    let mut parts = text.split(separator);
    let mut next = || parts.next()?.parse().ok().filter(|number| *number <= LAST);
    let numbers = [next()?, next()?, next()?];
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_or_a_date_with_or_without_a_time_of_day() {
        for (text, milliseconds) in [
            ("0", Some(0)),
            ("1767225600000", Some(DEFAULT)),
            ("2026-01-01", Some(DEFAULT)),
            ("2026-01-01T00:00:01Z", Some(DEFAULT + 1000)),
            ("1970-01-01", Some(0)),
            ("2024-02-29T23:59:59Z", Some(1_709_251_199_000)),
            ("2000-03-01", Some(951_868_800_000)),
            ("2100-03-01", Some(4_107_542_400_000)),
            ("2026-02-29", None),
            ("2026-13-01", None),
            ("2026-00-01", None),
            ("2026-01-00", None),
            ("2026-01-01T24:00:00Z", None),
            ("2026-01-01T00:60:00Z", None),
            ("2026-01-01T23:00:60Z", None),
            ("2026-01-01T00:00:00", None),
            ("1969-12-31", None),
            ("2026-01", None),
            ("now", None),
            ("99999999999999999", None),
        ] {
            assert_eq!(read(text), milliseconds, "{text}");
        }
    }
}
