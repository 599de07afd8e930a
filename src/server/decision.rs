//! Decides what to do about a request, from its bytes alone.

use std::{borrow::Cow, net::SocketAddr};

use httparse::EMPTY_HEADER;
use percent_encoding::percent_decode_str;

use super::{
    actor_request,
    conditions::Conditions,
    cross_site::{self, Preflight, Sharing},
    endpoint::Endpoint,
    error_response::ErrorResponse,
    framing::RequestMeta,
    handshake::{self, Upgrade},
    inspecting::{self, Inspecting},
    live,
    request_head::{MAX_FIELDS, RequestHead},
};
use crate::exchange::HttpRequest;

/// What to do about the bytes that have arrived so far.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Wait for more bytes.
    Incomplete,
    /// Upgrade to WebSocket.
    Upgrade { upgrade: Upgrade },
    /// Send a page, if the request's conditions allow it.
    Page {
        page: Page,
        conditions: Conditions,
        /// What to do if it is a file that is not there. `None` says so to the client.
        otherwise: Option<Box<Result<Ask, ErrorResponse>>>,
    },
    /// Let the actor answer.
    Ask(Box<Ask>),
    /// Refuse the request.
    Refuse(ErrorResponse),
}

/// A request for the actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Without its content, which is still to be read.
    pub(crate) request: HttpRequest,
    /// What browsers are told about the response.
    pub(crate) sharing: Sharing,
}

/// What the port serves beside the WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// Which methods there are.
    Options,
    /// What a page of another site may ask the actor.
    Preflight(Preflight),
    /// Whether the actor is well.
    Health,
    /// The counters.
    Metrics,
    /// A page on which a person can talk to the actor.
    Console,
    /// The client for the actor's pages.
    Client,
    /// What the actor does, and a page that shows it.
    Inspect(Inspecting),
    /// A file of the `static` folder.
    File {
        /// Its decoded path in the folder. It ends in `/` for a folder.
        path: String,
        /// What follows the `?` in the request. A redirect keeps it.
        query: String,
        /// Whether it may have the script that loads it anew.
        is_live: bool,
    },
    /// Which version the files of pages have, once that is another one.
    Live {
        /// The version that the page has.
        seen: String,
    },
}

/// The path of the client for the actor's pages, without its `/`. A file of this name in the `static`
/// folder takes its place.
pub(crate) const CLIENT: &str = "footlight.js";

/// Decides what to do about the head in `bytes`, from `peer`, at a listener with this `endpoint`. Also
/// returns what the head says about the message.
pub(crate) fn decide(
    bytes: &[u8],
    peer: SocketAddr,
    endpoint: &Endpoint,
) -> (Decision, RequestMeta) {
    let mut fields = [EMPTY_HEADER; MAX_FIELDS];
    let parsed = RequestHead::parse(bytes, &mut fields).and_then(|parsed| {
        parsed.map(|(request, len)| Ok((RequestMeta::of(&request, len)?, request))).transpose()
    });
    let (mut meta, request) = match parsed {
        Ok(Some(parsed)) => parsed,
        Ok(None) => return (Decision::Incomplete, RequestMeta::UNREADABLE),
        Err(refusal) => return (Decision::Refuse(refusal), RequestMeta::UNREADABLE),
    };
    meta.client = Some(endpoint.access.client(peer, &request));
    // A health check may use any name, and tells nothing.
    if endpoint.health.as_deref() != Some(request.path)
        && let Err(refusal) = endpoint.access.check_name(&request)
    {
        meta.keep = false;
        return (Decision::Refuse(refusal), meta);
    }
    // What follows may be meant for the tunnel that there is not.
    meta.keep &= request.method != "CONNECT";
    // HTTP/1.0 has no upgrades (RFC 9110, section 7.8).
    let upgrades = request.version > 0 && request.has_token("Upgrade", "websocket");
    let decided = if endpoint.has_socket && upgrades {
        // A client that is refused has no use for the connection.
        meta.keep = false;
        handshake::upgrade(&request, meta.framing, endpoint)
            .map(|upgrade| Decision::Upgrade { upgrade })
    } else {
        plain(&request, &meta, peer, endpoint)
    };
    (decided.unwrap_or_else(Decision::Refuse), meta)
}

/// What to do about a request without an upgrade.
fn plain(
    request: &RequestHead<'_>,
    meta: &RequestMeta,
    peer: SocketAddr,
    endpoint: &Endpoint,
) -> Result<Decision, ErrorResponse> {
    // An expectation of HTTP/1.0 is ignored.
    let is_known = |expected: &[u8]| expected.eq_ignore_ascii_case(b"100-continue");
    if request.version > 0 && !request.list("Expect").all(is_known) {
        return Err(ErrorResponse::Expectation);
    }
    let conditional = |page, otherwise| {
        // Other methods have no conditions (RFC 9110, section 13.2.1).
        let is_conditional = matches!(request.method, "GET" | "HEAD");
        let conditions =
            if is_conditional { Conditions::of(request, meta) } else { Conditions::default() };
        Decision::Page { page, conditions, otherwise }
    };
    if let Some(live) = endpoint.live.get().filter(|_| request.path == live::PATH) {
        let page = Page::Live { seen: live.check(request, &endpoint.access)? };
        return Ok(conditional(page, None));
    }
    if let Some(asked) = inspecting::asked(request, peer, endpoint) {
        return asked.map(|asked| conditional(Page::Inspect(asked), None));
    }
    if !endpoint.has_actor || is_of_the_host(request, endpoint) {
        return page(request, endpoint).map(|page| conditional(page, None));
    }
    if let Some(preflight) = cross_site::preflight(request, endpoint) {
        let conditions = Conditions::default();
        let preflight = preflight.map(Page::Preflight);
        return preflight.map(|page| Decision::Page { page, conditions, otherwise: None });
    }
    let asked = ask(request, endpoint);
    if endpoint.files.is_some() && matches!(request.method, "GET" | "HEAD") {
        return match page(request, endpoint) {
            Ok(page) => Ok(conditional(page, Some(Box::new(asked)))),
            Err(_) => asked.map(|ask| Decision::Ask(Box::new(ask))),
        };
    }
    asked.map(|ask| Decision::Ask(Box::new(ask)))
}

/// Whether a request is for the host where the actor answers all others.
fn is_of_the_host(request: &RequestHead<'_>, endpoint: &Endpoint) -> bool {
    let is = |path: &Option<String>| path.as_deref() == Some(request.path);
    is(&endpoint.health)
        || is(&endpoint.metrics)
        || (endpoint.has_socket && request.path == endpoint.path)
        || (endpoint.console && request.path == "/console")
        || request.path.strip_prefix('/') == Some(CLIENT)
        // A check whether the server is there, such as HAProxy's: no page and no program asks so.
        || (request.method == "OPTIONS" && request.version == 0)
        // The server as a whole, and a tunnel. An actor has no use for TRACE, whose answer could
        // only show secrets (RFC 9110, section 9.3.8).
        || !request.path.starts_with('/')
        || matches!(request.method, "CONNECT" | "TRACE")
}

/// The request for the actor.
fn ask(request: &RequestHead<'_>, endpoint: &Endpoint) -> Result<Ask, ErrorResponse> {
    endpoint.authorize(request)?;
    let sharing = cross_site::check(request, endpoint)?;
    Ok(Ask { request: actor_request::of(request, endpoint), sharing })
}

/// The page for a request without an upgrade. The host's own paths take precedence over the
/// `static` folder. Two exceptions: the folder's `index.html` replaces the console page at `/`, and its
/// `footlight.js` the host's.
fn page(request: &RequestHead<'_>, endpoint: &Endpoint) -> Result<Page, ErrorResponse> {
    if request.method == "OPTIONS" {
        return Ok(Page::Options);
    }
    if !matches!(request.method, "GET" | "HEAD") {
        return Err(ErrorResponse::Method);
    }
    let is = |path: &Option<String>| path.as_deref() == Some(request.path);
    match request.path {
        _ if is(&endpoint.health) => return Ok(Page::Health),
        _ if is(&endpoint.metrics) => return endpoint.authorize(request).map(|()| Page::Metrics),
        "/console" if endpoint.console => return Ok(Page::Console),
        path if endpoint.has_socket && path == endpoint.path => {
            return Err(ErrorResponse::UpgradeRequired);
        }
        "/" if endpoint.files.is_none() && endpoint.console => return Ok(Page::Console),
        "/" if endpoint.files.is_none() => return Err(ErrorResponse::UpgradeRequired),
        _ => {}
    }
    let not_found = || ErrorResponse::NotFound { path: endpoint.path.clone() };
    let encoded = request.path.strip_prefix('/');
    if endpoint.files.is_none() {
        return if encoded == Some(CLIENT) { Ok(Page::Client) } else { Err(not_found()) };
    }
    let path = percent_decode_str(encoded.ok_or_else(not_found)?).decode_utf8();
    let path = path.map(Cow::into_owned).map_err(|_| not_found())?;
    let live = endpoint.live.get();
    let is_live = live.is_some_and(|live| live.is_for(request, &endpoint.access));
    Ok(Page::File { path, query: request.query.into(), is_live })
}

#[cfg(test)]
mod tests {
    use super::{super::request_line::MAX_BYTES, *};
    use crate::server::config::Listener;

    const PEER: &str = "192.0.2.1:4711";

    /// The request of RFC 6455, section 1.2, with some text replaced.
    fn request(from: &str, to: &str) -> Vec<u8> {
        let request = "GET /ws HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
                       Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                       Sec-WebSocket-Version: 13\r\n\r\n";
        assert!(request.contains(from), "{from}");
        request.replacen(from, to, 1).into_bytes()
    }

    /// A default listener with some changes.
    fn endpoint(change: impl FnOnce(&mut Listener)) -> Endpoint {
        let mut listener = Listener::new([127, 0, 0, 1].into(), 0);
        change(&mut listener);
        Endpoint::new(&listener).unwrap()
    }

    fn decide(bytes: &[u8]) -> Decision {
        super::decide(bytes, PEER.parse().unwrap(), &endpoint(|_| {})).0
    }

    fn refusal(from: &str, to: &str) -> ErrorResponse {
        match decide(&request(from, to)) {
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
        let (path, query) = ("/ws".into(), String::new());
        let upgrade = Upgrade { accept, subprotocol: None, unagreed: None, path, query };
        let (decision, meta) = super::decide(&bytes, PEER.parse().unwrap(), &endpoint(|_| {}));
        assert_eq!((decision, meta.len), (Decision::Upgrade { upgrade }, len));
    }

    #[test]
    fn every_prefix_of_a_request_is_incomplete() {
        let bytes = request("", "");
        for len in 0..bytes.len() {
            assert_eq!(decide(&bytes[..len]), Decision::Incomplete, "{len} bytes");
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
            let decision = decide(&request(from, to));
            assert!(matches!(decision, Decision::Upgrade { .. }), "{to}: {decision:?}");
        }
    }

    #[test]
    fn each_mistake_has_its_status() {
        for (from, to, status) in [
            ("GET ", "POST ", 405),
            ("GET /ws ", "GET /other ", 404),
            ("GET /ws ", "GET /ws/ ", 404),
            ("Upgrade: websocket\r\n", "", 426),
            ("Upgrade: websocket", "Upgrade: h2c", 426),
            ("Version: 13", "Version: 8", 426),
            ("Version: 13", "Version: 13\r\nSec-WebSocket-Version: 13", 426),
            ("Sec-WebSocket-Version: 13\r\n", "", 426),
            // HTTP/1.0 has no upgrades, so this is a plain GET.
            ("HTTP/1.1", "HTTP/1.0", 426),
            ("HTTP/1.1", "HTTP/2.0", 505),
            ("GET ", "BREW ", 501),
            ("Host: ", "Content-Length: 1\r\nHost: ", 400),
            ("Host: ", "Transfer-Encoding: chunked\r\nHost: ", 400),
            ("Connection: Upgrade", "Connection: close", 400),
            ("Host: server.example.com\r\n", "", 400),
            ("Host: ", "Host: other\r\nHost: ", 400),
            ("dGhlIHNhbXBsZSBub25jZQ==", "", 400),
            ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ==", 400),
            ("dGhlIHNhbXBsZSBub25jZQ==", "dGhl\"HNhbXBsZSBub25jZQ==", 400),
            ("Host: ", "Ho st: ", 400),
            ("Host: ", "Host: \0", 400),
        ] {
            let refusal = refusal(from, to);
            assert!(refusal.status().0 == status, "{from} as {to}: {refusal:?}");
        }
    }

    #[test]
    fn a_head_of_8_kib_is_taken_and_one_byte_more_is_not() {
        let room = MAX_BYTES - request("", "").len();
        let fits = format!("/ws?{} ", "x".repeat(room - 1));
        assert_eq!(request("/ws ", &fits).len(), MAX_BYTES);
        let decision = decide(&request("/ws ", &fits));
        assert!(matches!(decision, Decision::Upgrade { .. }), "{decision:?}");
        let too_long = format!("/ws?{} ", "x".repeat(room));
        assert_eq!(refusal("/ws ", &too_long), ErrorResponse::TooLarge);
        // A head without an end is refused as soon as 8 KiB have arrived.
        let endless = [b"GET / HTTP/1.1\r\nA: ".as_slice(), &[b'a'; MAX_BYTES]].concat();
        let endless = &endless[..MAX_BYTES];
        assert_eq!(decide(&endless[..MAX_BYTES - 1]), Decision::Incomplete);
        assert_eq!(decide(endless), Decision::Refuse(ErrorResponse::TooLarge));
    }

    #[test]
    fn sixty_four_fields_are_taken_and_one_more_is_not() {
        let fields = |n| "a:b\r\n".repeat(n) + "Host: server.example.com\r\n";
        let decision = decide(&request("Host: server.example.com\r\n", &fields(59)));
        assert!(matches!(decision, Decision::Upgrade { .. }), "{decision:?}");
        assert_eq!(refusal("Host: server.example.com\r\n", &fields(60)), ErrorResponse::TooLarge);
    }
}
