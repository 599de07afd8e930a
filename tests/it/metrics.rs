//! `/metrics`: its form, its names, and how long events take.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    process::{Command, Stdio},
};

use crate::support::{Server, emulated, get, guest};

/// The document that explains them.
const DEPLOY: &str = include_str!("../../docs/deploy.md");

/// The names and values of a value's labels.
type Labels = Vec<(String, String)>;

/// A metric with all of its values.
#[derive(Debug, Default)]
struct Family {
    kind: String,
    /// The name of each value with its labels, in the order of the text.
    values: Vec<(String, Labels, f64)>,
}

/// Reads metrics in Prometheus' text format, and refuses what that does not allow.
fn families(text: &str) -> BTreeMap<String, Family> {
    let mut families = BTreeMap::<String, Family>::new();
    let (mut name, mut help) = (String::new(), String::new());
    let mut seen = BTreeSet::new();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (of, text) = rest.split_once(' ').unwrap();
            assert!(text.ends_with('.') && !text.contains('\\'), "{line}");
            help = of.to_owned();
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (of, kind) = rest.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind) && of == help, "{line}");
            let family = Family { kind: kind.into(), ..Family::default() };
            assert!(families.insert(of.into(), family).is_none(), "twice: {line}");
            name = of.to_owned();
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            assert!(seen.insert(series), "twice: {line}");
            let (of, labels) = series.split_once('{').unwrap_or((series, "}"));
            let family = families.get_mut(&name).unwrap();
            let suffix = of.strip_prefix(&name).unwrap_or_else(|| panic!("{line} after {name}"));
            match family.kind.as_str() {
                "histogram" => assert!(["_bucket", "_sum", "_count"].contains(&suffix), "{line}"),
                _ => assert_eq!(suffix, "", "{line}"),
            }
            family.values.push((of.into(), pairs(labels), value.parse().unwrap()));
        }
    }
    families
}

/// The labels of a value. None of them has a character that is escaped.
fn pairs(text: &str) -> Labels {
    let text = text.strip_suffix('}').unwrap();
    let pair = |text: &str| {
        let (name, value) = text.split_once('=').unwrap();
        let value = value.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
        assert!(!value.contains(['"', '\\', '\n']));
        (name.to_owned(), value.to_owned())
    };
    text.split(',').filter(|text| !text.is_empty()).map(pair).collect()
}

/// The metrics of the actor `events`.
fn metrics(server: &Server) -> String {
    let answer = get(server.address("events"), "/metrics");
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[test]
fn every_metric_has_the_form_and_the_name_that_prometheus_asks_for() {
    let server = Server::of(guest("events"));
    server.client("events").expect("state:0");
    let text = metrics(&server);
    for (name, family) in families(&text) {
        assert!(name.starts_with("footlight_") || name.starts_with("process_"), "{name}");
        let allowed = |c: char| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit();
        assert!(name.chars().all(allowed), "{name}");
        assert_eq!(family.kind == "counter", name.ends_with("_total"), "{name}");
        // Base units, without prefixes.
        for wrong in ["_ms", "_milli", "_micro", "_nano", "_kb", "_kilo", "_minutes"] {
            assert!(!name.contains(wrong), "{name}");
        }
        assert!(!family.values.is_empty(), "{name}");
    }
    check_with_promtool(&text);
}

#[test]
fn the_manual_explains_each_metric_and_no_other() {
    let data = tempfile::tempdir().unwrap();
    let options = ["--data", data.path().to_str().unwrap()];
    let server = Server::start_with(&options, &[guest("events")]);
    let (_, section) = DEPLOY.split_once("\n## Metrics\n").unwrap();
    let rows = section.split("\n## ").next().unwrap().lines();
    let cells = rows.filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let names = cells.flat_map(|cell| cell.trim_end_matches('`').split("`, `"));
    let written: BTreeSet<_> = names.map(str::to_owned).collect();
    let real: BTreeSet<_> = families(&metrics(&server)).into_keys().collect();
    assert_eq!(written, real);
}

/// Lets Prometheus' own tool check the text. CI may set `FOOTLIGHT_PROMTOOL=required`.
fn check_with_promtool(text: &str) {
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.stdout(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(error) => {
            let required = std::env::var_os("FOOTLIGHT_PROMTOOL").is_some();
            assert!(!required, "promtool can't be started: {error}");
            return eprintln!("SKIPPED: promtool does not check /metrics: {error}");
        }
    };
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn each_event_is_once_in_both_histograms_whose_buckets_add_up() {
    let server = Server::of(guest("events").limit("time", "\"200ms\""));
    let mut client = server.client("events");
    client.expect("state:0");
    for _ in 0..10 {
        client.ask("hello", "hello");
    }
    client.text("loop");
    client.expect_close(1011);
    crate::support::eventually("handled", || {
        let families = families(&metrics(&server));
        families["footlight_events_total"].values[0].2 == 13.0
    });
    let families = families(&metrics(&server));
    for name in ["footlight_event_duration_seconds", "footlight_mailbox_wait_seconds"] {
        let family = &families[name];
        let value = |part: &str| {
            let found = family.values.iter().find(|(of, ..)| *of == format!("{name}{part}"));
            found.unwrap().2
        };
        let buckets: Vec<_> =
            family.values.iter().filter(|(of, ..)| of.ends_with("_bucket")).collect();
        let bound = |labels: &[(String, String)]| labels[1].1.parse::<f64>().unwrap();
        assert!(buckets.iter().all(|(_, labels, _)| labels[1].0 == "le"));
        assert!(buckets.is_sorted_by(|one, other| bound(&one.1) < bound(&other.1)));
        assert!(buckets.is_sorted_by(|one, other| one.2 <= other.2));
        let (_, last, count) = buckets.last().unwrap();
        assert!(bound(last).is_infinite());
        assert_eq!((*count, value("_count")), (13.0, 13.0), "{name}");
        // No clock is wrong by an hour.
        assert!(value("_sum") < 3600.0);
    }
    let times = &families["footlight_event_duration_seconds"].values;
    let at = |bound: &str| times.iter().find(|(_, labels, _)| labels[1].1 == bound).unwrap().2;
    // The endless loop took its processor time, so at least as long.
    assert!(at("0.1") <= 12.0, "{times:?}");
}

#[test]
fn the_process_tells_its_time_its_memory_and_its_descriptors() {
    let server = Server::of(guest("events"));
    let families = families(&metrics(&server));
    let value = |name: &str| families[&format!("process_{name}")].values[0].2;
    assert!(value("cpu_seconds_total") > 0.0);
    assert!(value("resident_memory_bytes") > 1e6);
    assert!(value("open_fds") >= 4.0 && value("open_fds") <= value("max_fds"));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let start = value("start_time_seconds");
    assert!(emulated() || (now.as_secs_f64() - start).abs() < 600.0, "{start}");
}
