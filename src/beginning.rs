//! The beginnings of texts and bytes, without half a character at the end.

/// The beginning of a text: whole characters of at most so many bytes.
pub(crate) fn beginning(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

/// Bytes that were cut somewhere, without the part of a character of UTF-8 at their end. Bytes that are
/// no text stay as they are.
pub(crate) fn without_half_character(bytes: &[u8]) -> &[u8] {
    match str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => {
            bytes.get(..error.valid_up_to()).unwrap_or_default()
        }
        _ => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_has_whole_characters() {
        assert_eq!(beginning("aé", 3), "aé");
        assert_eq!(beginning("aé", 2), "a");
        assert_eq!(beginning("", 2), "");
    }

    #[test]
    fn only_a_character_that_may_go_on_is_taken_away() {
        for (bytes, kept) in [
            ("aé".as_bytes(), "aé".as_bytes()),
            (b"a\xc3", b"a"),
            (b"\xc3", b""),
            (b"\xc3(", b"\xc3("),
            (b"\xff\xc3", b"\xff\xc3"),
            (b"", b""),
        ] {
            assert_eq!(without_half_character(bytes), kept);
        }
    }
}
