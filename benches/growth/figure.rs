//! What was measured.

use super::common::spread::Spread;

/// A diagram.
pub(crate) struct Panel {
    /// What it shows, and the unit.
    pub(crate) title: &'static str,
    /// What grows.
    pub(crate) axis: &'static str,
    /// What is measured, for each kind of what grows.
    pub(crate) lines: Vec<Line>,
    /// Whether ten times as much is one step, to the right.
    pub(crate) log_x: bool,
    /// The same upwards.
    pub(crate) log_y: bool,
}

/// One kind.
pub(crate) struct Line {
    /// Its name.
    pub(crate) name: &'static str,
    /// How it grew.
    pub(crate) points: Vec<Point>,
}

/// One step.
pub(crate) struct Point {
    /// How far it has grown.
    pub(crate) x: f64,
    /// What was measured, once in every round.
    pub(crate) values: Vec<f64>,
}

impl Line {
    /// A line of these steps, without values.
    pub(crate) fn new(name: &'static str, steps: &[usize]) -> Self {
        let point = |&step: &usize| Point { x: step as f64, values: Vec::new() };
        Self { name, points: steps.iter().map(point).collect() }
    }

    /// Adds what was measured at a step.
    pub(crate) fn add(&mut self, step: usize, value: f64) {
        self.points[step].values.push(value);
    }
}

impl Point {
    /// The middle and the ends.
    pub(crate) fn spread(&self) -> Spread {
        Spread::of(self.values.iter().copied())
    }
}

impl Panel {
    /// Prints it as a Markdown table.
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

/// A number as axes show it: large powers of two in their units.
pub(crate) fn tick(number: f64) -> String {
    const KIB: f64 = 1024.0;
    match number {
        n if n >= KIB * KIB && n % (KIB * KIB) == 0.0 => format!("{} MiB", n / KIB / KIB),
        n if n >= KIB && n % KIB == 0.0 => format!("{} KiB", n / KIB),
        n if n >= 1e3 && n % 1e3 == 0.0 => format!("{},000", n / 1e3),
        // Not 0.30000000000000004.
        n => format!("{}", (n * 1e6).round() / 1e6),
    }
}
