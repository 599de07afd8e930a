//! How messages are stored: for each its number, the lengths of its receiver's name and of its content,
//! and these two.

use bytes::Bytes;

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

/// Takes a number and the colon after it.
fn number(rest: &mut Bytes) -> Option<u64> {
    let end = rest.iter().position(|byte| *byte == b':')?;
    let digits = take(rest, end)?;
    take(rest, 1)?;
    str::from_utf8(&digits).ok()?.parse().ok()
}

/// Takes a length.
fn length(rest: &mut Bytes) -> Option<usize> {
    usize::try_from(number(rest)?).ok()
}

/// Takes so many bytes.
fn take(rest: &mut Bytes, length: usize) -> Option<Bytes> {
    (length <= rest.len()).then(|| rest.split_to(length))
}

/// What the host stores beside the actor's keys: its requests to servers and its messages to other
/// actors. Without messages, it is the first alone.
pub(crate) fn join(requests: Bytes, messages: Bytes) -> Bytes {
    if messages.is_empty() {
        return requests;
    }
    let mut all = format!("m{}:", requests.len()).into_bytes();
    all.extend_from_slice(&requests);
    all.extend_from_slice(&messages);
    all.into()
}

/// Takes apart what [`join`] has made.
pub(crate) fn split(stored: &Bytes) -> (Bytes, Bytes) {
    let parts = || {
        let mut rest = stored.strip_prefix(b"m").map(|rest| stored.slice_ref(rest))?;
        let length = length(&mut rest)?;
        let requests = take(&mut rest, length)?;
        Some((requests, rest))
    };
    parts().unwrap_or_else(|| (stored.clone(), Bytes::new()))
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

    #[test]
    fn requests_and_messages_are_stored_together_and_requests_alone_as_before() {
        let bytes = |text: &'static str| Bytes::from_static(text.as_bytes());
        for (requests, messages, stored) in
            [("", "", ""), ("0:1:a", "", "0:1:a"), ("", "x", "m0:x"), ("0:1:a", "x", "m5:0:1:ax")]
        {
            let joined = join(bytes(requests), bytes(messages));
            assert_eq!(joined, bytes(stored));
            assert_eq!(split(&joined), (bytes(requests), bytes(messages)));
        }
        assert_eq!(split(&bytes("m9:x")), (bytes("m9:x"), bytes("")));
    }
}
