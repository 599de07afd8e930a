//! Histograms: how many times were at most as long as each bound.

use std::fmt::Write as _;

use crate::histogram::{BOUNDS, Histogram};

/// Adds a histogram of one actor.
pub(super) fn add(text: &mut String, name: &str, help: &str, actor: &str, times: &Histogram) {
    // Writing to a string can't fail.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} histogram");
    let bounds = BOUNDS.iter().map(|(_, words)| *words).chain(["+Inf"]);
    // The count is that of the last bucket, whatever is counted meanwhile.
    let mut count = 0_u64;
    for (bound, in_bucket) in bounds.zip(times.counts()) {
        count = count.wrapping_add(in_bucket);
        let _ = writeln!(text, "{name}_bucket{{actor=\"{actor}\",le=\"{bound}\"}} {count}");
    }
    let (seconds, nanos) = (times.sum() / 1_000_000_000, times.sum() % 1_000_000_000);
    let _ = writeln!(text, "{name}_sum{{actor=\"{actor}\"}} {seconds}.{nanos:09}");
    let _ = writeln!(text, "{name}_count{{actor=\"{actor}\"}} {count}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bucket_has_those_before_it_and_the_last_has_all() {
        let times = Histogram::default();
        for nanos in [50_000, 200_000, 200_000, 7_000_000_000] {
            times.observe(nanos);
        }
        let mut text = String::new();
        add(&mut text, "a_seconds", "Times.", "x", &times);
        let expected = "\
# HELP a_seconds Times.
# TYPE a_seconds histogram
a_seconds_bucket{actor=\"x\",le=\"0.0001\"} 1
a_seconds_bucket{actor=\"x\",le=\"0.0003\"} 3
a_seconds_bucket{actor=\"x\",le=\"0.001\"} 3
a_seconds_bucket{actor=\"x\",le=\"0.003\"} 3
a_seconds_bucket{actor=\"x\",le=\"0.01\"} 3
a_seconds_bucket{actor=\"x\",le=\"0.03\"} 3
a_seconds_bucket{actor=\"x\",le=\"0.1\"} 3
a_seconds_bucket{actor=\"x\",le=\"1\"} 3
a_seconds_bucket{actor=\"x\",le=\"5\"} 3
a_seconds_bucket{actor=\"x\",le=\"+Inf\"} 4
a_seconds_sum{actor=\"x\"} 7.000450000
a_seconds_count{actor=\"x\"} 4
";
        assert_eq!(text, expected);
    }
}
