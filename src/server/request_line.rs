//! Parses the first line of a request: method, target and version (RFC 9112, section 3).

use super::error_response::ErrorResponse;
use crate::header_fields::is_token_byte;

/// The maximum size of a request's head, in bytes. RFC 9112 asks for request lines of 8000 bytes.
pub(crate) const MAX_BYTES: usize = 8192;
/// The longest method. Registered ones have up to 17 letters.
const MAX_METHOD: usize = 32;
/// The most empty lines before a request. Old clients send one after a body.
const MAX_EMPTY_LINES: usize = 4;
/// For bytes that are no request line.
const NOT_HTTP: ErrorResponse = ErrorResponse::Bad("this is not an HTTP/1.1 request");

/// The first line of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RequestLine<'a> {
    /// As sent. Methods are case-sensitive.
    pub(crate) method: &'a str,
    /// Still percent-encoded. `*` for the server as a whole, and `host:port` for `CONNECT`.
    pub(crate) path: &'a str,
    /// What follows the `?`; empty if there is none.
    pub(crate) query: &'a str,
    /// The host and port of a target in absolute form. They take precedence over `Host`.
    pub(crate) authority: Option<&'a str>,
    /// The minor version: 0 for HTTP/1.0, and 1 for all later ones.
    pub(crate) version: u8,
}

impl<'a> RequestLine<'a> {
    /// Parses the line at the start of `bytes`. Also returns where the next line begins. Returns
    /// `None` if more bytes are needed.
    ///
    /// # Errors
    /// This is no request line, it is too long, or its version is not supported.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Option<(Self, usize)>, ErrorResponse> {
        let mut rest = bytes;
        let mut empty_lines = 0;
        while let Some(after) = rest.strip_prefix(b"\r\n").or(rest.strip_prefix(b"\n")) {
            empty_lines += 1;
            if empty_lines > MAX_EMPTY_LINES {
                return Err(ErrorResponse::Bad("too many empty lines before the request"));
            }
            rest = after;
        }
        if rest == b"\r" {
            return Ok(None);
        }
        let end = rest.iter().position(|byte| *byte == b'\n');
        let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let method = line.iter().take_while(|byte| is_token_byte(**byte)).count();
        if method > MAX_METHOD {
            return Err(ErrorResponse::NotImplemented("there is no such method"));
        }
        // A wrong byte is reported at once, since the line of another protocol may never end.
        if line.get(method).is_some_and(|byte| *byte != b' ') || (method == 0 && !line.is_empty()) {
            return Err(NOT_HTTP);
        }
        let Some(end) = end else {
            let is_too_long = bytes.len() >= MAX_BYTES;
            return if is_too_long { Err(ErrorResponse::UriTooLong) } else { Ok(None) };
        };
        let line =
            str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line)).map_err(|_| NOT_HTTP)?;
        let mut parts = line.split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NOT_HTTP);
        };
        let version = version_of(version)?;
        if target.is_empty() || target.contains(|c: char| c.is_control() || c == '#') {
            return Err(ErrorResponse::Bad("the target of the request is not valid"));
        }
        let (authority, path, query) = split_target(method, target)?;
        let start = bytes.len() - rest.len() + end + 1;
        Ok(Some((Self { method, path, query, authority, version }, start)))
    }
}

/// Whether these bytes can only be empty lines between two requests.
pub(crate) fn is_blank(bytes: &[u8]) -> bool {
    bytes.len() <= MAX_EMPTY_LINES && bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n'))
}

/// The minor version to treat the request as. A later minor version is the latest known one.
fn version_of(text: &str) -> Result<u8, ErrorResponse> {
    let Some([major, b'.', minor]) = text.strip_prefix("HTTP/").map(str::as_bytes) else {
        return Err(NOT_HTTP);
    };
    match (major, minor) {
        (b'1', b'0') => Ok(0),
        (b'1', b'1'..=b'9') => Ok(1),
        (b'0'..=b'9', b'0'..=b'9') => Err(ErrorResponse::Version),
        _ => Err(NOT_HTTP),
    }
}

/// The authority, path and query of a target, in any of its four forms (RFC 9112, section 3.2).
fn split_target<'a>(
    method: &str,
    target: &'a str,
) -> Result<(Option<&'a str>, &'a str, &'a str), ErrorResponse> {
    if method == "CONNECT" || (method == "OPTIONS" && target == "*") {
        return Ok((None, target, ""));
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if path.starts_with('/') {
        return Ok((None, path, query));
    }
    let wrong = ErrorResponse::Bad("the target must begin with `/`, `http://` or `https://`");
    let Some((scheme, rest)) = target.split_once("://") else { return Err(wrong) };
    if !["http", "https"].iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
        return Err(wrong);
    }
    let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = match path {
        // The server as a whole (RFC 9112, section 3.2.4).
        "" if method == "OPTIONS" && query.is_empty() => "*",
        "" => "/",
        path => path,
    };
    Ok((Some(authority), path, query))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of a line: path, query, authority and version. Otherwise the status.
    fn parts(line: &str) -> String {
        match RequestLine::parse(format!("{line}\r\n").as_bytes()) {
            Ok(Some((line, _))) => {
                let authority = line.authority.unwrap_or("-");
                format!("{} {} {authority} {}", line.path, line.query, line.version)
            }
            Ok(None) => "incomplete".into(),
            Err(refusal) => refusal.status().0.to_string(),
        }
    }

    #[test]
    fn all_four_forms_of_a_target_are_understood_where_they_belong() {
        for (line, expected) in [
            ("GET / HTTP/1.1", "/  - 1"),
            ("GET /a/b?c=d?e HTTP/1.0", "/a/b c=d?e - 0"),
            ("GET //a HTTP/1.1", "//a  - 1"),
            ("GET http://a HTTP/1.1", "/  a 1"),
            ("GET HTTP://a:80/b?c HTTP/1.1", "/b c a:80 1"),
            ("GET https://a?c=http://d/ HTTP/1.1", "/ c=http://d/ a 1"),
            ("OPTIONS * HTTP/1.1", "*  - 1"),
            ("OPTIONS http://a HTTP/1.1", "*  a 1"),
            ("OPTIONS http://a/ HTTP/1.1", "/  a 1"),
            ("CONNECT a:80 HTTP/1.1", "a:80  - 1"),
            ("GET * HTTP/1.1", "400"),
            ("GET a:80 HTTP/1.1", "400"),
            ("GET a HTTP/1.1", "400"),
            ("GET ftp://a/ HTTP/1.1", "400"),
            ("GET ?a HTTP/1.1", "400"),
            ("GET /a#b HTTP/1.1", "400"),
            ("GET /\x01 HTTP/1.1", "400"),
            ("GET /\rX HTTP/1.1", "400"),
        ] {
            assert_eq!(parts(line), expected, "{line}");
        }
    }

    #[test]
    fn each_version_and_each_wrong_line_has_its_status() {
        for (line, expected) in [
            ("GET / HTTP/1.2", "/  - 1"),
            ("GET / HTTP/1.9", "/  - 1"),
            ("GET / HTTP/2.0", "505"),
            ("PRI * HTTP/2.0", "505"),
            ("GET / HTTP/0.9", "505"),
            ("GET / HTTP/1.10", "400"),
            ("GET / HTTP/1", "400"),
            ("GET / http/1.1", "400"),
            ("GET / HTTP/x.1", "400"),
            ("GET /", "400"),
            ("GET", "400"),
            ("GET  / HTTP/1.1", "400"),
            ("GET /  HTTP/1.1", "400"),
            ("GET / HTTP/1.1 ", "400"),
            ("GET /a b HTTP/1.1", "400"),
            (" GET / HTTP/1.1", "400"),
            ("G@T / HTTP/1.1", "400"),
            ("GET\t/ HTTP/1.1", "400"),
        ] {
            assert_eq!(parts(line), expected, "{line}");
        }
    }

    #[test]
    fn a_few_empty_lines_come_before_a_request_and_not_more() {
        let after = |lines: &str| {
            let bytes = format!("{lines}GET / HTTP/1.1\r\n");
            RequestLine::parse(bytes.as_bytes()).map(|parsed| parsed.map(|(_, start)| start))
        };
        assert_eq!(after(""), Ok(Some(16)));
        assert_eq!(after("\r\n"), Ok(Some(18)));
        assert_eq!(after("\r\n\n\r\n\r\n"), Ok(Some(23)));
        assert!(after("\r\n\r\n\r\n\r\n\r\n").is_err());
        assert!(after("\r").is_err());
    }

    #[test]
    fn a_line_without_an_end_is_refused_once_it_is_too_long() {
        let long = format!("GET /{}", "x".repeat(MAX_BYTES - 5));
        assert_eq!(RequestLine::parse(&long.as_bytes()[..MAX_BYTES - 1]), Ok(None));
        assert_eq!(RequestLine::parse(long.as_bytes()), Err(ErrorResponse::UriTooLong));
        let method = "M".repeat(MAX_METHOD + 1);
        assert_eq!(RequestLine::parse(&method.as_bytes()[..MAX_METHOD]), Ok(None));
        let refused = RequestLine::parse(method.as_bytes()).unwrap_err();
        assert_eq!(refused.status().0, 501);
    }
}
