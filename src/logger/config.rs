//! The manifest's `[logging]`: what of the actor's log is kept, and where.

use std::path::PathBuf;

use log::LevelFilter;

use crate::config::{Table, Value};

/// What of an actor's log is kept, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    /// The least severe level that is kept; `Off` keeps nothing. Default `Info`.
    pub level: LevelFilter,
    /// Where the lines go. Default standard error.
    pub output: Output,
    /// Accepted because Theater's manifests have it, and without effect: this host keeps no
    /// chain of events. Default false.
    pub chain_events: bool,
}

impl Default for Logging {
    fn default() -> Self {
        Self { level: LevelFilter::Info, output: Output::Stderr, chain_events: false }
    }
}

/// Where the lines of a log go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Standard error, together with the host's own lines.
    Stderr,
    /// Standard output.
    Stdout,
    /// The end of a file, which is made where there is none.
    File(PathBuf),
}

impl Logging {
    /// Reads `[logging]`. `name` is the actor's, which a file in `log_dir` is called after.
    pub fn read(mut table: Table<'_>, name: &str) -> Self {
        let defaults = Self::default();
        let level = table.get("level");
        let output = table.get("output");
        let file_path = table.get("file_path");
        let log_dir = table.get("log_dir");
        let chain_events = table.get("chain_events");
        table.finish();
        Self {
            level: level.and_then(|value| read_level(&value)).unwrap_or(defaults.level),
            output: read_output(output, file_path, log_dir, name).unwrap_or(defaults.output),
            chain_events: chain_events.and_then(|value| value.boolean()).unwrap_or_default(),
        }
    }
}

/// Reads a level.
fn read_level(value: &Value<'_>) -> Option<LevelFilter> {
    let level = value.as_str().and_then(|text| text.parse().ok());
    if level.is_none() {
        let advice = "write \"error\", \"warn\", \"info\", \"debug\", \"trace\" or \"off\"";
        value.refuse_as("a level", advice);
    }
    level
}

/// Reads the three keys that say where the lines go. `None` where none of them is given, or
/// a mistake was found.
fn read_output(
    output: Option<Value<'_>>,
    file_path: Option<Value<'_>>,
    log_dir: Option<Value<'_>>,
    name: &str,
) -> Option<Output> {
    let (file_key, file) = match (&file_path, &log_dir) {
        (Some(_), Some(folder)) => {
            folder.place.refuse("contradicts logging.file_path", "keep one of the two");
            return None;
        }
        (Some(path), None) => (Some(path), path.path()),
        (None, Some(folder)) => {
            let file = folder.path().map(|folder| folder.join(format!("{name}.log")));
            (Some(folder), file)
        }
        (None, None) => (None, None),
    };
    let Some(output) = output else { return file.map(Output::File) };
    let stream = match output.as_str() {
        Some("file") if file_key.is_none() => {
            let advice = "add file_path = \"actor.log\" or log_dir = \"logs\"";
            output.place.refuse("\"file\" does not say which file", advice);
            return None;
        }
        Some("file") => return file.map(Output::File),
        Some("stderr") => Output::Stderr,
        Some("stdout") => Output::Stdout,
        _ => {
            output.refuse_as("an output", "write \"stderr\", \"stdout\" or \"file\"");
            return None;
        }
    };
    if let Some(key) = file_key {
        let problem = format!("contradicts logging.output = {}", output.shown());
        key.place.refuse(problem, "remove one of the two, or write output = \"file\"");
    }
    Some(stream)
}
