//! Writes JSON for inspectors. What comes from guests and clients is cut.

use std::fmt::{self, Display, Write as _};

use crate::{
    beginning::without_half_character,
    convert::{hex, to_u64},
};

/// A string of JSON.
pub(crate) struct Text<'a>(pub(crate) &'a str);

/// Bytes, as members of an object: `bytes` has how many there are, and `text` or `hex` the first ones of
/// them.
pub(crate) struct Bytes<'a> {
    pub(crate) all: &'a [u8],
    /// The most bytes that are shown.
    pub(crate) most: usize,
}

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => {
                    f.write_char('\\')?;
                    f.write_char(c)?;
                }
                '\0'..' ' => write!(f, "\\u{:04x}", u32::from(c))?,
                c => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}

impl Display for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"bytes\":{}", to_u64(self.all.len()))?;
        let shown = self.all.get(..self.most).unwrap_or(self.all);
        match text(shown, shown.len() < self.all.len()) {
            Some(text) => write!(f, ",\"text\":{}", Text(text)),
            None => write!(f, ",\"hex\":\"{}\"", hex(shown)),
        }
    }
}

/// Bytes as a text. `None` if they are none, or would become much longer as JSON. If they are cut, a
/// part of a character at the end is left out.
fn text(bytes: &[u8], is_cut: bool) -> Option<&str> {
    let bytes = if is_cut { without_half_character(bytes) } else { bytes };
    let text = str::from_utf8(bytes).ok()?;
    let is_plain = |byte: u8| byte >= b' ' || matches!(byte, b'\n' | b'\r' | b'\t');
    text.bytes().all(is_plain).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_string_that_every_reader_of_json_reads_back() {
        for text in ["", "a", "\"\\/\n\r\t\0\u{1f}\u{7f}é🦀\u{2028}"] {
            let read: serde_json::Value = serde_json::from_str(&Text(text).to_string()).unwrap();
            assert_eq!(read, text);
        }
    }

    #[test]
    fn bytes_are_text_if_they_can_be_and_are_cut() {
        for (all, most, json) in [
            (&b""[..], 4, r#""bytes":0,"text":"""#),
            (b"abcd", 4, r#""bytes":4,"text":"abcd""#),
            (b"abcde", 4, r#""bytes":5,"text":"abcd""#),
            ("abcé".as_bytes(), 4, r#""bytes":5,"text":"abc""#),
            (b"abc\xc3", 4, r#""bytes":4,"hex":"616263c3""#),
            (b"\xc3(", 4, r#""bytes":2,"hex":"c328""#),
            (b"a\0", 4, r#""bytes":2,"hex":"6100""#),
            (b"\0\x01\x02\x03\x04", 4, r#""bytes":5,"hex":"00010203""#),
        ] {
            assert_eq!(Bytes { all, most }.to_string(), json);
        }
    }
}
