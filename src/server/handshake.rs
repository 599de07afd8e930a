//! The opening handshake (RFC 6455, section 4.2): bytes in, bytes out.

use async_tungstenite::tungstenite::handshake::derive_accept_key;
use httparse::{EMPTY_HEADER, Error as HttpError, Request, Status};

/// The most bytes that a request's head may have.
pub const MOST_BYTES: usize = 8192;
/// The most header fields that it may have.
const MOST_FIELDS: usize = 64;

/// What to do about the bytes that have come so far.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// Wait for more.
    Incomplete,
    /// Upgrade to WebSocket.
    Upgrade {
        /// The value of `Sec-WebSocket-Accept`.
        accept: String,
        /// How many of the bytes were the head; what follows are frames.
        len: usize,
    },
    /// Refuse.
    Refuse(Refusal),
}

/// Why a request gets no upgrade.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It is not HTTP/1.1, or lacks something: 400.
    Bad(&'static str),
    /// There is nothing at this path: 404.
    NotFound {
        /// Where the socket is.
        path: String,
    },
    /// Its method is not GET: 405.
    Method,
    /// It took too long: 408.
    Timeout,
    /// It asks for no upgrade, or for another version of the protocol: 426.
    UpgradeRequired,
    /// Its head is too long: 431.
    TooLarge,
    /// There are too many connections, or the host is stopping: 503.
    Unavailable(&'static str),
}

/// The answer that upgrades the connection.
pub fn upgrade(accept: &str) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\n\
         Connection: Upgrade\r\n\
         Upgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}

/// Decides about the head in `bytes`, for a socket at `path`.
pub fn decide(bytes: &[u8], path: &str) -> Decision {
    let mut fields = [EMPTY_HEADER; MOST_FIELDS];
    let mut request = Request::new(&mut fields);
    match request.parse(bytes) {
        Ok(Status::Complete(len)) if len <= MOST_BYTES => match judge(&request, path) {
            Ok(accept) => Decision::Upgrade { accept, len },
            Err(refusal) => Decision::Refuse(refusal),
        },
        Ok(Status::Partial) if bytes.len() < MOST_BYTES => Decision::Incomplete,
        Ok(_) | Err(HttpError::TooManyHeaders) => Decision::Refuse(Refusal::TooLarge),
        Err(_) => Decision::Refuse(Refusal::Bad("this is not an HTTP/1.1 request")),
    }
}

/// Checks a request, in the order in which a person would like to hear of mistakes. Gives
/// the value of `Sec-WebSocket-Accept`.
fn judge(request: &Request<'_, '_>, path: &str) -> Result<String, Refusal> {
    if request.method != Some("GET") {
        return Err(Refusal::Method);
    }
    let target = request.path.unwrap_or_default();
    let asked = target.split_once('?').map_or(target, |(asked, _query)| asked);
    if asked != path && asked != "/" {
        return Err(Refusal::NotFound { path: path.into() });
    }
    if !has_token(request, "Upgrade", "websocket") {
        return Err(Refusal::UpgradeRequired);
    }
    if request.version != Some(1) {
        return Err(Refusal::Bad("a WebSocket needs HTTP/1.1"));
    }
    if !has_token(request, "Connection", "Upgrade") {
        return Err(Refusal::Bad("the field `Connection: Upgrade` is missing"));
    }
    if field(request, "Host").count() != 1 {
        return Err(Refusal::Bad("exactly one field `Host` is needed"));
    }
    if !field(request, "Sec-WebSocket-Version").eq([b"13".as_slice()]) {
        return Err(Refusal::UpgradeRequired);
    }
    let mut keys = field(request, "Sec-WebSocket-Key");
    match (keys.next(), keys.next()) {
        (Some(key), None) if is_key(key) => Ok(derive_accept_key(key)),
        _ => Err(Refusal::Bad("the field `Sec-WebSocket-Key` must be 16 bytes in base64, once")),
    }
}

/// The values of a field, without the white space around them.
fn field<'a>(request: &'a Request<'_, '_>, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    let fields = request.headers.iter().filter(move |field| field.name.eq_ignore_ascii_case(name));
    fields.map(|field| field.value.trim_ascii())
}

/// Whether a field that is a list of tokens has this one, in any case.
fn has_token(request: &Request<'_, '_>, name: &str, token: &str) -> bool {
    field(request, name)
        .flat_map(|value| value.split(|byte| *byte == b','))
        .any(|found| found.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}

/// Whether this is 16 bytes in base64: 22 digits, and two signs that pad them.
fn is_key(key: &[u8]) -> bool {
    let digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    key.strip_suffix(b"==").is_some_and(|digits| digits.len() == 22 && digits.iter().all(digit))
}

impl Refusal {
    /// The status line's number and phrase.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Bad(_) => "400 Bad Request",
            Self::NotFound { .. } => "404 Not Found",
            Self::Method => "405 Method Not Allowed",
            Self::Timeout => "408 Request Timeout",
            Self::UpgradeRequired => "426 Upgrade Required",
            Self::TooLarge => "431 Request Header Fields Too Large",
            Self::Unavailable(_) => "503 Service Unavailable",
        }
    }

    /// The whole answer, with a line for a person to read.
    pub fn response(&self) -> String {
        let (fields, body) = match self {
            Self::Bad(why) => ("", (*why).into()),
            Self::NotFound { path } => ("", format!("nothing is here; the WebSocket is at {path}")),
            Self::Method => ("Allow: GET\r\n", "only GET is answered here".into()),
            Self::Timeout => ("", "the request took too long".into()),
            Self::UpgradeRequired => (
                "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
                "this is a WebSocket: connect with a WebSocket client, version 13".into(),
            ),
            Self::TooLarge => ("", "the request's head is too large".into()),
            Self::Unavailable(why) => ("Retry-After: 5\r\n", (*why).into()),
        };
        let connection =
            if matches!(self, Self::UpgradeRequired) { "close, Upgrade" } else { "close" };
        format!(
            "HTTP/1.1 {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
             Connection: {connection}\r\n{fields}\r\n{body}\n",
            self.status(),
            body.len() + 1
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The request of RFC 6455, section 1.2, with some text replaced.
    fn request(from: &str, to: &str) -> Vec<u8> {
        let request = "GET /ws HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
                       Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                       Sec-WebSocket-Version: 13\r\n\r\n";
        assert!(request.contains(from), "{from}");
        request.replacen(from, to, 1).into_bytes()
    }

    fn refusal(from: &str, to: &str) -> Refusal {
        match decide(&request(from, to), "/ws") {
            Decision::Refuse(refusal) => refusal,
            other => panic!("{from} as {to}: {other:?}"),
        }
    }

    #[test]
    fn the_rfcs_own_request_gets_the_rfcs_own_answer() {
        let mut bytes = request("", "");
        let len = bytes.len();
        bytes.extend(b"frames");
        let accept = String::from("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(decide(&bytes, "/ws"), Decision::Upgrade { accept, len });
    }

    #[test]
    fn every_prefix_of_a_request_is_incomplete() {
        let bytes = request("", "");
        for len in 0..bytes.len() {
            assert_eq!(decide(&bytes[..len], "/ws"), Decision::Incomplete, "{len} bytes");
        }
    }

    #[test]
    fn other_ways_to_write_the_same_request_are_accepted() {
        for (from, to) in [
            ("GET /ws ", "GET /ws?room=1&x=/y "),
            ("GET /ws ", "GET / "),
            ("Connection: Upgrade", "Connection: keep-alive, upgrade"),
            ("Connection: Upgrade", "connection: keep-alive\r\nCONNECTION: UPGRADE"),
            ("Upgrade: websocket", "Upgrade: h2c, WebSocket"),
            ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version:13 "),
            ("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
        ] {
            let decision = decide(&request(from, to), "/ws");
            assert!(matches!(decision, Decision::Upgrade { .. }), "{to}: {decision:?}");
        }
    }

    #[test]
    fn each_mistake_has_its_status() {
        for (from, to, status) in [
            ("GET ", "POST ", "405"),
            ("GET /ws ", "GET /other ", "404"),
            ("GET /ws ", "GET /ws/ ", "404"),
            ("Upgrade: websocket\r\n", "", "426"),
            ("Upgrade: websocket", "Upgrade: h2c", "426"),
            ("Version: 13", "Version: 8", "426"),
            ("Version: 13", "Version: 13\r\nSec-WebSocket-Version: 13", "426"),
            ("Sec-WebSocket-Version: 13\r\n", "", "426"),
            ("HTTP/1.1", "HTTP/1.0", "400"),
            ("HTTP/1.1", "HTTP/2", "400"),
            ("Connection: Upgrade", "Connection: close", "400"),
            ("Host: server.example.com\r\n", "", "400"),
            ("Host: ", "Host: other\r\nHost: ", "400"),
            ("dGhlIHNhbXBsZSBub25jZQ==", "", "400"),
            ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ==", "400"),
            ("dGhlIHNhbXBsZSBub25jZQ==", "dGhl\"HNhbXBsZSBub25jZQ==", "400"),
            ("Host: ", "Ho st: ", "400"),
            ("Host: ", "Host: \0", "400"),
        ] {
            let refusal = refusal(from, to);
            assert!(refusal.status().starts_with(status), "{from} as {to}: {refusal:?}");
        }
    }

    #[test]
    fn a_head_of_8_kib_is_taken_and_one_byte_more_is_not() {
        let room = MOST_BYTES - request("", "").len();
        let fits = format!("/ws?{} ", "x".repeat(room - 1));
        assert_eq!(request("/ws ", &fits).len(), MOST_BYTES);
        let decision = decide(&request("/ws ", &fits), "/ws");
        assert!(matches!(decision, Decision::Upgrade { .. }), "{decision:?}");
        let too_long = format!("/ws?{} ", "x".repeat(room));
        assert_eq!(refusal("/ws ", &too_long), Refusal::TooLarge);
        // Without an end, as soon as 8 KiB are there.
        let endless = vec![b'a'; MOST_BYTES];
        assert_eq!(decide(&endless[..MOST_BYTES - 1], "/ws"), Decision::Incomplete);
        assert_eq!(decide(&endless, "/ws"), Decision::Refuse(Refusal::TooLarge));
    }

    #[test]
    fn sixty_four_fields_are_taken_and_one_more_is_not() {
        let fields = |n| "a:b\r\n".repeat(n) + "Host: server.example.com\r\n";
        let decision = decide(&request("Host: server.example.com\r\n", &fields(59)), "/ws");
        assert!(matches!(decision, Decision::Upgrade { .. }), "{decision:?}");
        assert_eq!(refusal("Host: server.example.com\r\n", &fields(60)), Refusal::TooLarge);
    }
}
