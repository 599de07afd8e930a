//! What the actor gets to see of a request.
//!
//! It gets the method, the path with the query, and the header fields, with their names in lower
//! case. It does not get what belongs to the connection between the client and the host (RFC 9110,
//! section 7.6.1), nor the listener's token.

use super::{endpoint::Endpoint, request_head::RequestHead, token};
use crate::{exchange::HttpRequest, header_fields::is_of_the_connection};

/// Fields that end at the host beside those of the connection.
const FOR_THE_HOST: [&str; 2] = ["expect", "proxy-authorization"];

/// The request for the actor, without its content.
pub(crate) fn of(request: &RequestHead<'_>, endpoint: &Endpoint) -> HttpRequest {
    let has_token = endpoint.token.is_some();
    let query =
        if has_token { token::without_token(request.query) } else { request.query.to_owned() };
    let question_mark = if query.is_empty() { "" } else { "?" };
    let ends_here = |name: &str| {
        let is_token = has_token && name == "authorization";
        is_token
            || FOR_THE_HOST.contains(&name)
            || is_of_the_connection(name)
            || request.has_token("Connection", name)
    };
    let fields = request.fields.iter().map(|field| (field.name.to_ascii_lowercase(), field.value));
    let fields = fields.filter(|(name, _)| !ends_here(name));
    // The target's host wins over the field (RFC 9112, section 3.2.2), and it alone was checked. A page
    // that was opened with the token may tell it in `Referer`.
    let value = |name: &str, value: &[u8]| match (name, request.host) {
        ("host", Some(host)) => host.to_owned(),
        ("referer", _) if has_token => {
            let referer = text(value.trim_ascii());
            match referer.split_once('?') {
                Some((page, query)) => match token::without_token(query) {
                    query if query.is_empty() => page.to_owned(),
                    query => format!("{page}?{query}"),
                },
                None => referer,
            }
        }
        _ => text(value.trim_ascii()),
    };
    HttpRequest {
        method: request.method.to_owned(),
        uri: format!("{}{question_mark}{query}", request.path),
        headers: fields
            .map(|(name, bytes)| {
                let value = value(&name, bytes);
                (name, value)
            })
            .collect(),
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
        let bytes = b"GET /a HTTP/1.1\r\nHost: board\r\nReferer: http://board/?token=s3cret\r\n\
            Referer: http://board/?a=b&token=s3cret\r\nAuthorization: Bearer s3cret\r\n\r\n";
        let seen = request(true, bytes);
        let referers = [("referer", "http://board/"), ("referer", "http://board/?a=b")];
        assert_eq!(fields(&seen)[1..], referers);
        let bytes = b"GET http://board/ HTTP/1.1\r\nHost: evil\r\n\r\n";
        assert_eq!(fields(&request(false, bytes)), [("host", "board")]);
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
