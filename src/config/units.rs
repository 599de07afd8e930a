//! Reads and writes sizes, durations and rates in the form that people use.

use super::table::Value;

/// The units of sizes in bytes, the largest first.
const SIZES: [(&str, i128); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// The units of durations in milliseconds, the largest first.
const DURATIONS: [(&str, i128); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// The units of rates in bytes a day, the largest first. They are decimal, because makers of cards
/// and disks promise how much may be written in these.
const RATES: [(&str, i128); 3] =
    [("TB/day", 1_000_000_000_000), ("GB/day", 1_000_000_000), ("MB/day", 1_000_000)];

/// The kind of a number, which determines how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Bytes: a whole number, or text such as `"64KiB"`.
    Size,
    /// Milliseconds: text such as `"500ms"` or `"5s"`. A bare number is refused, because its unit
    /// would be unclear.
    Duration,
    /// Bytes a day: text such as `"2GB/day"`.
    Rate,
    /// A number of anything else.
    Count,
}

impl Quantity {
    /// Writes a number. All but counts use the largest unit that divides them, as in `64KiB`, `5s`
    /// and `2GB/day`. Counts from 10,000 on get TOML's underscores: `200_000_000`.
    pub fn text(self, number: u64) -> String {
        match self {
            Self::Size => in_units(number, &SIZES),
            Self::Duration => in_units(number, &DURATIONS),
            Self::Rate => in_units(number, &RATES),
            Self::Count => grouped(number),
        }
    }

    /// Reads a number from `least` to `most`. Anything else is refused.
    pub(crate) fn read_within(self, value: &Value<'_>, least: u64, most: u64) -> Option<u64> {
        let read = match self {
            Self::Size => size(value),
            Self::Duration => duration(value),
            Self::Rate => rate(value),
            Self::Count => count(value),
        };
        // A negative number becomes the maximum, which no key accepts.
        let number = u64::try_from(read?).unwrap_or(u64::MAX);
        if (least..=most).contains(&number) {
            return Some(number);
        }
        let (least, most) = (self.text(least), self.text(most));
        let advice = match self {
            Self::Size => format!("write a size from \"{least}\" to \"{most}\""),
            Self::Duration => format!("write a duration from \"{least}\" to \"{most}\""),
            Self::Rate => format!("write a rate from \"{least}\" to \"{most}\""),
            Self::Count => format!("write a whole number from {least} to {most}"),
        };
        value.place.refuse(format!("{} is out of range", value.shown()), advice);
        None
    }
}

/// Reads bytes: a whole number, or text such as `"64KiB"`. Anything else is refused.
fn size(value: &Value<'_>) -> Option<i128> {
    let read = value.as_integer().or_else(|| measure(value.as_str()?, &SIZES));
    if read.is_none() {
        value.refuse_as("a size", size_advice(value.as_str()));
    }
    read
}

/// Reads milliseconds from text such as `"500ms"` or `"5s"`. A bare number is refused, because its
/// unit would be unclear.
fn duration(value: &Value<'_>) -> Option<i128> {
    let read = value.as_str().and_then(|text| measure(text, &DURATIONS));
    if read.is_none() {
        let number = value.as_integer().map(|number| number.to_string());
        let number = number.or_else(|| value.as_str().map(digits).map(str::to_owned));
        let number = number.filter(|number| is_short_number(number));
        let example = number.as_deref().unwrap_or("5");
        let advice = format!("write a whole number and its unit, such as \"{example}s\"");
        value.refuse_as("a duration", format!("{advice} (units: ms, s, m, h)"));
    }
    read
}

/// Reads milliseconds from text such as `500ms` or `5s`.
pub(crate) fn milliseconds(text: &str) -> Option<u64> {
    measure(text, &DURATIONS).and_then(|time| u64::try_from(time).ok())
}

/// Reads bytes a day from text such as `"2GB/day"`. Anything else is refused.
fn rate(value: &Value<'_>) -> Option<i128> {
    let read = value.as_str().and_then(|text| measure(text, &RATES));
    if read.is_none() {
        value.refuse_as("a rate", rate_advice(value.as_str()));
    }
    read
}

/// Reads a whole number. Anything else is refused.
fn count(value: &Value<'_>) -> Option<i128> {
    let read = value.as_integer();
    if read.is_none() {
        value.refuse_as("a whole number", "write digits, without quotes");
    }
    read
}

/// Writes a number, with underscores from 10,000 on: `200_000_000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    grouped
}

/// Reads digits and a unit. Returns the number in the smallest unit. A number that is too large to
/// count becomes one that no key accepts.
fn measure(text: &str, units: &[(&str, i128)]) -> Option<i128> {
    let number = digits(text);
    let (_, factor) = units.iter().find(|(unit, _)| text.strip_prefix(number) == Some(unit))?;
    if number.is_empty() {
        return None;
    }
    Some(number.parse().unwrap_or(i128::MAX).saturating_mul(*factor))
}

/// The digits at the beginning of a text.
fn digits(text: &str) -> &str {
    text.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default()
}

/// Whether an example may repeat a number.
fn is_short_number(text: &str) -> bool {
    (1..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// Advice for a text that is not a size. Decimal units are the likely mistake. They are refused,
/// because their meaning differs between programs.
fn size_advice(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    let number = digits(text);
    let unit = text.strip_prefix(number).unwrap_or_default().trim().to_ascii_lowercase();
    let meant = match unit.as_str() {
        "k" | "kb" | "kib" => "KiB",
        "m" | "mb" | "mib" => "MiB",
        "g" | "gb" | "gib" => "GiB",
        _ => "",
    };
    if !meant.is_empty() && is_short_number(number) {
        return format!("write \"{number}{meant}\" (1KiB is 1024 bytes)");
    }
    "write bytes as a whole number, or text such as \"64KiB\" (units: B, KiB, MiB, GiB)".to_owned()
}

/// Advice for a text that is not a rate. A missing `/day` and a binary unit are the likely mistakes.
fn rate_advice(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    let number = digits(text);
    let unit = text.strip_prefix(number).unwrap_or_default().trim().to_ascii_lowercase();
    let unit = unit.split('/').next().unwrap_or_default().trim();
    let meant = match unit {
        "m" | "mb" | "mib" => "MB/day (1MB is 1,000,000 bytes)",
        "g" | "gb" | "gib" => "GB/day (1GB is 1,000,000,000 bytes)",
        "t" | "tb" | "tib" => "TB/day (1TB is 1,000,000,000,000 bytes)",
        _ => "",
    };
    match meant.split_once(' ') {
        Some((unit, meaning)) if is_short_number(number) => {
            format!("write \"{number}{unit}\" {meaning}")
        }
        _ => "write text such as \"2GB/day\" (units: MB/day, GB/day, TB/day)".to_owned(),
    }
}

/// Writes a number in the largest unit that divides it.
fn in_units(number: u64, units: &[(&str, i128)]) -> String {
    let number = i128::from(number);
    let fits = |(_, factor): &&(&str, i128)| number % *factor == 0 && number >= *factor;
    let (unit, factor) = units.iter().find(fits).or(units.last()).copied().unwrap_or(("", 1));
    format!("{}{unit}", number / factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_number_with_a_unit_reads_back_as_the_same_number() {
        for number in [0, 1, 999, 1000, 1024, 65_536, 1 << 20, 1 << 30, 60_000, 3_600_000] {
            assert_eq!(measure(&Quantity::Size.text(number), &SIZES), Some(number.into()));
            assert_eq!(measure(&Quantity::Duration.text(number), &DURATIONS), Some(number.into()));
            let bytes = number * 1_000_000;
            assert_eq!(measure(&Quantity::Rate.text(bytes), &RATES), Some(bytes.into()));
        }
    }

    #[test]
    fn numbers_are_written_in_the_greatest_unit_that_divides_them() {
        assert_eq!(Quantity::Size.text(65_536), "64KiB");
        assert_eq!(Quantity::Size.text(65_537), "65537B");
        assert_eq!(Quantity::Size.text(1 << 30), "1GiB");
        assert_eq!(Quantity::Duration.text(500), "500ms");
        assert_eq!(Quantity::Duration.text(5000), "5s");
        assert_eq!(Quantity::Duration.text(120_000), "2m");
        assert_eq!(Quantity::Duration.text(86_400_000), "24h");
        assert_eq!(Quantity::Rate.text(2_000_000_000), "2GB/day");
        assert_eq!(Quantity::Rate.text(2_500_000_000), "2500MB/day");
        assert_eq!(Quantity::Count.text(1024), "1024");
        assert_eq!(Quantity::Count.text(20_000), "20_000");
        assert_eq!(Quantity::Count.text(200_000_000), "200_000_000");
    }

    #[test]
    fn only_digits_followed_at_once_by_a_known_unit_are_read() {
        for text in ["", "B", "64", "64 KiB", "64kib", "64KB", "1.5MiB", "-1B", "+1B", "１B"] {
            assert_eq!(measure(text, &SIZES), None, "{text:?}");
        }
        assert_eq!(measure("512B", &SIZES), Some(512));
        assert_eq!(measure(&format!("{}GiB", "9".repeat(50)), &SIZES), Some(i128::MAX));
    }
}
