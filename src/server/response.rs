//! An HTTP response, and the form in which it is sent (RFC 9112).

use std::{borrow::Cow, fs::File, time::SystemTime};

use super::{error_response::ErrorResponse, framing::RequestMeta, status::Status};
use crate::{convert::to_u64, inspection::inspector::Inspector};

/// A clock that shows an earlier time was never set: 2020-01-01, in milliseconds since 1970. A
/// server without a clock sends no `Date` (RFC 9110, section 6.6.1).
const CLOCK_IS_SET: u64 = 1_577_836_800_000;

/// The longest body that is sent in one piece with the head, in bytes.
const MAX_JOINED: usize = 16 << 10;

/// A response. Its fields about the connection and the body's length are added when it is sent.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: Status,
    /// Lines that each end in CR LF.
    fields: String,
    pub(crate) body: Body,
}

/// What follows the head.
#[derive(Debug)]
pub(crate) enum Body {
    Text(Cow<'static, str>),
    /// An actor's.
    Bytes(Vec<u8>),
    /// That of a response to HEAD which the actor has not made. It may have told its length.
    Unmade(Option<u64>),
    /// A file, from its present position. The response has this many of its bytes, even if the file
    /// grows meanwhile.
    File(File, u64),
    /// What an inspector reads. It ends with the connection.
    Stream(Box<Inspector>),
}

impl Response {
    /// A response without fields and with an empty body.
    pub(crate) fn new(status: u16) -> Self {
        let (fields, body) = (String::new(), Body::Text(Cow::Borrowed("")));
        Self { status: Status(status), fields, body }
    }

    /// A text of this type.
    pub(crate) fn text(status: u16, ty: &str, text: impl Into<Cow<'static, str>>) -> Self {
        Self { body: Body::Text(text.into()), ..Self::new(status) }.field("Content-Type", ty)
    }

    /// Adds a field. Neither the name nor the value may contain a line end.
    pub(crate) fn field(mut self, name: &str, value: &str) -> Self {
        debug_assert!(!name.contains(['\r', '\n']) && !value.contains(['\r', '\n']), "{name}");
        for part in [name, ": ", value, "\r\n"] {
            self.fields += part;
        }
        self
    }

    /// Sets the body.
    pub(crate) fn body(self, body: Body) -> Self {
        Self { body, ..self }
    }

    /// The head. `now` is in milliseconds since 1970.
    pub(crate) fn head(&self, meta: &RequestMeta, now: u64) -> String {
        let mut head = format!("HTTP/1.1 {}\r\n{}", self.status, self.fields);
        if let (true, Some(len)) = (self.has_body(), self.body.told_len()) {
            head += &format!("Content-Length: {len}\r\n");
        }
        if now >= CLOCK_IS_SET {
            let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(now);
            head += &format!("Date: {}\r\n", httpdate::fmt_http_date(now));
        }
        // The field must be listed (RFC 9110, section 7.8). An actor's response can't have it.
        let upgrades = self.fields.contains("Upgrade: ") && self.status.0 == 426;
        let connection = match (upgrades, meta.keep) {
            (true, true) => "Upgrade",
            (true, false) => "close, Upgrade",
            (_, false) => "close",
            (_, true) if meta.version == 0 => "keep-alive",
            _ => "",
        };
        if !connection.is_empty() {
            head += &format!("Connection: {connection}\r\n");
        }
        head + "\r\n"
    }
}

impl From<&ErrorResponse> for Response {
    fn from(refusal: &ErrorResponse) -> Self {
        let text = format!("{}\n", refusal.text());
        let mut response = Self::text(refusal.status().0, "text/plain; charset=utf-8", text);
        if let ErrorResponse::Range(len) = refusal {
            response = response.field("Content-Range", &format!("bytes */{len}"));
        }
        let fields = refusal.fields().iter();
        fields.fold(response, |response, (name, value)| response.field(name, value))
    }
}

impl Response {
    /// The bytes to begin with, and the rest of the body. A short body is among the first bytes, so
    /// that it needs no packet of its own.
    pub(crate) fn into_parts(self, meta: &RequestMeta, now: u64) -> (Vec<u8>, Option<Body>) {
        let mut first = self.head(meta, now).into_bytes();
        if meta.head_only || !self.has_body() {
            return (first, None);
        }
        match self.body {
            Body::Text(text) if text.len() <= MAX_JOINED => {
                first.extend_from_slice(text.as_bytes())
            }
            Body::Bytes(bytes) if bytes.len() <= MAX_JOINED => first.extend_from_slice(&bytes),
            body => return (first, Some(body)),
        }
        (first, None)
    }

    /// Whether a response with this status may have a body (RFC 9112, section 6.3).
    fn has_body(&self) -> bool {
        !matches!(self.status.0, 204 | 304)
    }
}

impl Body {
    /// The number of bytes to tell the client. `None` if nobody knows it.
    fn told_len(&self) -> Option<u64> {
        match self {
            Self::Unmade(len) => *len,
            Self::Stream(_) => None,
            made => Some(made.len()),
        }
    }

    /// The number of bytes to send.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Text(text) => to_u64(text.len()),
            Self::Bytes(bytes) => to_u64(bytes.len()),
            Self::File(_, len) => *len,
            Self::Unmade(_) | Self::Stream(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head of a response to a request like this.
    fn head(response: &Response, version: u8, keep: bool, now: u64) -> String {
        response.head(&RequestMeta { version, keep, ..RequestMeta::UNREADABLE }, now)
    }

    #[test]
    fn a_head_has_the_length_the_date_and_what_happens_to_the_connection() {
        let page = Response::text(200, "text/plain", "hello").field("A", "b");
        let start = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nA: b\r\nContent-Length: 5\r\n";
        assert_eq!(head(&page, 1, true, 0), format!("{start}\r\n"));
        assert_eq!(head(&page, 0, true, 0), format!("{start}Connection: keep-alive\r\n\r\n"));
        assert_eq!(head(&page, 1, false, 0), format!("{start}Connection: close\r\n\r\n"));
        let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
        assert_eq!(head(&page, 1, true, 784_111_777_000), format!("{start}\r\n"));
        let now = 1_604_652_577_000;
        let date = date.replace("Sun, 06 Nov 1994", "Fri, 06 Nov 2020");
        assert_eq!(head(&page, 1, true, now), format!("{start}{date}\r\n"));
    }

    #[test]
    fn statuses_without_a_body_have_no_length() {
        for status in [204, 304] {
            assert!(!head(&Response::new(status), 1, true, 0).contains("Length"), "{status}");
        }
        assert!(head(&Response::new(404), 1, true, 0).contains("\r\nContent-Length: 0\r\n"));
        assert!(head(&Response::new(299), 1, true, 0).starts_with("HTTP/1.1 299 \r\n"));
    }

    #[test]
    fn an_answer_that_asks_for_an_upgrade_lists_it_among_the_connections_options() {
        assert!(!head(&Response::new(426), 1, true, 0).contains("Connection"));
        let answer = Response::new(426).field("Upgrade", "websocket");
        assert!(head(&answer, 1, true, 0).contains("\r\nConnection: Upgrade\r\n"));
        assert!(head(&answer, 1, false, 0).contains("\r\nConnection: close, Upgrade\r\n"));
    }
}
