//! What the actor gets to see of a request.
//!
//! It gets the method, the path with the query, and the header fields, with their names in lower
//! case. It does not get what belongs to the connection between the client and the host (RFC 9110,
//! section 7.6.1), nor the listener's token.

use super::{endpoint::Endpoint, request_head::RequestHead, token};
use crate::exchange::HttpRequest;

/// Fields about the connection, which end at the host.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The request for the actor, without its content.
pub(crate) fn of(request: &RequestHead<'_>, endpoint: &Endpoint) -> HttpRequest {
    let has_token = endpoint.token.is_some();
    let query =
        if has_token { token::without_token(request.query) } else { request.query.to_owned() };
    let question_mark = if query.is_empty() { "" } else { "?" };
    let ends_here = |name: &str| {
        let is_token = has_token && name == "authorization";
        is_token || HOP_BY_HOP.contains(&name) || request.has_token("Connection", name)
    };
    let fields = request.fields.iter().map(|field| (field.name.to_ascii_lowercase(), field.value));
    let fields = fields.filter(|(name, _)| !ends_here(name));
    HttpRequest {
        method: request.method.to_owned(),
        uri: format!("{}{question_mark}{query}", request.path),
        headers: fields.map(|(name, value)| (name, text(value.trim_ascii()))).collect(),
        body: None,
    }
}

/// A field's value as text: UTF-8, or else each byte as the character of ISO 8859-1 that it once
/// stood for (RFC 9110, section 5.5).
fn text(value: &[u8]) -> String {
    let latin = || value.iter().copied().map(char::from).collect();
    str::from_utf8(value).map_or_else(|_| latin(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use httparse::EMPTY_HEADER;

    use super::{super::request_head::MAX_FIELDS, *};
    use crate::server::config::Listener;

    /// The actor's request, at a listener with or without a token.
    fn request(token: bool, bytes: &[u8]) -> HttpRequest {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "s3cret").unwrap();
        let mut listener = Listener::new([127, 0, 0, 1].into(), 0);
        listener.token_file = token.then_some(file);
        let endpoint = Endpoint::new(&listener).unwrap();
        let mut room = [EMPTY_HEADER; MAX_FIELDS];
        let (head, _) = RequestHead::parse(bytes, &mut room).unwrap().unwrap();
        of(&head, &endpoint)
    }

    fn fields(request: &HttpRequest) -> Vec<(&str, &str)> {
        request.headers.iter().map(|(name, value)| (&**name, &**value)).collect()
    }

    #[test]
    fn the_actor_gets_the_fields_in_order_and_none_about_the_connection() {
        let bytes = b"POST /a%20b?c=d HTTP/1.1\r\nHost: board\r\nX-Two: 1\r\nx-two:  2 \r\n\
            Connection: close, X-Mine\r\nX-Mine: a\r\nKeep-Alive: a\r\nTE: trailers\r\n\
            Upgrade: h2c\r\nContent-Length: 5\r\nAuthorization: Basic abc\r\n\r\n";
        let request = request(false, bytes);
        assert_eq!((&*request.method, &*request.uri), ("POST", "/a%20b?c=d"));
        let expected = [
            ("host", "board"),
            ("x-two", "1"),
            ("x-two", "2"),
            ("content-length", "5"),
            ("authorization", "Basic abc"),
        ];
        assert_eq!(fields(&request), expected);
    }

    #[test]
    fn the_listeners_token_is_taken_out() {
        let bytes = b"GET /a?b=c&token=s3cret&d HTTP/1.1\r\nHost: board\r\n\
            Authorization: Bearer s3cret\r\n\r\n";
        let seen = request(true, bytes);
        assert_eq!((&*seen.uri, fields(&seen)), ("/a?b=c&d", vec![("host", "board")]));
        let seen = request(true, b"GET /a?token=s3cret HTTP/1.1\r\nHost: board\r\n\r\n");
        assert_eq!(seen.uri, "/a");
        let seen = request(false, b"GET /a?token=x HTTP/1.1\r\nHost: board\r\n\r\n");
        assert_eq!(seen.uri, "/a?token=x", "this listener has none");
    }

    #[test]
    fn a_value_that_is_not_utf8_is_latin_1() {
        let bytes = b"GET / HTTP/1.1\r\nHost: a\r\nA: gr\xc3\xbcn\r\nB: gr\xfcn\r\n\r\n";
        let request = request(false, bytes);
        assert_eq!(fields(&request), [("host", "a"), ("a", "grün"), ("b", "grün")]);
    }
}
