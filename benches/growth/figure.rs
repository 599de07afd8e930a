//! The results: panels, lines and points.

use super::common::spread::Spread;

/// A diagram.
pub(crate) struct Panel {
    /// Its title with the unit.
    pub(crate) title: &'static str,
    /// The label of the x axis.
    pub(crate) axis: &'static str,
    /// The results, with a line for each kind.
    pub(crate) lines: Vec<Line>,
    /// Whether the x axis is logarithmic.
    pub(crate) log_x: bool,
    /// Whether the y axis is logarithmic.
    pub(crate) log_y: bool,
}

/// The results of one kind.
pub(crate) struct Line {
    /// Its name.
    pub(crate) name: &'static str,
    /// The results of each step.
    pub(crate) points: Vec<Point>,
}

/// The results of one step.
pub(crate) struct Point {
    /// The step's position on the x axis.
    pub(crate) x: f64,
    /// The results, with one for each round.
    pub(crate) values: Vec<f64>,
}

impl Line {
    /// A line with these steps and without values.
    pub(crate) fn new(name: &'static str, steps: &[usize]) -> Self {
        let point = |&step: &usize| Point { x: step as f64, values: Vec::new() };
        Self { name, points: steps.iter().map(point).collect() }
    }

    /// Adds a result to a step.
    pub(crate) fn add(&mut self, step: usize, value: f64) {
        self.points[step].values.push(value);
    }
}

impl Point {
    /// The median, the least and the largest value.
    pub(crate) fn spread(&self) -> Spread {
        Spread::of(self.values.iter().copied())
    }
}

impl Panel {
    /// Prints the panel as a Markdown table.
    pub(crate) fn print(&self) {
        let names: Vec<_> = self.lines.iter().map(|line| line.name).collect();
        println!("\n{}:\n", self.title);
        println!("| {} | {} |\n|---{}|", self.axis, names.join(" | "), "|---".repeat(names.len()));
        for (index, point) in self.lines[0].points.iter().enumerate() {
            let cells = self.lines.iter().map(|line| line.points[index].spread().figures());
            println!("| {} | {} |", tick(point.x), cells.collect::<Vec<_>>().join(" | "));
        }
    }
}

/// A number for an axis. Large powers of two get their units.
pub(crate) fn tick(number: f64) -> String {
    const KIB: f64 = 1024.0;
    match number {
        n if n >= KIB * KIB && n % (KIB * KIB) == 0.0 => format!("{} MiB", n / KIB / KIB),
        n if n >= KIB && n % KIB == 0.0 => format!("{} KiB", n / KIB),
        n if n >= 1e3 && n % 1.0 == 0.0 => format!("{},{:03}", (n / 1e3).floor(), n % 1e3),
        // Rounded, to avoid 0.30000000000000004.
        n => format!("{}", (n * 1e6).round() / 1e6),
    }
}
