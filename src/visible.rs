//! Escapes characters that are invisible or change how others are displayed.
//!
//! Text from guests and clients appears on terminals and in logs. There it must not start a line,
//! control the terminal, change the text direction, or look like something else.

use std::fmt::{self, Write};

/// The ranges of characters beyond ASCII that are escaped, in order. They are control characters,
/// line separators and, as of Unicode 16, the category `Cf` (format) and the property
/// `Default_Ignorable_Code_Point`. These have no width, change the direction or select variations.
const HIDDEN: [(char, char); 26] = [
    ('\u{80}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether a character must be escaped.
pub(crate) fn is_hidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    // The first range that ends at or after the character.
    let place = HIDDEN.partition_point(|(_, last)| *last < c);
    HIDDEN.get(place).is_some_and(|(first, _)| *first <= c)
}

/// Writes a character, escaped if necessary.
///
/// # Errors
/// Only those of `out`.
pub(crate) fn write(out: &mut impl Write, c: char) -> fmt::Result {
    match c {
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        c if !is_hidden(c) => out.write_char(c),
        c if c.is_ascii() => write!(out, "\\x{:02x}", u32::from(c)),
        c => write!(out, "{}", c.escape_unicode()),
    }
}

/// A text for a terminal. Line breaks are kept, and all other hidden characters are escaped.
pub fn lines(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        // Writing to a string can't fail.
        let _ = if c == '\n' { shown.write_char(c) } else { write(&mut shown, c) };
    }
    shown
}

/// The same JSON with hidden characters escaped. Outside of strings, JSON is ASCII, so only strings
/// change. Line breaks are kept.
pub fn json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\n' || !is_hidden(c) {
            shown.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a string can't fail.
            let _ = write!(shown, "\\u{unit:04x}");
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranges_are_in_their_order() {
        let bounds: Vec<_> = HIDDEN.iter().flat_map(|(first, last)| [first, last]).collect();
        assert!(bounds.is_sorted(), "{bounds:?}");
    }

    #[test]
    fn invisible_characters_and_direction_marks_are_hidden() {
        let hidden = "\0\n\x1b\x7f\u{80}\u{9b}\u{9f}\u{ad}\u{61c}\u{115f}\u{180e}\u{200b}\u{200d}\u{200f}\
            \u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\u{2064}\u{2066}\u{2069}\u{3164}\u{fe0f}\u{feff}\u{fff9}\
            \u{1d173}\u{e0000}\u{e0001}\u{e0041}\u{e007f}\u{e0100}\u{e0fff}";
        for c in hidden.chars() {
            assert!(is_hidden(c), "{}", c.escape_unicode());
        }
        for c in " ~é語🦀\u{a0}\u{200a}\u{2010}\u{2027}\u{202f}\u{2070}\u{fdff}\u{e1000}\u{10ffff}"
            .chars()
        {
            assert!(!is_hidden(c), "{}", c.escape_unicode());
        }
    }

    #[test]
    fn line_breaks_are_kept_and_all_other_hidden_characters_are_escaped() {
        let text = "a\nb\r\t\x1b[2J\u{feff}é\u{202e}";
        assert_eq!(lines(text), "a\nb\\r\\t\\x1b[2J\\u{feff}é\\u{202e}");
    }

    #[test]
    fn escaped_json_has_the_same_value() {
        let value = serde_json::json!({ "a\u{202e}\u{e0041}": "\u{7f}\u{200b}é\n" });
        let text = json(&format!("{value:#}\n"));
        assert!(text.contains("\"a\\u202e\\udb40\\udc41\": \"\\u007f\\u200bé\\n\""), "{text}");
        assert!(!text.chars().any(|c| c != '\n' && is_hidden(c)), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
