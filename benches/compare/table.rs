//! Prints rounds as Markdown.

use super::{
    common::spread::{Spread, figure},
    servers::Contestant,
};

/// A row of the table.
pub(crate) struct Row {
    /// The quantity and its unit.
    pub(crate) label: String,
    /// The unit, as a factor of the numbers.
    pub(crate) unit: f64,
    /// The numbers of each contestant, with one for each round.
    pub(crate) values: Vec<Vec<f64>>,
}

/// Prints the values, and their ratios to those of the first contestant.
pub(crate) fn print(contestants: &[Contestant], rows: &[Row]) {
    let titles: Vec<_> = contestants.iter().map(Contestant::title).collect();
    println!("\n| | {} |\n|---{}|", titles.join(" | "), "|---".repeat(titles.len()));
    for Row { label, unit, values } in rows {
        let cells = values.iter().map(|values| cell(values.iter().map(|value| value / unit)));
        println!("| {label} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    println!("\nAs ratios to {}, of paired rounds:", titles[0]);
    println!("\n| | {} |\n|---{}|", titles[1..].join(" | "), "|---".repeat(titles.len() - 1));
    for Row { label, values, .. } in rows {
        // A ratio has no unit.
        let label = label.rsplit_once(", ").map_or(label.as_str(), |(label, _)| label);
        let pairs = |of: &[f64]| of.iter().zip(&values[0]).map(|(of, to)| of / to).collect();
        let cells = values[1..].iter().map(|of| cell::<Vec<_>>(pairs(of)));
        println!("| {label} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
}

/// The median, and for several numbers also the least and the largest. Nothing was measured if there are none.
fn cell<T: IntoIterator<Item = f64>>(values: T) -> String {
    let values: Vec<_> = values.into_iter().collect();
    if values.is_empty() {
        return "–".into();
    }
    let spread = Spread::of(values.iter().copied());
    if values.len() == 1 {
        return figure(spread.median);
    }
    spread.figures()
}
