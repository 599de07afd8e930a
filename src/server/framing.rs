//! Where a request's body ends, and what follows it (RFC 9112, sections 6.3 and 9.3).

use std::net::SocketAddr;

use super::{error_response::ErrorResponse, request_head::RequestHead};

/// The most bytes of a body that nobody wants. After a longer one the connection closes.
pub(crate) const MAX_DISCARDED: usize = 64 << 10;

/// How the end of a body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// It has this many bytes. A request without a body has 0.
    Length(u64),
    /// It comes in chunks, which tell their sizes.
    Chunked,
}

/// What a request's head says about the message and the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestMeta {
    /// The length of the head in bytes. The body follows.
    pub(crate) len: usize,
    /// The body.
    pub framing: Framing,
    /// The minor version: 0 for HTTP/1.0, and 1 for all later ones.
    pub(crate) version: u8,
    /// Whether the connection may stay open after the answer.
    pub(crate) keep: bool,
    /// Whether the answer has no body (`HEAD`).
    pub(crate) head_only: bool,
    /// Whether the client waits for 100 before it sends the body.
    pub(crate) expects_continue: bool,
    /// Who sent it, if the head says so and may: a proxy passed it on.
    pub(crate) client: Option<SocketAddr>,
}

impl RequestMeta {
    /// For a client whose request could not be read. Its connection closes after the answer.
    pub(crate) const UNREADABLE: Self = Self {
        len: 0,
        framing: Framing::Length(0),
        version: 1,
        keep: false,
        head_only: false,
        expects_continue: false,
        client: None,
    };

    /// Reads the fields of a head with this length.
    ///
    /// # Errors
    /// It is not certain where the body ends. The connection must be closed.
    pub fn of(head: &RequestHead<'_>, len: usize) -> Result<Self, ErrorResponse> {
        let framing = Framing::of(head)?;
        let is_latest = head.version > 0;
        let close = head.has_token("Connection", "close");
        let keep = !close && (is_latest || head.has_token("Connection", "keep-alive"));
        // HTTP/1.0 has no expectations (RFC 9110, section 10.1.1).
        let expects = |expected| is_latest && head.has_token("Expect", expected);
        Ok(Self {
            len,
            framing,
            version: head.version,
            keep,
            head_only: head.method == "HEAD",
            expects_continue: expects("100-continue") && framing != Framing::Length(0),
            client: None,
        })
    }

    /// Whether the connection may stay open if the body is not wanted. Only a small one is
    /// discarded. A client that waits for 100 may or may not send its body after another answer.
    pub(crate) fn may_discard(&self) -> bool {
        match self.framing {
            Framing::Length(0) => true,
            Framing::Length(len) => !self.expects_continue && len <= MAX_DISCARDED as u64,
            Framing::Chunked => !self.expects_continue,
        }
    }
}

impl Framing {
    /// Reads `Content-Length` and `Transfer-Encoding`. Whatever a proxy might read differently is
    /// refused: otherwise a part of one client's request could become another's.
    fn of(head: &RequestHead<'_>) -> Result<Self, ErrorResponse> {
        let mut lengths = head.field("Content-Length");
        let length = lengths.next();
        if lengths.next().is_some() {
            return Err(ErrorResponse::Bad("there is more than one `Content-Length`"));
        }
        if head.field("Transfer-Encoding").next().is_some() {
            if length.is_some() {
                let why = "`Content-Length` and `Transfer-Encoding` exclude each other";
                return Err(ErrorResponse::Bad(why));
            }
            if head.version == 0 {
                return Err(ErrorResponse::Bad("HTTP/1.0 has no `Transfer-Encoding`"));
            }
            let codings: Vec<_> = head.list("Transfer-Encoding").collect();
            let is_chunked = |coding: &&[u8]| coding.eq_ignore_ascii_case(b"chunked");
            return match codings.split_last() {
                Some((last, [])) if is_chunked(last) => Ok(Self::Chunked),
                Some((last, rest)) if is_chunked(last) && !rest.iter().any(is_chunked) => {
                    let why = "the only transfer coding that is supported is `chunked`";
                    Err(ErrorResponse::NotImplemented(why))
                }
                _ => Err(ErrorResponse::Bad("the last transfer coding must be `chunked`")),
            };
        }
        let Some(length) = length else { return Ok(Self::Length(0)) };
        if length.is_empty() || !length.iter().all(u8::is_ascii_digit) {
            return Err(ErrorResponse::Bad("`Content-Length` must be one number"));
        }
        let number = str::from_utf8(length).ok().and_then(|digits| digits.parse().ok());
        number.map(Self::Length).ok_or(ErrorResponse::ContentTooLarge)
    }
}

#[cfg(test)]
mod tests {
    use httparse::EMPTY_HEADER;

    use super::{super::request_head::MAX_FIELDS, *};

    /// What a head with these fields says.
    fn meta(version: &str, fields: &str) -> Result<RequestMeta, ErrorResponse> {
        let head = format!("POST / HTTP/{version}\r\nHost: a\r\n{fields}\r\n");
        let mut room = [EMPTY_HEADER; MAX_FIELDS];
        let (head, len) = RequestHead::parse(head.as_bytes(), &mut room).unwrap().unwrap();
        RequestMeta::of(&head, len)
    }

    #[test]
    fn a_body_has_one_certain_end_or_the_request_is_refused() {
        let length = |len| Ok(Framing::Length(len));
        for (fields, expected) in [
            ("", length(0)),
            ("Content-Length: 5\r\n", length(5)),
            ("Content-Length: 005\r\n", length(5)),
            ("Content-Length: 18446744073709551615\r\n", length(u64::MAX)),
            ("Content-Length: 18446744073709551616\r\n", Err(413)),
            ("Content-Length: 5\r\nContent-Length: 5\r\n", Err(400)),
            ("Content-Length: 5\r\nContent-Length: 6\r\n", Err(400)),
            ("Content-Length: 5, 5\r\n", Err(400)),
            ("Content-Length: 5, 6\r\n", Err(400)),
            ("Content-Length: +5\r\n", Err(400)),
            ("Content-Length: -5\r\n", Err(400)),
            ("Content-Length: 0x5\r\n", Err(400)),
            ("Content-Length: 5 5\r\n", Err(400)),
            ("Content-Length:\r\n", Err(400)),
            ("Transfer-Encoding: chunked\r\n", Ok(Framing::Chunked)),
            ("Transfer-Encoding: , Chunked ,\r\n", Ok(Framing::Chunked)),
            ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", Err(400)),
            ("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", Err(400)),
            ("Transfer-Encoding: identity\r\nContent-Length: 5\r\n", Err(400)),
            ("Transfer-Encoding: gzip, chunked\r\n", Err(501)),
            ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", Err(501)),
            ("Transfer-Encoding: chunked, chunked\r\n", Err(400)),
            ("Transfer-Encoding: chunked, gzip\r\n", Err(400)),
            ("Transfer-Encoding: gzip\r\n", Err(400)),
            ("Transfer-Encoding: identity\r\n", Err(400)),
            ("Transfer-Encoding: xchunked\r\n", Err(400)),
            ("Transfer-Encoding: chunked;q=1\r\n", Err(400)),
            ("Transfer-Encoding:\r\n", Err(400)),
        ] {
            let got = meta("1.1", fields);
            let got = got.map(|meta| meta.framing).map_err(|refusal| refusal.status().0);
            assert_eq!(got, expected, "{fields}");
        }
        assert!(meta("1.0", "Transfer-Encoding: chunked\r\n").is_err());
    }

    #[test]
    fn http_1_1_keeps_the_connection_and_http_1_0_only_if_asked() {
        for (version, fields, keeps) in [
            ("1.1", "", true),
            ("1.1", "Connection: keep-alive\r\n", true),
            ("1.1", "Connection: close\r\n", false),
            ("1.1", "Connection: x, Close\r\n", false),
            ("1.1", "Connection: x\r\nConnection: close\r\n", false),
            ("1.2", "", true),
            ("1.0", "", false),
            ("1.0", "Connection: Keep-Alive\r\n", true),
            ("1.0", "Connection: keep-alive, close\r\n", false),
        ] {
            assert_eq!(meta(version, fields).unwrap().keep, keeps, "{version} {fields}");
        }
    }

    #[test]
    fn an_expectation_counts_only_for_a_body_in_http_1_1() {
        let expect = "Expect: 100-Continue\r\nContent-Length: 5\r\n";
        assert!(meta("1.1", expect).unwrap().expects_continue);
        assert!(!meta("1.0", expect).unwrap().expects_continue);
        assert!(!meta("1.1", "Expect: 100-continue\r\n").unwrap().expects_continue);
    }
}
