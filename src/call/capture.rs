//! The log of a run.

use std::{mem, sync::Arc};

use log::{LevelFilter, Log, Metadata, Record};
use serde_json::{Map, Value};

use crate::{lock::Lock, state::json::set};

/// The most lines of one event that are kept.
const MAX_LINES: usize = 1000;

/// Keeps what is logged during an event.
#[derive(Clone, Debug, Default)]
pub(super) struct Capture(Arc<Lock<Lines>>);

/// The lines since the last look.
#[derive(Debug, Default)]
struct Lines {
    /// The level of each in lower case, and its text.
    kept: Vec<(String, String)>,
    /// How many were more than are kept.
    left_out: u64,
}

impl Capture {
    /// Makes a capture that keeps what this process logs. If the process has a log already, the
    /// lines go there.
    pub(super) fn install() -> Self {
        let capture = Self::default();
        if log::set_boxed_logger(Box::new(capture.clone())).is_ok() {
            log::set_max_level(LevelFilter::Info);
        }
        capture
    }

    /// Takes the lines, without those that are `told` otherwise.
    pub(super) fn take(&self, told: Option<&str>) -> Value {
        let Lines { kept, left_out } = mem::take(&mut *self.0.lock());
        let mut lines: Vec<Value> = Vec::new();
        for (level, text) in kept {
            if Some(text.as_str()) == told {
                continue;
            }
            let mut line = Map::new();
            set(&mut line, "level", level.into());
            set(&mut line, "text", text.into());
            lines.push(line.into());
        }
        if left_out > 0 {
            let mut line = Map::new();
            set(&mut line, "left_out", left_out.into());
            lines.push(line.into());
        }
        lines.into()
    }
}

impl Log for Capture {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= LevelFilter::Info
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let mut lines = self.0.lock();
        if lines.kept.len() < MAX_LINES {
            let level = record.level().as_str().to_ascii_lowercase();
            lines.kept.push((level, record.args().to_string()));
        } else {
            lines.left_out += 1;
        }
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use log::Level;
    use serde_json::json;

    use super::*;

    #[test]
    fn so_many_lines_are_kept_and_one_more_is_counted() {
        let capture = Capture::default();
        let log = |text: &str| {
            let level = Level::Info;
            let mut record = Record::builder();
            capture.log(&record.level(level).target("a").args(format_args!("{text}")).build());
        };
        log("told");
        (1..MAX_LINES).for_each(|_| log("line"));
        log("one more");
        let lines = capture.take(Some("told"));
        assert_eq!(lines[0], json!({"level": "info", "text": "line"}));
        assert_eq!(lines[MAX_LINES - 1], json!({"left_out": 1}));
        assert_eq!(capture.take(None), json!([]));
    }
}
