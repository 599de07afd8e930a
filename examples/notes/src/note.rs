//! A note, as it is stored, as clients get it, and what they may ask for.

use std::fmt::Write;

/// The most bytes of a note's text. So a page of 100 notes fits into the 64 KiB that the host lists
/// at once. It also fits into the default of `limits.answer`, even if JSON escapes every byte.
pub const TEXT: usize = 400;

/// What the keys of all notes begin with.
pub const PREFIX: &str = "note/";

/// A note on the list.
#[derive(Debug, PartialEq)]
pub struct Note {
    /// The first note has number 1. No other note ever gets the number again.
    pub number: u64,
    /// When it was added, in milliseconds since 1970.
    pub at: u64,
    /// Whether it is ticked off.
    pub done: bool,
    pub text: String,
}

impl Note {
    /// Reads an entry of the storage.
    pub fn stored(key: &str, value: &[u8]) -> Option<Self> {
        let number = u64::MAX - u64::from_str_radix(key.strip_prefix(PREFIX)?, 16).ok()?;
        let mut parts = str::from_utf8(value).ok()?.splitn(3, ' ');
        let at = parts.next()?.parse().ok()?;
        let done = parts.next()? == "done";
        Some(Self { number, at, done, text: parts.next()?.into() })
    }

    /// The key of the note with this number. The host lists keys in their order, and the newest note
    /// is to come first. So a greater number has a smaller key.
    pub fn key(number: u64) -> String {
        format!("{PREFIX}{:016x}", u64::MAX - number)
    }

    /// The value to be stored.
    pub fn value(&self) -> String {
        let done = if self.done { "done" } else { "open" };
        format!("{} {done} {}", self.at, self.text)
    }

    /// Appends the note as a JSON object.
    pub fn write_json(&self, json: &mut String) {
        let Self { number, at, done, text } = self;
        // Writing to a string can't fail.
        let _ = write!(json, r#"{{"id":{number},"at":{at},"done":{done},"text":"#);
        write_quoted(json, text);
        json.push('}');
    }
}

/// Appends a text as a JSON string. It copies what needs no escape in one go.
pub fn write_quoted(json: &mut String, text: &str) {
    json.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, ..b' ' | b'"' | b'\\')) {
        let (plain, special) = rest.split_at(at);
        json.push_str(plain);
        let (special, after) = special.split_at(1);
        match special {
            "\"" | "\\" => json.extend(["\\", special]),
            _ => {
                let _ = write!(json, "\\u{:04x}", special.as_bytes()[0]);
            }
        }
        rest = after;
    }
    json.push_str(rest);
    json.push('"');
}

/// What a client may ask for.
#[derive(Debug, PartialEq)]
pub enum Request<'t> {
    /// `add TEXT`: a new note.
    Add(&'t str),
    /// `edit ID TEXT`: another text for a note.
    Edit(u64, &'t str),
    /// `done ID` or `open ID`: a note is ticked off, or not.
    Tick(u64, bool),
    /// `delete ID`: a note leaves the list.
    Delete(u64),
    /// `older ID`: the notes that were added before this one.
    Older(u64),
}

impl<'t> Request<'t> {
    /// Reads a client's text. The error is for the client.
    pub fn read(text: &'t str) -> Result<Self, String> {
        let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
        let number = |text: &str| text.parse().map_err(|_| "The ID is not a number.");
        Ok(match verb {
            "add" => Self::Add(valid(rest)?),
            "edit" => {
                let (id, text) = rest.split_once(' ').unwrap_or((rest, ""));
                Self::Edit(number(id)?, valid(text)?)
            }
            "done" | "open" => Self::Tick(number(rest)?, verb == "done"),
            "delete" => Self::Delete(number(rest)?),
            "older" => Self::Older(number(rest)?),
            _ => {
                Err("There are add TEXT, edit ID TEXT, done ID, open ID, delete ID and older ID.")?
            }
        })
    }
}

/// The text of a note, if it may be one.
fn valid(text: &str) -> Result<&str, String> {
    match text.len() {
        _ if text.trim().is_empty() => Err("A note needs a text.".into()),
        bytes if bytes > TEXT => {
            Err(format!("A note has at most {TEXT} bytes, and this one {bytes}."))
        }
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::{Note, Request, TEXT};

    #[test]
    fn a_newer_note_has_a_smaller_key() {
        let numbers = [1, 2, 9, 10, 255, 256, 1 << 32, u64::MAX];
        let keys = numbers.map(Note::key);
        assert!(keys.is_sorted_by(|older, newer| older > newer), "{keys:?}");
    }

    #[test]
    fn a_note_is_read_as_it_was_stored() {
        for (done, text) in [(true, "a"), (false, " two  spaces \n\u{1}🐎 ")] {
            let note = Note { number: 7, at: 1_700_000_000_000, done, text: text.into() };
            assert_eq!(Note::stored(&Note::key(7), note.value().as_bytes()), Some(note));
        }
    }

    #[test]
    fn what_is_no_note_is_not_read() {
        for (key, value) in [
            ("last", "1 open a"),
            ("note/x", "1 open a"),
            ("note/1", "1 open"),
            ("note/1", "a b c"),
        ] {
            assert_eq!(Note::stored(key, value.as_bytes()), None, "{key} {value}");
        }
        assert_eq!(Note::stored(&Note::key(1), b"1 open \xff"), None);
    }

    #[test]
    fn a_notes_text_is_escaped_for_json() {
        let mut json = String::new();
        Note { number: 3, at: 5, done: true, text: "\"ä\\\n</b>🐎\0".into() }.write_json(&mut json);
        assert_eq!(json, r#"{"id":3,"at":5,"done":true,"text":"\"ä\\\u000a</b>🐎\u0000"}"#);
    }

    #[test]
    fn requests_are_read_and_their_mistakes_named() {
        assert_eq!(Request::read("add  a b"), Ok(Request::Add(" a b")));
        assert_eq!(Request::read("edit 3 a b"), Ok(Request::Edit(3, "a b")));
        assert_eq!(Request::read("done 3"), Ok(Request::Tick(3, true)));
        assert_eq!(Request::read("open 3"), Ok(Request::Tick(3, false)));
        assert_eq!(Request::read("delete 3"), Ok(Request::Delete(3)));
        assert_eq!(Request::read("older 3"), Ok(Request::Older(3)));
        for (text, error) in [
            ("add", "A note needs a text."),
            ("add \t ", "A note needs a text."),
            ("edit 3", "A note needs a text."),
            ("edit x y", "The ID is not a number."),
            ("done", "The ID is not a number."),
            ("delete -1", "The ID is not a number."),
            (
                "Add x",
                "There are add TEXT, edit ID TEXT, done ID, open ID, delete ID and older ID.",
            ),
        ] {
            assert_eq!(Request::read(text), Err(error.into()), "{text}");
        }
    }

    #[test]
    fn a_text_may_be_as_long_as_the_limit_and_no_longer() {
        let text = "ä".repeat(TEXT / 2);
        assert_eq!(Request::read(&format!("add {text}")), Ok(Request::Add(&text)));
        let error = Request::read(&format!("add {text}x")).unwrap_err();
        assert_eq!(error, "A note has at most 400 bytes, and this one 401.");
    }
}
