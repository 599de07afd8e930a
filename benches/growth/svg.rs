//! Draws panels, two in a row, as an SVG file whose source is readable too.
//!
//! It has a background colour of its own, so that it is readable on any page.

use std::fmt::Write as _;

use super::figure::{Line, Panel, tick};

/// The size of a panel with its title and axes.
const PANEL: (f64, f64) = (440.0, 270.0);
/// The margins around its lines: top, right, bottom and left.
const MARGIN: [f64; 4] = [48.0, 24.0, 52.0, 56.0];
/// The colours of the lines. Colour-blind people can tell them apart too.
const COLOURS: [&str; 3] = ["#0b62a8", "#d1600a", "#555"];

/// Converts numbers to positions.
struct Scale {
    /// Whether the scale is logarithmic.
    log: bool,
    /// The numbers at both ends. Smaller numbers are drawn at the first one.
    ends: (f64, f64),
    /// The positions of both ends.
    places: (f64, f64),
}

impl Scale {
    /// The position of a number.
    fn place(&self, number: f64) -> f64 {
        let of = |number: f64| if self.log { number.log10() } else { number };
        let (first, last) = (of(self.ends.0), of(self.ends.1));
        let share = (of(number.max(self.ends.0)) - first) / (last - first);
        self.places.0 + share * (self.places.1 - self.places.0)
    }
}

/// The whole drawing.
pub(crate) fn draw(panels: &[Panel]) -> String {
    let rows = panels.len().div_ceil(2) as f64;
    let (width, height) = (2.0 * PANEL.0, rows * PANEL.1);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    for (index, panel) in panels.iter().enumerate() {
        let (x, y) = ((index % 2) as f64 * PANEL.0, (index / 2) as f64 * PANEL.1);
        let _ = write!(svg, "<g transform=\"translate({x} {y})\">\n{}</g>\n", drawn(panel));
    }
    svg + "</svg>\n"
}

/// Draws one panel.
fn drawn(panel: &Panel) -> String {
    let [top, right, below, left] = MARGIN;
    let (end, bottom) = (PANEL.0 - right, PANEL.1 - below);
    let points = || panel.lines.iter().flat_map(|line| &line.points);
    let steps: Vec<f64> = panel.lines[0].points.iter().map(|point| point.x).collect();
    let last = steps[steps.len() - 1];
    // A step of zero is at one quarter of the next step.
    let first = match (panel.log_x, steps[0] > 0.0) {
        (false, _) => 0.0,
        (true, true) => steps[0],
        (true, false) => steps[1] / 4.0,
    };
    let x = Scale { log: panel.log_x, ends: (first, last), places: (left, end) };

    let most = points().map(|point| point.spread().most).fold(0.0, f64::max);
    let least = points().map(|point| point.spread().least).fold(f64::MAX, f64::min);
    let marks = if panel.log_y { decades(least, most) } else { rounds(most) };
    let ends = (marks[0], marks[marks.len() - 1]);
    let y = Scale { log: panel.log_y, ends, places: (bottom, top) };

    let mut svg = String::new();
    let _ = writeln!(
        svg,
        "<text x=\"{left}\" y=\"22\" font-weight=\"bold\" fill=\"#111\">{}</text>",
        panel.title
    );
    for mark in &marks {
        let at = y.place(*mark);
        let _ = writeln!(
            svg,
            "<path d=\"M{left} {at:.1}H{end}\" stroke=\"#ddd\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#444\">{}</text>",
            left - 6.0,
            at + 4.0,
            tick(*mark)
        );
    }
    let mut taken = f64::MAX;
    for step in steps.iter().rev() {
        let at = x.place(*step);
        let _ = write!(svg, "<path d=\"M{at:.1} {bottom}v4\" stroke=\"#444\"/>");
        // Leave out a label that would overlap with the next one. The last label is always there.
        if taken - at > 42.0 {
            let text = tick(*step);
            let _ = write!(
                svg,
                "<text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#444\">{text}</text>",
                bottom + 18.0
            );
            taken = at;
        }
        svg.push('\n');
    }
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"#111\">{}</text>",
        f64::midpoint(left, end),
        bottom + 38.0,
        panel.axis
    );
    for (index, (line, colour)) in panel.lines.iter().zip(COLOURS).enumerate() {
        svg += &curve(line, colour, &x, &y);
        if panel.lines.len() > 1 {
            let (at, down) = (left + 10.0, top + 4.0 + index as f64 * 16.0);
            let _ = writeln!(
                svg,
                "<path d=\"M{at} {down}h18\" stroke=\"{colour}\" stroke-width=\"2\"/>\
                 <text x=\"{}\" y=\"{}\" fill=\"{colour}\">{}</text>",
                at + 24.0,
                down + 4.0,
                line.name
            );
        }
    }
    svg
}

/// Draws a line through the medians, and a bar from the least to the largest value of each step.
fn curve(line: &Line, colour: &str, x: &Scale, y: &Scale) -> String {
    let (mut path, mut marks) = (String::new(), String::new());
    for point in &line.points {
        let (spread, at) = (point.spread(), x.place(point.x));
        let (middle, low, high) =
            (y.place(spread.median), y.place(spread.least), y.place(spread.most));
        let _ = write!(path, "{}{at:.1} {middle:.1}", if path.is_empty() { 'M' } else { 'L' });
        let _ = writeln!(
            marks,
            "<path d=\"M{at:.1} {low:.1}V{high:.1}\" stroke=\"{colour}\"/>\
             <circle cx=\"{at:.1}\" cy=\"{middle:.1}\" r=\"3\" fill=\"{colour}\"/>"
        );
    }
    format!("<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n{marks}")
}

/// About four round numbers from zero to at least `most`.
fn rounds(most: f64) -> Vec<f64> {
    let digit = 10_f64.powf((most / 4.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * digit);
    let step = step.into_iter().find(|step| most / step <= 5.0).unwrap_or(most);
    let mut marks = vec![0.0];
    while marks[marks.len() - 1] < most {
        marks.push(marks.len() as f64 * step);
    }
    marks
}

/// Powers of ten from at most `least` to at least `most`.
fn decades(least: f64, most: f64) -> Vec<f64> {
    let mut power = least.log10().floor();
    let mut marks = vec![10_f64.powf(power)];
    while marks[marks.len() - 1] < most {
        power += 1.0;
        marks.push(10_f64.powf(power));
    }
    marks
}
