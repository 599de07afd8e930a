//! Parses a request's head (RFC 9112).

use httparse::{Error, Header, Status, parse_headers};

use super::{
    error_response::ErrorResponse,
    request_line::{MAX_BYTES, RequestLine},
};

/// The maximum number of header fields.
pub const MAX_FIELDS: usize = 64;

/// The methods of RFC 9110 and RFC 5789. Others get 501, also if they differ only in case.
const METHODS: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/// A parsed head.
#[derive(Debug)]
pub struct RequestHead<'a> {
    /// One of `METHODS`.
    pub(crate) method: &'a str,
    /// Still percent-encoded. `*` for `OPTIONS` of the whole server.
    pub(crate) path: &'a str,
    /// What follows the `?`; empty if there is none.
    pub(crate) query: &'a str,
    /// The minor version: 0 for HTTP/1.0, and 1 for all later ones.
    pub(crate) version: u8,
    /// The host, and the port if there is one: of the target, or of the field `Host`. Only
    /// HTTP/1.0 may have none.
    pub(crate) host: Option<&'a str>,
    /// In the order in which they came.
    pub(crate) fields: &'a [Header<'a>],
}

impl<'a> RequestHead<'a> {
    /// Parses the head at the start of `bytes`. Also returns its length. Returns `None` if more bytes
    /// are needed. `fields` provides the memory for the header fields.
    ///
    /// # Errors
    /// This is not a valid request, or it has more than 8 KiB or 64 fields. Where the next one would
    /// begin is not known then.
    pub fn parse(
        bytes: &'a [u8],
        fields: &'a mut [Header<'a>; MAX_FIELDS],
    ) -> Result<Option<(Self, usize)>, ErrorResponse> {
        let Some((line, start)) = RequestLine::parse(bytes)? else { return Ok(None) };
        let rest = bytes.get(start..).unwrap_or_default();
        let (len, fields) = match parse_headers(rest, fields) {
            Ok(Status::Complete((len, fields))) if start + len <= MAX_BYTES => {
                (start + len, fields)
            }
            Ok(Status::Partial) if bytes.len() < MAX_BYTES => return Ok(None),
            Ok(_) | Err(Error::TooManyHeaders) => return Err(ErrorResponse::TooLarge),
            Err(_) => return Err(ErrorResponse::Bad("a header field is not valid")),
        };
        if !METHODS.contains(&line.method) {
            return Err(ErrorResponse::NotImplemented("there is no such method"));
        }
        let RequestLine { method, path, query, authority, version } = line;
        let mut head = Self { method, path, query, version, host: authority, fields };
        head.check_host()?;
        Ok(Some((head, len)))
    }

    /// Checks `Host`, and sets the host from it unless the target has one (RFC 9112, section 3.2).
    fn check_host(&mut self) -> Result<(), ErrorResponse> {
        let (host, second) = {
            let mut hosts = self.field("Host");
            (hosts.next(), hosts.next())
        };
        if second.is_some() || (host.is_none() && self.version > 0) {
            return Err(ErrorResponse::Bad("exactly one field `Host` is needed"));
        }
        let host = host.map(|host| str::from_utf8(host).unwrap_or_default());
        if host.into_iter().chain(self.host).any(|host| !is_host(host)) {
            return Err(ErrorResponse::Bad("the host of the request is not valid"));
        }
        self.host = self.host.or(host);
        Ok(())
    }

    /// The values of a field, without surrounding white space.
    pub(crate) fn field(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let fields = self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name));
        fields.map(|field| field.value.trim_ascii())
    }

    /// The members of a list field (RFC 9110, section 5.6.1).
    pub(crate) fn list(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let members = self.field(name).flat_map(|value| value.split(|byte| *byte == b','));
        members.map(<[u8]>::trim_ascii).filter(|member| !member.is_empty())
    }

    /// Whether a list field contains a token, in any case.
    pub(crate) fn has_token(&self, name: &str, token: &str) -> bool {
        self.list(name).any(|found| found.eq_ignore_ascii_case(token.as_bytes()))
    }
}

/// Whether this is a host, with or without a port (RFC 3986, section 3.2). A user before it is not
/// allowed (RFC 9110, section 4.2.4).
fn is_host(text: &str) -> bool {
    let (name, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let Some((address, rest)) = rest.split_once(']') else { return false };
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return false;
            }
            ("v6", rest.strip_prefix(':').or(rest.is_empty().then_some("")))
        }
        None => match text.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (text, Some("")),
        },
    };
    let is_name_byte =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%".contains(&byte);
    let is_port = |port: &str| {
        port.is_empty()
            || (port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok())
    };
    !name.is_empty() && name.bytes().all(is_name_byte) && port.is_some_and(is_port)
}

#[cfg(test)]
mod tests {
    use httparse::EMPTY_HEADER;

    use super::*;

    /// The host of a request, or its status.
    fn host(request: &str) -> String {
        let mut fields = [EMPTY_HEADER; MAX_FIELDS];
        match RequestHead::parse(request.as_bytes(), &mut fields) {
            Ok(Some((head, _))) => head.host.unwrap_or("-").into(),
            Ok(None) => "incomplete".into(),
            Err(refusal) => refusal.status().0.to_string(),
        }
    }

    #[test]
    fn a_request_has_one_valid_host_and_that_of_the_target_wins() {
        for (head, expected) in [
            ("GET / HTTP/1.1\r\nHost: a", "a"),
            ("GET / HTTP/1.1\r\nHost:a:8080 ", "a:8080"),
            ("GET / HTTP/1.1\r\nHost: [::1]:80", "[::1]:80"),
            ("GET / HTTP/1.1\r\nHost: a:", "a:"),
            ("GET http://b/ HTTP/1.1\r\nHost: a", "b"),
            ("GET / HTTP/1.0", "-"),
            ("GET / HTTP/1.0\r\nHost: a", "a"),
            ("GET http://b/ HTTP/1.0", "b"),
            ("GET / HTTP/1.1", "400"),
            ("GET http://b/ HTTP/1.1", "400"),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: a", "400"),
            ("GET / HTTP/1.0\r\nHost: a\r\nHost: b", "400"),
            ("GET / HTTP/1.1\r\nHost:", "400"),
            ("GET / HTTP/1.1\r\nHost: a b", "400"),
            ("GET / HTTP/1.1\r\nHost: a, b", "400"),
            ("GET / HTTP/1.1\r\nHost: u@a", "400"),
            ("GET / HTTP/1.1\r\nHost: a/b", "400"),
            ("GET / HTTP/1.1\r\nHost: a:b", "400"),
            ("GET / HTTP/1.1\r\nHost: a:65536", "400"),
            ("GET / HTTP/1.1\r\nHost: [::1", "400"),
            ("GET / HTTP/1.1\r\nHost: [x]", "400"),
            ("GET / HTTP/1.1\r\nHost: [::1]80", "400"),
            ("GET / HTTP/1.1\r\nHost: \u{e4}", "400"),
            ("GET http:/// HTTP/1.1\r\nHost: a", "400"),
            ("GET http://u@b/ HTTP/1.1\r\nHost: a", "400"),
        ] {
            assert_eq!(host(&format!("{head}\r\n\r\n")), expected, "{head}");
        }
    }

    #[test]
    fn fields_that_others_might_read_differently_are_refused() {
        for field in [
            "X : a",
            "X\t: a",
            " X: a",
            "X: a\r\n b",
            "X: a\r\n\tb",
            "X: a\rb",
            "X: a\0b",
            "X",
            ": a",
            "X@: a",
            "X: \x7f",
        ] {
            let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n");
            assert_eq!(host(&head), "400", "{field:?}");
        }
        assert_eq!(host("GET / HTTP/1.1\r\nHost: a\r\nX:\r\nY: \u{e4}\r\n\r\n"), "a");
    }

    #[test]
    fn only_known_methods_are_parsed() {
        for (method, expected) in [("PATCH", "a"), ("get", "501"), ("BREW", "501")] {
            let head = format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n");
            assert_eq!(host(&head), expected, "{method}");
        }
    }
}
