//! What pages of other sites may do in a visitor's browser: nothing but look, unless `origins` names
//! them.
//!
//! Any page can make a browser send requests to any address that the browser reaches, with what the
//! browser knows of it. It can't read the responses. So a request that may change something is
//! refused if the browser says that it comes from another site: by `Sec-Fetch-Site`, or by `Origin`
//! in browsers that do not have that field. Programs send neither, and are not meant.
//!
//! The pages that `origins` names may do all, and read the responses. The host tells browsers so (the
//! [CORS protocol](https://fetch.spec.whatwg.org/#http-cors-protocol)). What the actor says about
//! that itself is left out.

use super::{
    endpoint::Endpoint, error_response::ErrorResponse, origin::Origin, request_head::RequestHead,
    response::Response,
};

/// How long a browser may remember what it was told, in seconds.
const MAX_AGE: &str = "600";

/// What the response to a request tells browsers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sharing {
    /// The origin whose pages may read the response. `None` for all others.
    origin: Option<String>,
    /// Whether the response could be another one for another origin.
    varies: bool,
}

impl Sharing {
    /// Adds the header fields to a response.
    pub(crate) fn add_to(&self, mut response: Response) -> Response {
        if let Some(origin) = &self.origin {
            response = response
                .field("Access-Control-Allow-Origin", origin)
                .field("Access-Control-Expose-Headers", "*");
        }
        if self.varies { response.field("Vary", "Origin") } else { response }
    }
}

/// What a page may send: just what it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preflight {
    /// The page's origin.
    origin: String,
    method: String,
    /// The names of fields. Empty if it asks for none.
    fields: String,
}

impl Preflight {
    /// The response.
    pub(crate) fn response(&self) -> Response {
        let varies = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
        let response = Response::new(204)
            .field("Access-Control-Allow-Origin", &self.origin)
            .field("Access-Control-Allow-Methods", &self.method)
            .field("Access-Control-Max-Age", MAX_AGE)
            .field("Vary", varies);
        if self.fields.is_empty() {
            return response;
        }
        response.field("Access-Control-Allow-Headers", &self.fields)
    }
}

/// Checks that the page from which a request comes may send it. Returns what to tell the browser.
///
/// # Errors
/// A page of another site may not.
pub(crate) fn check(
    request: &RequestHead<'_>,
    endpoint: &Endpoint,
) -> Result<Sharing, ErrorResponse> {
    let named = named_origin(request, endpoint);
    let is_safe = matches!(request.method, "GET" | "HEAD" | "OPTIONS");
    if !is_safe && named.is_none() && is_from_another_site(request) {
        return Err(ErrorResponse::CrossSite);
    }
    Ok(Sharing { origin: named, varies: !endpoint.access.is_open() })
}

/// The response to a browser that asks what a page may send. `None` if this is another request.
///
/// # Errors
/// The page may not send what it wants to.
pub(crate) fn preflight(
    request: &RequestHead<'_>,
    endpoint: &Endpoint,
) -> Option<Result<Preflight, ErrorResponse>> {
    let method = request.field("Access-Control-Request-Method").next()?;
    request.field("Origin").next()?;
    if request.method != "OPTIONS" {
        return None;
    }
    let Some(origin) = named_origin(request, endpoint) else {
        return Some(Err(ErrorResponse::CrossSite));
    };
    let asked = request.field("Access-Control-Request-Headers").next().unwrap_or_default();
    let texts = (plain(method), plain(asked));
    let (Some(method), Some(asked)) = texts else {
        return Some(Err(ErrorResponse::Bad("what the page asks for is not valid")));
    };
    Some(Ok(Preflight { origin, method: method.to_owned(), fields: asked.to_owned() }))
}

/// A value that may be repeated in a response.
fn plain(value: &[u8]) -> Option<&str> {
    let is_plain = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| is_plain(&byte)))
}

/// Whether a browser says that a request comes from a page of another site.
fn is_from_another_site(request: &RequestHead<'_>) -> bool {
    let mut sites = request.field("Sec-Fetch-Site");
    if let Some(site) = sites.next() {
        // `none` is a person who has typed the address.
        return sites.next().is_some() || !matches!(site, b"same-origin" | b"none");
    }
    let mut origins = request.field("Origin");
    let Some(origin) = origins.next() else { return false };
    let origin = plain(origin).and_then(Origin::parse);
    let is_own = origin.zip(request.host).is_some_and(|(origin, host)| origin.is_of(host));
    origins.next().is_some() || !is_own
}

/// The origin of a request, if `origins` names it.
fn named_origin(request: &RequestHead<'_>, endpoint: &Endpoint) -> Option<String> {
    let mut origins = request.field("Origin");
    let (origin, None) = (plain(origins.next()?)?, origins.next()) else { return None };
    endpoint.access.names_page(&Origin::parse(origin)?).then(|| origin.to_owned())
}

#[cfg(test)]
mod tests {
    use httparse::EMPTY_HEADER;

    use super::{super::request_head::MAX_FIELDS, *};
    use crate::server::config::Listener;

    /// What `with` says about a request with these fields, at a listener with these origins.
    fn with<T>(
        origins: Option<&[&str]>,
        request: &str,
        with: impl FnOnce(&RequestHead<'_>, &Endpoint) -> T,
    ) -> T {
        let mut listener = Listener::new([127, 0, 0, 1].into(), 0);
        listener.access.origins =
            origins.map(|names| names.iter().map(|name| (*name).into()).collect());
        let endpoint = Endpoint::new(&listener).unwrap();
        let (method, fields) = request.split_once('|').unwrap();
        let fields = fields.replace('|', "\r\n");
        let bytes = format!("{method} /a HTTP/1.1\r\nHost: board.local:80\r\n{fields}\r\n\r\n");
        let mut room = [EMPTY_HEADER; MAX_FIELDS];
        let (head, _) = RequestHead::parse(bytes.as_bytes(), &mut room).unwrap().unwrap();
        with(&head, &endpoint)
    }

    #[test]
    fn a_page_of_another_site_may_look_and_change_nothing() {
        for (request, allowed) in [
            // A program.
            ("POST|A: b", true),
            ("POST|Sec-Fetch-Site: same-origin|Origin: http://board.local:80", true),
            ("POST|Sec-Fetch-Site: same-origin|Origin: https://proxy.example", true),
            ("POST|Sec-Fetch-Site: none", true),
            ("POST|Sec-Fetch-Site: cross-site|Origin: https://evil.example", false),
            ("POST|Sec-Fetch-Site: same-site|Origin: http://other.local:80", false),
            ("POST|Sec-Fetch-Site: cross-site", false),
            ("POST|Sec-Fetch-Site: same-origin|Sec-Fetch-Site: cross-site", false),
            ("POST|Sec-Fetch-Site: new-value", false),
            // Browsers without that field.
            ("POST|Origin: http://board.local:80", true),
            ("POST|Origin: https://BOARD.local:80", true),
            ("POST|Origin: http://board.local", true),
            ("POST|Origin: https://board.local", false),
            ("POST|Origin: http://board.local:80.evil.example", false),
            ("POST|Origin: https://evil.example", false),
            ("POST|Origin: null", false),
            ("POST|Origin: file://board.local:80", false),
            ("POST|Origin: http://board.local:80|Origin: http://board.local:80", false),
            ("PUT|Origin: https://evil.example", false),
            ("DELETE|Origin: https://evil.example", false),
            ("PATCH|Origin: https://evil.example", false),
            ("GET|Origin: https://evil.example|Sec-Fetch-Site: cross-site", true),
            ("HEAD|Origin: https://evil.example", true),
        ] {
            let checked = with(None, request, check);
            let expected =
                if allowed { Ok(Sharing::default()) } else { Err(ErrorResponse::CrossSite) };
            assert_eq!(checked, expected, "{request}");
        }
    }

    #[test]
    fn a_page_that_origins_names_may_do_all_and_read_the_response() {
        let origins = Some(&["self", "https://a.example", "null"][..]);
        for (request, expected) in [
            (
                "POST|Origin: https://a.example|Sec-Fetch-Site: cross-site",
                Some("https://a.example"),
            ),
            ("GET|Origin: https://a.example", Some("https://a.example")),
            ("POST|Origin: null", Some("null")),
            ("GET|Origin: https://b.example", None),
            ("GET|A: b", None),
            ("POST|Origin: http://board.local:80", None),
        ] {
            let sharing = with(origins, request, check).unwrap();
            let expected = Sharing { origin: expected.map(str::to_owned), varies: true };
            assert_eq!(sharing, expected, "{request}");
        }
        let refused = with(origins, "POST|Origin: https://b.example", check);
        assert_eq!(refused, Err(ErrorResponse::CrossSite));
        let looks = with(None, "GET|Origin: https://a.example", check);
        assert_eq!(looks, Ok(Sharing::default()));
    }

    #[test]
    fn a_browser_is_told_what_a_named_page_may_send() {
        let origins = Some(&["https://a.example"][..]);
        let ask = "Access-Control-Request-Method: PUT";
        let asked = |origin: &str, more: &str| {
            with(origins, &format!("OPTIONS|Origin: {origin}|{ask}{more}"), preflight)
        };
        let allowed = |fields: &str| Preflight {
            origin: "https://a.example".into(),
            method: "PUT".into(),
            fields: fields.into(),
        };
        assert_eq!(asked("https://a.example", ""), Some(Ok(allowed(""))));
        let headers = "|Access-Control-Request-Headers: authorization,x-a";
        assert_eq!(asked("https://a.example", headers), Some(Ok(allowed("authorization,x-a"))));
        assert_eq!(asked("https://b.example", ""), Some(Err(ErrorResponse::CrossSite)));
        // These ask for something else, and the actor answers them.
        for request in
            [format!("OPTIONS|{ask}"), "OPTIONS|Origin: a".into(), format!("GET|Origin: a|{ask}")]
        {
            assert_eq!(with(origins, &request, preflight), None, "{request}");
        }
    }
}
