//! How messages are stored: for each its number, the lengths of its receiver's name and of its content,
//! and these two.

use bytes::Bytes;

use crate::host_key::{length, number, take};

/// Writes messages.
pub(super) fn write<'m>(messages: impl Iterator<Item = (u64, &'m str, &'m [u8])>) -> Bytes {
    let mut all = Vec::new();
    for (number, to, content) in messages {
        all.extend_from_slice(format!("{number}:{}:{}:{to}", to.len(), content.len()).as_bytes());
        all.extend_from_slice(content);
    }
    all.into()
}

/// Reads what [`write()`] has written, up to the first mistake.
pub(super) fn read(stored: &Bytes) -> impl Iterator<Item = (u64, Box<str>, Bytes)> {
    let mut rest = stored.clone();
    std::iter::from_fn(move || {
        let number = number(&mut rest)?;
        let lengths = (length(&mut rest)?, length(&mut rest)?);
        let to = take(&mut rest, lengths.0)?;
        let content = take(&mut rest, lengths.1)?;
        // A copy, because the whole of what was stored would stay in memory for one message.
        Some((number, str::from_utf8(&to).ok()?.into(), Bytes::copy_from_slice(&content)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_as_they_were_written_up_to_a_mistake() {
        let messages = [(0, "lamp", &b""[..]), (7, "a:b", b"12:\0\xff"), (u64::MAX, "", b":")];
        let stored = write(messages.into_iter());
        let all: Vec<_> = read(&stored).collect();
        let expected = messages
            .map(|(number, to, content)| (number, Box::from(to), Bytes::copy_from_slice(content)));
        assert_eq!(all, expected);
        for end in 0..stored.len() {
            assert!(read(&stored.slice(..end)).count() < 3, "{end}");
        }
        assert_eq!(read(&Bytes::from_static(b"1:99999999999999999999:1:a")).count(), 0);
    }
}
