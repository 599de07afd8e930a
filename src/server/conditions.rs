//! Conditions and ranges of a request (RFC 9110, sections 13 and 14).

use std::time::{SystemTime, UNIX_EPOCH};

use super::{
    error_response::ErrorResponse, framing::RequestMeta, request_head::RequestHead,
    validators::Validators,
};

/// The conditions of a request, and the part of the file that it asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `If-Match`: one of these must be current.
    if_match: Option<Tags>,
    /// `If-None-Match`: none of these may be current.
    if_none_match: Option<Tags>,
    /// `If-Unmodified-Since`, in seconds since 1970.
    if_unmodified_since: Option<u64>,
    /// `If-Modified-Since`, in seconds since 1970.
    if_modified_since: Option<u64>,
    /// `Range`. Only with GET.
    range: Option<Range>,
    /// `If-Range`: the range is of this version of the file.
    if_range: Option<String>,
}

/// A list of entity tags, or `*` for any.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Tags {
    Any,
    /// Each with its quotes, and with `W/` if it is weak.
    List(Vec<String>),
}

/// The one range that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    /// From the first position to the last one.
    From(u64, u64),
    /// So many bytes at the end.
    Last(u64),
}

/// What to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selected {
    /// All of it.
    Whole,
    /// So many bytes from this position.
    Part(u64, u64),
    /// Nothing: the client's copy is current.
    NotModified,
}

impl Conditions {
    /// The conditions of a request.
    pub(crate) fn of(head: &RequestHead<'_>, meta: &RequestMeta) -> Self {
        let one = |name| {
            let mut values = head.field(name).map(|value| str::from_utf8(value).unwrap_or(""));
            values.next().filter(|_| values.next().is_none())
        };
        let date = |name| {
            let date: httpdate::HttpDate = one(name)?.parse().ok()?;
            Some(seconds(date.into()))
        };
        // Other methods have no ranges (RFC 9110, section 14.2).
        let range = if meta.head_only { None } else { one("Range").and_then(Range::parse) };
        Self {
            if_match: Tags::of(head, "If-Match"),
            if_none_match: Tags::of(head, "If-None-Match"),
            if_unmodified_since: date("If-Unmodified-Since"),
            if_modified_since: date("If-Modified-Since"),
            range,
            if_range: one("If-Range").map(Into::into),
        }
    }

    /// Evaluates the conditions in the order of RFC 9110, section 13.2.2. What is asked for has
    /// these validators and this many bytes.
    ///
    /// # Errors
    /// A condition does not hold, or there is no such range.
    pub(crate) fn select(
        &self,
        validators: &Validators,
        len: u64,
    ) -> Result<Selected, ErrorResponse> {
        let tag = validators.tag.as_deref();
        let modified = validators.modified.map(seconds);
        match (&self.if_match, self.if_unmodified_since, modified) {
            // The tags of the host are strong, so a weak one is never the same.
            (Some(tags), ..) if !tags.contain(tag, |known| known) => {
                return Err(ErrorResponse::Precondition);
            }
            (None, Some(date), Some(modified)) if modified > date => {
                return Err(ErrorResponse::Precondition);
            }
            _ => {}
        }
        match (&self.if_none_match, self.if_modified_since, modified) {
            (Some(tags), ..) if tags.contain(tag, without_weakness) => {
                return Ok(Selected::NotModified);
            }
            (None, Some(date), Some(modified)) if modified <= date => {
                return Ok(Selected::NotModified);
            }
            _ => {}
        }
        match self.range {
            Some(range) if self.is_of_this(tag, modified) => range.of(len),
            _ => Ok(Selected::Whole),
        }
    }

    /// Whether the range is of this version. A date is a strong validator here, because the host
    /// has no validators for a file that was changed a moment ago.
    fn is_of_this(&self, tag: Option<&str>, modified: Option<u64>) -> bool {
        let Some(if_range) = &self.if_range else { return true };
        if if_range.ends_with('"') {
            return tag == Some(if_range);
        }
        let date = if_range.parse::<httpdate::HttpDate>().ok();
        date.is_some_and(|date| Some(seconds(date.into())) == modified)
    }
}

impl Tags {
    /// The tags in a field. `None` if there is no such field.
    fn of(head: &RequestHead<'_>, name: &str) -> Option<Self> {
        let mut values = head.field(name).peekable();
        values.peek()?;
        let mut list = Vec::new();
        for value in values {
            if value == b"*" {
                return Some(Self::Any);
            }
            let mut rest = str::from_utf8(value).unwrap_or("");
            // A tag may contain commas.
            while let Some((before, inside)) = rest.split_once('"') {
                let Some((tag, after)) = inside.split_once('"') else { break };
                let weak = if before.ends_with("W/") { "W/" } else { "" };
                list.push(format!("{weak}\"{tag}\""));
                rest = after;
            }
        }
        Some(Self::List(list))
    }

    /// Whether the present tag is among these, which are first changed by `form`.
    fn contain(&self, tag: Option<&str>, form: fn(&str) -> &str) -> bool {
        match self {
            Self::Any => true,
            Self::List(list) => list.iter().any(|known| Some(form(known)) == tag),
        }
    }
}

/// A tag without the mark of a weak one.
fn without_weakness(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

impl Range {
    /// The range of a field. `None` if it is not valid, or has several ranges: then the whole is
    /// sent (RFC 9110, section 14.2).
    fn parse(text: &str) -> Option<Self> {
        let (unit, range) = text.split_once('=')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (first, last) = range.trim().split_once('-')?;
        match (first, last) {
            ("", last) => Some(Self::Last(position(last)?)),
            (first, "") => Some(Self::From(position(first)?, u64::MAX)),
            (first, last) => {
                let (first, last) = (position(first)?, position(last)?);
                (first <= last).then_some(Self::From(first, last))
            }
        }
    }

    /// The part of so many bytes that this range has.
    fn of(self, len: u64) -> Result<Selected, ErrorResponse> {
        match self {
            Self::From(first, last) if first < len => {
                Ok(Selected::Part(first, last.min(len - 1) - first + 1))
            }
            // There is no way to write a part of nothing.
            Self::Last(1..) if len == 0 => Ok(Selected::Whole),
            Self::Last(count @ 1..) => {
                Ok(Selected::Part(len.saturating_sub(count), count.min(len)))
            }
            _ => Err(ErrorResponse::Range(len)),
        }
    }
}

/// A position in a range. One that no file has counts as the last one.
fn position(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// Whole seconds since 1970, as dates in HTTP have.
fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use httparse::EMPTY_HEADER;

    use super::{super::request_head::MAX_FIELDS, *};

    /// What a file of 10 bytes gives. It was last changed at this second.
    const MODIFIED: u64 = 784_111_777;

    /// What is selected by a request with these fields: the first position and the length, or the
    /// status.
    fn select_by(method: &str, validators: &Validators, len: u64, fields: &str) -> String {
        let head = format!("{method} / HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n");
        let mut room = [EMPTY_HEADER; MAX_FIELDS];
        let (head, len_of_head) = RequestHead::parse(head.as_bytes(), &mut room).unwrap().unwrap();
        let meta = RequestMeta::of(&head, len_of_head).unwrap();
        match Conditions::of(&head, &meta).select(validators, len) {
            Ok(Selected::Whole) => "200".into(),
            Ok(Selected::Part(from, len)) => format!("{from}+{len}"),
            Ok(Selected::NotModified) => "304".into(),
            Err(refusal) => refusal.status().0.to_string(),
        }
    }

    fn validators() -> Validators {
        let modified = UNIX_EPOCH + Duration::from_millis(MODIFIED * 1000 + 500);
        Validators { tag: Some("\"a,b\"".into()), modified: Some(modified) }
    }

    fn select(fields: &str) -> String {
        select_by("GET", &validators(), 10, fields)
    }

    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const SAME: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    #[test]
    fn conditions_are_evaluated_in_their_order() {
        for (fields, expected) in [
            ("A: b".to_owned(), "200"),
            ("If-Match: *".into(), "200"),
            ("If-Match: \"x\", \"a,b\"".into(), "200"),
            ("If-Match: \"x\"\r\nIf-Match: \"a,b\"".into(), "200"),
            ("If-Match: \"x\"".into(), "412"),
            ("If-Match: W/\"a,b\"".into(), "412"),
            ("If-Match: ".into(), "412"),
            (format!("If-Unmodified-Since: {SAME}"), "200"),
            (format!("If-Unmodified-Since: {BEFORE}"), "412"),
            ("If-Unmodified-Since: yesterday".into(), "200"),
            // `If-Match` comes first, and the date is not looked at then.
            (format!("If-Match: *\r\nIf-Unmodified-Since: {BEFORE}"), "200"),
            ("If-None-Match: *".into(), "304"),
            ("If-None-Match: \"a,b\"".into(), "304"),
            ("If-None-Match: W/\"a,b\"".into(), "304"),
            ("If-None-Match: \"x\" , \"a,b\"".into(), "304"),
            ("If-None-Match: \"a\", \"b\"".into(), "200"),
            ("If-None-Match: a,b".into(), "200"),
            ("If-None-Match: \"a,b".into(), "200"),
            (format!("If-Modified-Since: {SAME}"), "304"),
            ("If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT".into(), "304"),
            ("If-Modified-Since: Sun Nov  6 08:49:37 1994".into(), "304"),
            (format!("If-Modified-Since: {BEFORE}"), "200"),
            ("If-Modified-Since: yesterday".into(), "200"),
            (format!("If-Modified-Since: {SAME}\r\nIf-Modified-Since: {SAME}"), "200"),
            (format!("If-None-Match: \"x\"\r\nIf-Modified-Since: {SAME}"), "200"),
            ("If-Match: \"x\"\r\nIf-None-Match: \"a,b\"".into(), "412"),
            ("If-None-Match: \"a,b\"\r\nRange: bytes=99-".into(), "304"),
        ] {
            assert_eq!(select(&fields), expected, "{fields}");
        }
    }

    #[test]
    fn a_range_is_sent_if_it_is_valid_and_of_the_present_version() {
        for (fields, expected) in [
            ("Range: bytes=0-0".to_owned(), "0+1"),
            ("Range: Bytes=2-4".into(), "2+3"),
            ("Range: bytes=2-".into(), "2+8"),
            ("Range: bytes=2-99".into(), "2+8"),
            ("Range: bytes=9-99999999999999999999".into(), "9+1"),
            ("Range: bytes=-3".into(), "7+3"),
            ("Range: bytes=-99".into(), "0+10"),
            ("Range: bytes=10-".into(), "416"),
            ("Range: bytes=99999999999999999999-".into(), "416"),
            ("Range: bytes=-0".into(), "416"),
            ("Range: bytes=4-2".into(), "200"),
            ("Range: bytes=0-1,3-4".into(), "200"),
            ("Range: bytes=".into(), "200"),
            ("Range: bytes=-".into(), "200"),
            ("Range: bytes=a-b".into(), "200"),
            ("Range: bytes=+1-2".into(), "200"),
            ("Range: lines=0-1".into(), "200"),
            ("Range: bytes=0-1\r\nRange: bytes=0-1".into(), "200"),
            ("If-Range: \"a,b\"\r\nRange: bytes=0-1".into(), "0+2"),
            ("If-Range: \"x\"\r\nRange: bytes=0-1".into(), "200"),
            ("If-Range: W/\"a,b\"\r\nRange: bytes=0-1".into(), "200"),
            (format!("If-Range: {SAME}\r\nRange: bytes=0-1"), "0+2"),
            (format!("If-Range: {BEFORE}\r\nRange: bytes=0-1"), "200"),
            ("If-Range: \"x\"\r\nRange: bytes=10-".into(), "200"),
            ("If-Range: \"a,b\"".into(), "200"),
        ] {
            assert_eq!(select(&fields), expected, "{fields}");
        }
        assert_eq!(select_by("HEAD", &validators(), 10, "Range: bytes=0-1"), "200");
        for (range, expected) in [("0-", "416"), ("-1", "200"), ("-0", "416")] {
            let fields = format!("Range: bytes={range}");
            assert_eq!(select_by("GET", &validators(), 0, &fields), expected, "{range}");
        }
    }

    #[test]
    fn without_validators_only_what_needs_none_can_hold() {
        for (fields, expected) in [
            ("If-Match: *".to_owned(), "200"),
            ("If-Match: \"a,b\"".into(), "412"),
            ("If-None-Match: *".into(), "304"),
            ("If-None-Match: \"a,b\"".into(), "200"),
            (format!("If-Modified-Since: {SAME}"), "200"),
            (format!("If-Unmodified-Since: {BEFORE}"), "200"),
            ("Range: bytes=0-1".into(), "0+2"),
            ("If-Range: \"a,b\"\r\nRange: bytes=0-1".into(), "200"),
        ] {
            assert_eq!(select_by("GET", &Validators::default(), 10, &fields), expected, "{fields}");
        }
    }
}
