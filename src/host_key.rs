//! What the host stores beside an actor's own keys, as the value of one key: the actor's requests to
//! servers, its messages to other actors, its publications to brokers, and which messages of brokers it
//! has seen.

use bytes::Bytes;

/// The parts, as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HostKey {
    /// The requests to servers that have no answer.
    pub(crate) requests: Bytes,
    /// The messages to other actors that nobody has handled.
    pub(crate) messages: Bytes,
    /// The publications that no broker has acknowledged.
    pub(crate) publications: Bytes,
    /// The numbers of messages that must not come again. They go into a record, and are no reason for
    /// one.
    pub(crate) seen: Bytes,
}

impl HostKey {
    /// The value to store; empty if there is nothing. A value without the later parts is as it was before
    /// these came.
    pub(crate) fn join(&self) -> Bytes {
        let Self { requests, messages, publications, seen } = self;
        let (first, second, third) = (requests.len(), messages.len(), publications.len());
        let head = if third > 0 || !seen.is_empty() {
            format!("q{first}:{second}:{third}:")
        } else if second > 0 {
            format!("m{first}:")
        } else {
            return requests.clone();
        };
        [head.as_bytes(), requests, messages, publications, seen].concat().into()
    }

    /// Takes apart what [`join`](Self::join) has made.
    pub(crate) fn split(stored: &Bytes) -> Self {
        Self::read(stored).unwrap_or_else(|| Self { requests: stored.clone(), ..Self::default() })
    }

    /// Reads a value with more than requests.
    fn read(stored: &Bytes) -> Option<Self> {
        let has_all = stored.first() == Some(&b'q');
        let after = stored.strip_prefix(b"q").or_else(|| stored.strip_prefix(b"m"))?;
        let mut rest = stored.slice_ref(after);
        let first = length(&mut rest)?;
        let lengths = if has_all { Some((length(&mut rest)?, length(&mut rest)?)) } else { None };
        let requests = take(&mut rest, first)?;
        let Some((second, third)) = lengths else {
            return Some(Self { requests, messages: rest, ..Self::default() });
        };
        let messages = take(&mut rest, second)?;
        let publications = take(&mut rest, third)?;
        Some(Self { requests, messages, publications, seen: rest })
    }
}

/// Takes a number and the colon after it.
pub(crate) fn number(rest: &mut Bytes) -> Option<u64> {
    let end = rest.iter().position(|byte| *byte == b':')?;
    let digits = take(rest, end)?;
    take(rest, 1)?;
    str::from_utf8(&digits).ok()?.parse().ok()
}

/// Takes a length.
pub(crate) fn length(rest: &mut Bytes) -> Option<usize> {
    usize::try_from(number(rest)?).ok()
}

/// Takes so many bytes.
pub(crate) fn take(rest: &mut Bytes, length: usize) -> Option<Bytes> {
    (length <= rest.len()).then(|| rest.split_to(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_stored_together_and_those_of_earlier_versions_as_they_were() {
        let bytes = |text: &'static str| Bytes::from_static(text.as_bytes());
        for (requests, messages, publications, seen, stored) in [
            ("", "", "", "", ""),
            ("0:1:a", "", "", "", "0:1:a"),
            ("", "x", "", "", "m0:x"),
            ("0:1:a", "x", "", "", "m5:0:1:ax"),
            ("", "", "p", "", "q0:0:1:p"),
            ("", "", "", "s", "q0:0:0:s"),
            ("0:1:a", "xy", "p", "s", "q5:2:1:0:1:axyps"),
        ] {
            let [requests, messages, publications, seen] =
                [requests, messages, publications, seen].map(bytes);
            let key = HostKey { requests, messages, publications, seen };
            assert_eq!(key.join(), bytes(stored));
            assert_eq!(HostKey::split(&bytes(stored)), key);
        }
        for broken in ["m9:x", "q", "q0:0:9:x", "q1:9:9:x", "q99999999999999999999:0:0:"] {
            let split = HostKey::split(&bytes(broken));
            let all = HostKey { requests: bytes(broken), ..HostKey::default() };
            assert_eq!(split, all);
        }
    }
}
