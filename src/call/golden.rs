//! Compares reports with those of a file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use super::{CallError, report::TAKEN, script::unread, text};
use crate::regular::{self, Unread};

/// The largest file of expected reports, in bytes.
const MAX_FILE: usize = 64 << 20;
/// The most characters of a value that a difference shows.
const MAX_SHOWN: usize = 300;

/// The expected reports, and how far they hold.
#[derive(Debug)]
pub(super) struct Golden {
    file: PathBuf,
    /// The lines that are still expected, the next one last.
    expected: Vec<(usize, Value)>,
    /// How many reports there were.
    count: usize,
    /// The first difference.
    difference: Option<String>,
    /// The text of the new file; `None` if the file is not written.
    new: Option<String>,
}

impl Golden {
    /// Reads the expected reports, unless they are to be written.
    pub(super) fn new(file: &Path, update: bool) -> Result<Self, CallError> {
        let mut this = Self {
            file: file.into(),
            expected: Vec::new(),
            count: 0,
            difference: None,
            new: update.then(String::new),
        };
        if update {
            return Ok(this);
        }
        let text = regular::read(file, MAX_FILE).and_then(|bytes| {
            String::from_utf8(bytes).map_err(|error| Unread::Io(std::io::Error::other(error)))
        });
        let text = text.map_err(|error| unread(file, &error))?;
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let line_number = index + 1;
            let value = serde_json::from_str(line).map_err(|error| {
                CallError::other(format_args!(
                    "{}:{line_number}: not JSON: {error}; `--update` writes the file anew",
                    file.display()
                ))
            })?;
            this.expected.push((line_number, value));
        }
        this.expected.reverse();
        Ok(this)
    }

    /// Adds a report.
    pub(super) fn add(&mut self, report: &Value) {
        self.count += 1;
        if let Some(new) = &mut self.new {
            *new += &text::line(report);
            return;
        }
        if self.difference.is_some() {
            return;
        }
        let (file, count, name) = (self.file.display(), self.count, name(report));
        self.difference = match self.expected.pop() {
            None => Some(format!("{file}: event {count}, {name}, is not expected\n")),
            Some((line, expected)) => {
                let differs = expected_of(&expected, report);
                differs.map(|(place, expected, found)| {
                    format!(
                        "{file}:{line}: event {count}, {name}, differs in `{place}`:\n  \
                         expected {expected}\n  found    {found}\n"
                    )
                })
            }
        };
    }

    /// Ends the comparison, or writes the file. Returns whether all was as expected, and what to say.
    pub(super) fn finish(mut self) -> Result<(bool, String), CallError> {
        let file = self.file.display();
        if let Some(new) = &self.new {
            let written = fs::write(&self.file, new);
            written.map_err(|error| {
                CallError::other(format_args!("{file}: cannot be written: {error}"))
            })?;
            return Ok((true, format!("{} events are written to {file}\n", self.count)));
        }
        if let Some(difference) = self.difference.take() {
            return Ok((false, difference));
        }
        if let Some((line, expected)) = self.expected.pop() {
            return Ok((false, format!("{file}:{line}: {} is missing\n", name(&expected))));
        }
        Ok((true, format!("{} events, all as in {file}\n", self.count)))
    }
}

/// What a report is about, for people.
fn name(report: &Value) -> String {
    let text = |key| report.get(key).and_then(Value::as_str);
    let event = text("event").unwrap_or("an event");
    text("client").map_or_else(|| event.into(), |client| format!("{event} of {client}"))
}

/// The first place where a report is not as expected, with both values. Keys that the expected one
/// does not have may have any value.
fn expected_of(expected: &Value, report: &Value) -> Option<(String, String, String)> {
    let (Some(expected), Some(report)) = (expected.as_object(), report.as_object()) else {
        return difference(expected, report, String::new());
    };
    let compared = expected.iter().filter(|(key, _)| !TAKEN.contains(&key.as_str()));
    // Why an event failed comes first: it explains all other differences.
    let (errors, others): (Vec<_>, Vec<_>) =
        compared.partition(|(key, _)| *key == super::report::ERROR);
    errors.into_iter().chain(others).find_map(|(key, value)| {
        difference(value, report.get(key).unwrap_or(&Value::Null), key.clone())
    })
}

/// The first place where two values differ.
fn difference(expected: &Value, found: &Value, place: String) -> Option<(String, String, String)> {
    if expected == found {
        return None;
    }
    match (expected, found) {
        (Value::Object(one), Value::Object(other)) => {
            let within = differing_key(one, other);
            if let Some((key, one, other)) = within {
                let dot = if place.is_empty() { "" } else { "." };
                return difference(one, other, format!("{place}{dot}{key}"));
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            let mut pairs = one.iter().zip(other).enumerate();
            if let Some((index, (one, other))) = pairs.find(|(_, (one, other))| one != other) {
                return difference(one, other, format!("{place}[{index}]"));
            }
            let index = one.len().min(other.len());
            let of = |list: &[Value]| list.get(index).map_or("nothing".into(), shown);
            return Some((format!("{place}[{index}]"), of(one), of(other)));
        }
        _ => {}
    }
    Some((place, shown(expected), shown(found)))
}

/// The first key that both objects have with different values.
fn differing_key<'a>(
    one: &'a Map<String, Value>,
    other: &'a Map<String, Value>,
) -> Option<(&'a String, &'a Value, &'a Value)> {
    if !one.keys().eq(other.keys()) {
        return None;
    }
    let pairs = one.iter().zip(other.values()).map(|((key, one), other)| (key, one, other));
    pairs.into_iter().find(|(_, one, other)| one != other)
}

/// A value in a difference.
fn shown(value: &Value) -> String {
    let text = text::line(value);
    let text = text.trim_end();
    match text.char_indices().nth(MAX_SHOWN) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or(text)),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compared(expected: &Value, found: &Value) -> Option<String> {
        expected_of(expected, found)
            .map(|(place, expected, found)| format!("{place}: {expected} {found}"))
    }

    #[test]
    fn the_first_difference_is_named_by_its_place() {
        let found = json!({
            "event": "text", "answer": [{"text": "a"}, {"text": "b"}], "error": null,
            "state": {"before": "0", "after": "1"}, "fuel": 5, "ms": 0.1,
        });
        for (expected, difference) in [
            (json!({}), None),
            (found.clone(), None),
            (json!({"fuel": 7, "ms": 9.0}), None),
            (
                json!({"answer": [{"text": "a"}, {"text": "c"}]}),
                Some("answer[1].text: \"c\" \"b\""),
            ),
            (json!({"answer": [{"text": "a"}]}), Some("answer[1]: nothing {\"text\":\"b\"}")),
            (json!({"answer": [{"text": "a"}, {"text": "b"}, {}]}), Some("answer[2]: {} nothing")),
            (
                json!({"answer": [{"binary": "a"}]}),
                Some("answer[0]: {\"binary\":\"a\"} {\"text\":\"a\"}"),
            ),
            (json!({"state": {"before": "0", "after": "2"}}), Some("state.after: \"2\" \"1\"")),
            (json!({"answer": [], "error": "trap"}), Some("error: \"trap\" null")),
            (json!({"new": 5}), Some("new: 5 null")),
            (json!(5), None),
        ] {
            let found = compared(&expected, &found);
            if expected == json!(5) {
                assert!(found.unwrap().starts_with(": 5 {"));
                continue;
            }
            assert_eq!(found.as_deref(), difference, "{expected}");
        }
        let long = compared(&json!({"a": "x".repeat(400)}), &json!({"a": 1})).unwrap();
        assert_eq!(long.chars().count(), MAX_SHOWN + "a: … 1".len() - "…".len() + 1);
    }
}
