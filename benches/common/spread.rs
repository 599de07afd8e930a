//! The median, the least and the largest of many numbers, and how to print them.

/// The median, the least and the largest of some numbers.
pub(crate) struct Spread {
    /// The median. For an even count it is the upper one of the two in the middle.
    pub(crate) median: f64,
    /// The smallest number.
    pub(crate) least: f64,
    /// The largest number.
    pub(crate) most: f64,
}

impl Spread {
    /// The spread of these numbers. There must be at least one.
    pub(crate) fn of(numbers: impl IntoIterator<Item = f64>) -> Self {
        let mut all: Vec<_> = numbers.into_iter().collect();
        all.sort_by(f64::total_cmp);
        Self { median: all[all.len() / 2], least: all[0], most: all[all.len() - 1] }
    }

    /// The ratios of the numbers in two series, pair by pair.
    pub(crate) fn ratio(above: &[f64], below: &[f64]) -> Self {
        Self::of(above.iter().zip(below).map(|(above, below)| above / below))
    }

    /// The differences of the numbers in two series, pair by pair.
    pub(crate) fn difference(above: &[f64], below: &[f64]) -> Self {
        Self::of(above.iter().zip(below).map(|(above, below)| above - below))
    }

    /// The text for tables on the terminal.
    pub(crate) fn text(&self) -> String {
        format!("{:.2} ({:.2} to {:.2})", self.median, self.least, self.most)
    }

    /// The text for the tables of the documentation.
    pub(crate) fn figures(&self) -> String {
        format!("{} ({}–{})", figure(self.median), figure(self.least), figure(self.most))
    }

    /// The text without fractions.
    pub(crate) fn whole(&self) -> String {
        format!("{:.0} ({:.0} to {:.0})", self.median, self.least, self.most)
    }
}

/// The percentile of sorted numbers.
pub(crate) fn percentile(sorted: &[f64], of_hundred: usize) -> f64 {
    let rank = (sorted.len() * of_hundred).div_ceil(100);
    sorted[rank.clamp(1, sorted.len()) - 1]
}

/// A number with three significant digits, and commas between thousands.
pub(crate) fn figure(number: f64) -> String {
    let text = match number {
        0.0 => "0".into(),
        n if n < 0.1 => format!("{n:.3}"),
        n if n < 10.0 => format!("{n:.2}"),
        n if n < 100.0 => format!("{n:.1}"),
        n if n < 1000.0 => format!("{n:.0}"),
        n => {
            let digit = 10_f64.powf(n.log10().floor() - 2.0);
            format!("{:.0}", (n / digit).round() * digit)
        }
    };
    if text.contains('.') {
        return text;
    }
    let digits = text.char_indices().map(|(index, digit)| {
        let thousand = index > 0 && (text.len() - index).is_multiple_of(3);
        format!("{}{digit}", if thousand { "," } else { "" })
    });
    digits.collect()
}
