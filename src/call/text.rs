//! Reports as text for people, and as lines of JSON for programs.

use serde_json::{Map, Value};

use crate::{config::units::Quantity, visible};

/// The most characters that a value is shown with.
const MAX: usize = 200;
/// The most lines of one kind in a report.
const MAX_ROWS: usize = 100;
/// The most receivers that a broadcast is shown with.
const MAX_NAMES: usize = 20;

/// A report as one line of JSON.
pub(super) fn line(report: &Value) -> String {
    // Hidden characters are escaped, which JSON reads back as the same.
    visible::json(&report.to_string()) + "\n"
}

/// A report as some lines of text: what happened, and below it what the actor did.
pub(super) fn block(report: &Value) -> String {
    let Some(report) = report.as_object() else { return String::new() };
    let mut block = Block(head(report));
    if let Some(error) = report.get("error").and_then(Value::as_str) {
        block.row("FAILED", &visible::lines(error).replace('\n', "\n           "));
    }
    block.list("answer", report.get("answer"), message);
    block.list("effect", report.get("effects"), message);
    if let Some(state) = report.get("state") {
        block.row("state", &change(state, "unchanged: "));
    }
    block.entries("stored", report.get("storage"), |key, values| {
        format!("{} {}", quoted(key), change(values, ""))
    });
    block.entries("tags", report.get("tags"), |client, tags| {
        let tags = tags.as_array().map(Vec::as_slice).unwrap_or_default();
        format!("{client}: {}", tags.iter().map(shown).collect::<Vec<_>>().join(", "))
    });
    block.entries("attached", report.get("attachments"), |client, bytes| {
        format!("{client}: {}", shown(bytes))
    });
    if let Some(alarm) = report.get("alarm").and_then(Value::as_object) {
        let set = alarm.get("set").and_then(Value::as_u64);
        let set = set.map(|left| format!("in {}", Quantity::Duration.text(left)));
        block.row("alarm", set.as_deref().unwrap_or("none"));
    }
    block.entries("written", report.get("files"), |path, content| {
        format!("{} {}", quoted(path), shown(content))
    });
    block.list("log", report.get("log"), |line| {
        let text = |key| line.get(key).and_then(Value::as_str);
        match (text("level"), text("text")) {
            (Some("info") | None, Some(line)) => escaped(line),
            (Some(level), Some(line)) => format!("{level}: {}", escaped(line)),
            _ => format!("and {} more lines", shown_key(line, "left_out")),
        }
    });
    let fuel = report.get("fuel").and_then(Value::as_u64).unwrap_or(0);
    let ms = report.get("ms").and_then(Value::as_f64).unwrap_or(0.0);
    block.row("took", &format!("{} fuel, {ms} ms", Quantity::Count.text(fuel)));
    block.0
}

/// The lines of a report.
struct Block(String);

impl Block {
    /// Adds a line.
    fn row(&mut self, label: &str, content: &str) {
        self.0 += &format!("  {label:<8} {content}\n");
    }

    /// Adds a line for each item of a list, as far as they are not too many.
    fn list(&mut self, label: &str, list: Option<&Value>, show: impl Fn(&Value) -> String) {
        let items = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        items.iter().take(MAX_ROWS).for_each(|item| self.row(label, &show(item)));
        self.more(label, items.len());
    }

    /// The same for the entries of an object.
    fn entries(
        &mut self,
        label: &str,
        object: Option<&Value>,
        show: impl Fn(&str, &Value) -> String,
    ) {
        let Some(object) = object.and_then(Value::as_object) else { return };
        let some = object.iter().take(MAX_ROWS);
        some.for_each(|(key, value)| self.row(label, &show(key, value)));
        self.more(label, object.len());
    }

    /// Says how many of `all` are not shown, if some are not.
    fn more(&mut self, label: &str, all: usize) {
        if let Some(more @ 1..) = all.checked_sub(MAX_ROWS) {
            self.row(label, &format!("and {more} more"));
        }
    }
}

/// What happened.
fn head(report: &Map<String, Value>) -> String {
    let text = |key: &str| report.get(key).and_then(Value::as_str);
    let mut head = text("event").unwrap_or_default().to_owned();
    if let Some(message) = report.get("message").filter(|message| !message.is_null()) {
        head = self::message(message);
    }
    if let Some(client) = text("client") {
        head = format!("{client}: {head}");
    }
    if let Some(number) = report.get("connection").and_then(Value::as_u64) {
        head += &format!(" (#{number})");
    }
    head.push('\n');
    head
}

/// A message, with who gets it: `to ann: text "hello"`.
fn message(message: &Value) -> String {
    let mut parts = Vec::new();
    let Some(object) = message.as_object() else { return String::new() };
    if let Some(to) = object.get("to") {
        parts.push(format!("to {}:", bare(to)));
    }
    if let Some(all) = object.get("broadcast").and_then(Value::as_array) {
        let more = all.len().saturating_sub(MAX_NAMES);
        let mut names: Vec<_> = all.iter().take(MAX_NAMES).map(bare).collect();
        if more > 0 {
            names.push(format!("and {more} more"));
        }
        parts.push(format!("to {}:", names.join(", ")));
    }
    for (key, value) in object {
        match key.as_str() {
            "to" | "broadcast" => {}
            "close" => parts.push(format!(
                "close {} {}",
                shown_key(value, "code"),
                shown_key(value, "reason")
            )),
            key => parts.push(format!("{key} {}", shown(value))),
        }
    }
    parts.join(" ")
}

/// A change: the values before and after it. `same` precedes one that is no change.
fn change(change: &Value, same: &str) -> String {
    let of = |key| shown_key(change, key);
    if change.get("before") == change.get("after") {
        return format!("{same}{}", of("after"));
    }
    format!("{} → {}", of("before"), of("after"))
}

/// An entry of an object.
fn shown_key(value: &Value, key: &str) -> String {
    value.get(key).map(shown).unwrap_or_default()
}

/// A name without quotes.
fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), escaped)
}

/// A value: text in quotes, other bytes in hexadecimal, and what is long cut.
fn shown(value: &Value) -> String {
    let length = value.get("bytes").and_then(Value::as_u64);
    let length = length.map(|bytes| format!("… ({bytes} bytes)"));
    let value = value.get("beginning").unwrap_or(value);
    let (mut text, is_hex) = match (value.as_str(), value.get("hex").and_then(Value::as_str)) {
        (Some(text), _) => (text, false),
        (None, Some(digits)) => (digits, true),
        (None, None) if value.is_null() => return "none".into(),
        (None, None) => return value.to_string(),
    };
    let cut = text.char_indices().nth(MAX).map(|(at, _)| at);
    let whole = if is_hex { text.len() / 2 } else { text.len() };
    let length = length.or_else(|| cut.map(|_| format!("… ({whole} bytes)")));
    text = cut.and_then(|at| text.get(..at)).unwrap_or(text);
    let text = if is_hex { format!("hex {text}") } else { quoted(text) };
    text + &length.unwrap_or_default()
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
            "now": 5, "fuel": 12_345, "ms": 0.25,
        });
        assert_eq!(
            block(&report),
            "\
ann: text \"hi\\n\" (#1)
  answer   text \"{\"a\":1}\"
  answer   close 4001 \"bye\"
  effect   to bob: binary hex 00ff
  effect   to bob, eve: text \"all\"
  state    \"0\" → none
  stored   \"k\" none → \"v\"
  tags     ann: \"a\", \"b\"
  attached bob: none
  alarm    in 5s
  written  \"f\" \"x\"
  log      actor: \\u{202e}
  log      warn: w
  log      and 2 more lines
  took     12_345 fuel, 0.25 ms
"
        );
    }

    #[test]
    fn what_is_too_much_for_people_is_counted() {
        let lines: Vec<_> = (0..=MAX_ROWS).map(|_| json!({"level": "info", "text": "x"})).collect();
        let text = block(&json!({"event": "alarm", "log": lines}));
        assert_eq!(text.matches("  log      x\n").count(), MAX_ROWS);
        assert!(text.contains("  log      and 1 more\n"), "{text}");
        let names: Vec<_> = (0..=MAX_NAMES).map(|number| json!(number.to_string())).collect();
        let text = message(&json!({"broadcast": names, "text": "x"}));
        assert!(text.ends_with(", 19, and 1 more: text \"x\""), "{text}");
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
