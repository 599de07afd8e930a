//! Reports as text for people, and as lines of JSON for programs.

use serde_json::{Map, Value};

use super::report::Taken;
use crate::{config::units::Quantity, visible};

/// The most characters that a value is shown with.
const MAX: usize = 200;
/// The most lines of one kind in a report.
const MAX_ROWS: usize = 100;
/// The most items that a list within a row is shown with.
const MAX_ITEMS: usize = 20;

/// A report as one line of JSON.
pub(super) fn line(report: &Value) -> String {
    // Hidden characters are escaped, which JSON reads back as the same.
    visible::json(&report.to_string()) + "\n"
}

/// The keys that a text shows, with what stands before their rows.
const ROWS: [(&str, &str); 10] = [
    ("answer", "answer"),
    ("effects", "effect"),
    ("fetches", "fetched"),
    ("state", "state"),
    ("storage", "stored"),
    ("tags", "tags"),
    ("attachments", "attached"),
    ("alarm", "alarm"),
    ("files", "written"),
    ("log", "log"),
];

/// A report as some lines of text: what happened, and below it what the actor did.
pub(super) fn block(report: &Value, taken: Taken) -> String {
    let mut block = Block(head(report));
    if let Some(error) = report.get("error").and_then(Value::as_str) {
        block.row("FAILED", &visible::lines(error).replace('\n', "\n           "));
    }
    for (key, label) in ROWS {
        match report.get(key) {
            Some(Value::Array(items)) => {
                items.iter().take(MAX_ROWS).for_each(|item| block.row(label, &shown(item)));
                block.more(label, items.len());
            }
            // These have keys of their own. Those of the others are names.
            Some(value @ Value::Object(_)) if key == "state" || key == "alarm" => {
                block.row(label, &shown(value));
            }
            Some(Value::Object(entries)) => {
                for (name, value) in entries.iter().take(MAX_ROWS) {
                    block.row(label, &[&quoted(name), " ", &shown(value)].concat());
                }
                block.more(label, entries.len());
            }
            _ => {}
        }
    }
    let fuel = Quantity::Count.text(taken.fuel);
    block.row("took", &format!("{fuel} fuel, {} ms", taken.millis()));
    block.0
}

/// The lines of a report.
struct Block(String);

impl Block {
    /// Adds a line.
    #[inline(never)]
    fn row(&mut self, label: &str, content: &str) {
        self.0 += &format!("  {label:<8} {content}\n");
    }

    /// Says how many of `all` are not shown, if some are not.
    fn more(&mut self, label: &str, all: usize) {
        if let Some(more @ 1..) = all.checked_sub(MAX_ROWS) {
            self.row(label, &format!("and {more} more"));
        }
    }
}

/// What happened.
fn head(report: &Value) -> String {
    let text = |key: &str| report.get(key).and_then(Value::as_str);
    let mut head = String::new();
    if let Some(client) = text("client") {
        head = [client, ": "].concat();
    }
    // Some have the same message.
    if let Some(event @ ("send" | "request" | "mqtt" | "mqtt-up" | "mqtt-down")) = text("event") {
        head += &[event, " "].concat();
    }
    match report.get("message") {
        Some(message @ Value::Object(_)) => head += &shown(message),
        _ => head += text("event").unwrap_or_default(),
    }
    if let Some(number) = report.get("connection").and_then(Value::as_u64) {
        head += &format!(" (#{number})");
    }
    head.push('\n');
    head
}

/// A value: text in quotes, other bytes in hexadecimal, and what is long cut.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".into(),
        Value::String(text) => {
            let cut = text.char_indices().nth(MAX).and_then(|(at, _)| text.get(..at));
            let mut shown = quoted(cut.unwrap_or(text));
            if cut.is_some() {
                shown += &format!("… ({} bytes)", text.len());
            }
            shown
        }
        Value::Array(items) => {
            let mut shown: Vec<_> = items.iter().take(MAX_ITEMS).map(self::shown).collect();
            if let Some(more @ 1..) = items.len().checked_sub(MAX_ITEMS) {
                shown.push(format!("and {more} more"));
            }
            shown.join(", ")
        }
        Value::Object(entries) => object(value, entries),
        other => other.to_string(),
    }
}

/// An object: its keys and values, or what it stands for.
fn object(value: &Value, entries: &Map<String, Value>) -> String {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    if let (Some(before), Some(after)) = (value.get("before"), value.get("after")) {
        if before == after {
            return ["unchanged: ", &shown(after)].concat();
        }
        return [&shown(before), " → ", &shown(after)].concat();
    }
    if let (Some(level), Some(line)) = (text("level"), text("text")) {
        let line = escaped(line);
        return if level == "info" { line } else { [level, ": ", &line].concat() };
    }
    if let (Some(beginning), Some(bytes)) = (value.get("beginning"), value.get("bytes")) {
        return format!("{}… ({bytes} bytes)", shown(beginning));
    }
    if let Some(digits) = text("hex") {
        let cut = digits.get(..MAX);
        let more = cut.map(|_| format!("… ({} bytes)", digits.len() / 2));
        return ["hex ", cut.unwrap_or(digits), &more.unwrap_or_default()].concat();
    }
    if let Some(left) = value.get("set").and_then(Value::as_u64) {
        return ["in ", &Quantity::Duration.text(left)].concat();
    }
    let mut parts = Vec::new();
    for (key, value) in entries {
        if !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty()) {
            parts.push([key, " ", &shown(value)].concat());
        }
    }
    if parts.is_empty() { "none".into() } else { parts.join(" ") }
}

/// Text in quotes. Quotes inside stay as they are, because JSON has so many.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Text without hidden characters.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        // Writing to a string can't fail.
        let _ = visible::write(&mut shown, c);
    }
    shown
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_block_has_a_row_for_each_thing_that_the_actor_did() {
        let report = json!({
            "event": "text", "client": "ann", "connection": 1, "message": {"text": "hi\n"},
            "error": null,
            "answer": [{"text": "{\"a\":1}"}, {"close": {"code": 4001, "reason": "bye"}}],
            "effects": [{"to": "bob", "binary": {"hex": "00ff"}},
                        {"broadcast": ["bob", "eve"], "text": "all"}],
            "state": {"before": "0", "after": null},
            "storage": {"k": {"before": null, "after": "v"}},
            "tags": {"ann": ["a", "b"]}, "attachments": {"bob": null},
            "alarm": {"set": 5000}, "files": {"f": "x"},
            "log": [{"level": "info", "text": "actor: \u{202e}"}, {"level": "warn", "text": "w"},
                    {"left_out": 2}],
            "fetches": [{"request": {"method": "GET", "uri": "https://a.example/", "headers": [],
                         "body": null}, "response": {"status": 200, "headers": [["a", "b"]], "body": "x"}}],
            "now": 5,
        });
        let taken = Taken { fuel: 12_345, took: Duration::from_micros(250) };
        assert_eq!(
            block(&report, taken),
            "\
ann: text \"hi\\n\" (#1)
  answer   text \"{\"a\":1}\"
  answer   close code 4001 reason \"bye\"
  effect   binary hex 00ff to \"bob\"
  effect   broadcast \"bob\", \"eve\" text \"all\"
  fetched  request method \"GET\" uri \"https://a.example/\" response body \"x\" headers \"a\", \"b\" status 200
  state    \"0\" → none
  stored   \"k\" none → \"v\"
  tags     \"ann\" \"a\", \"b\"
  attached \"bob\" none
  alarm    in 5s
  written  \"f\" \"x\"
  log      actor: \\u{202e}
  log      warn: w
  log      left_out 2
  took     12_345 fuel, 0.25 ms
"
        );
    }

    #[test]
    fn a_block_tells_a_message_of_another_actor_from_a_request() {
        let taken = || Taken { fuel: 0, took: Duration::ZERO };
        for event in ["send", "request"] {
            let report = json!({"event": event, "message": {"from": "lamp", "data": "on"}});
            let text = block(&report, taken());
            assert_eq!(text.lines().next(), Some(&*format!("{event} data \"on\" from \"lamp\"")));
        }
    }

    #[test]
    fn what_is_too_much_for_people_is_counted() {
        let lines: Vec<_> = (0..=MAX_ROWS).map(|_| json!({"level": "info", "text": "x"})).collect();
        let taken = Taken { fuel: 0, took: Duration::ZERO };
        let text = block(&json!({"event": "alarm", "log": lines}), taken);
        assert_eq!(text.matches("  log      x\n").count(), MAX_ROWS);
        assert!(text.contains("  log      and 1 more\n"), "{text}");
        let names: Vec<_> = (0..=MAX_ITEMS).map(|number| json!(number.to_string())).collect();
        let text = shown(&json!({"broadcast": names, "text": "x"}));
        assert!(text.ends_with(", \"19\", and 1 more text \"x\""), "{text}");
    }

    #[test]
    fn long_values_are_cut_and_say_how_long_they_are() {
        assert_eq!(shown(&json!("x".repeat(200))), format!("\"{}\"", "x".repeat(200)));
        assert_eq!(shown(&json!("x".repeat(201))), format!("\"{}\"… (201 bytes)", "x".repeat(200)));
        let hex = json!({"hex": "00".repeat(101)});
        assert_eq!(shown(&hex), format!("hex {}… (101 bytes)", "00".repeat(100)));
        let long = json!({"beginning": "abc", "bytes": 5000, "fnv1a": "0"});
        assert_eq!(shown(&long), "\"abc\"… (5000 bytes)");
    }

    #[test]
    fn a_line_of_json_has_no_hidden_character_and_reads_back_as_the_same() {
        let report = json!({"text": "\u{202e}\u{1b}[31m\n\u{0}"});
        let text = line(&report);
        assert!(text.trim_end().chars().all(|c| !visible::is_hidden(c)), "{text:?}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), report);
    }
}
