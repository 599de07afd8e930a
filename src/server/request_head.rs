//! Parses a request's head (RFC 9112) and decides what to do about it.

use std::borrow::Cow;

use httparse::{EMPTY_HEADER, Error as HttpError, Header, Status};
use percent_encoding::percent_decode_str;

use super::{
    endpoint::Endpoint,
    error_response::ErrorResponse,
    handshake::{self, Upgrade},
};

/// The maximum size of a request's head, in bytes.
pub const MAX_BYTES: usize = 8192;
/// The maximum number of header fields.
const MAX_FIELDS: usize = 64;

/// What to do about the bytes that have arrived so far.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// Wait for more bytes.
    Incomplete,
    /// Upgrade to WebSocket.
    Upgrade {
        /// The answer.
        upgrade: Upgrade,
        /// The length of the head. The bytes after it are frames.
        len: usize,
    },
    /// Send a page and close.
    Page {
        /// Which page.
        page: Page,
        /// Whether to send only the head (`HEAD`).
        head_only: bool,
    },
    /// Refuse the request.
    Refuse(ErrorResponse),
}

/// What the port serves beside the WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// Whether the actor is well.
    Health,
    /// The counters.
    Metrics,
    /// A page on which a person can talk to the actor.
    Console,
    /// A file of the `static` folder.
    File {
        /// Its decoded path in the folder. It ends in `/` for a folder.
        path: String,
        /// The entity tag of the client's copy, which makes a download unnecessary if it is
        /// current.
        if_none_match: Option<String>,
    },
}

/// A parsed head.
pub struct RequestHead<'a> {
    /// The method, such as `GET`.
    pub method: &'a str,
    /// The path, still percent-encoded.
    pub path: &'a str,
    /// What follows the `?`; empty if there is none.
    pub query: &'a str,
    /// The minor version: 1 for HTTP/1.1.
    pub version: u8,
    /// The header fields.
    fields: &'a [Header<'a>],
}

/// Decides what to do about the head in `bytes`, at a listener with this `endpoint`.
pub fn decide(bytes: &[u8], endpoint: &Endpoint) -> Decision {
    let mut fields = [EMPTY_HEADER; MAX_FIELDS];
    let mut parsed = httparse::Request::new(&mut fields);
    let len = match parsed.parse(bytes) {
        Ok(Status::Complete(len)) if len <= MAX_BYTES => len,
        Ok(Status::Partial) if bytes.len() < MAX_BYTES => return Decision::Incomplete,
        Ok(_) | Err(HttpError::TooManyHeaders) => return Decision::Refuse(ErrorResponse::TooLarge),
        Err(_) => {
            return Decision::Refuse(ErrorResponse::Bad("this is not an HTTP/1.1 request"));
        }
    };
    let target = parsed.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = RequestHead {
        method: parsed.method.unwrap_or_default(),
        path,
        query,
        version: parsed.version.unwrap_or_default(),
        fields: parsed.headers,
    };
    let decided = if request.has_token("Upgrade", "websocket") {
        handshake::upgrade(&request, endpoint).map(|upgrade| Decision::Upgrade { upgrade, len })
    } else {
        let head_only = request.method == "HEAD";
        page(&request, endpoint).map(|page| Decision::Page { page, head_only })
    };
    decided.unwrap_or_else(Decision::Refuse)
}

/// The page for a request without an upgrade. The host's own paths take precedence over the
/// `static` folder. One exception: the folder's `index.html` replaces the console page at `/`.
fn page(request: &RequestHead<'_>, endpoint: &Endpoint) -> Result<Page, ErrorResponse> {
    if !matches!(request.method, "GET" | "HEAD") {
        return Err(ErrorResponse::Method);
    }
    match request.path {
        "/healthz" => return Ok(Page::Health),
        "/metrics" => return request.authorize(endpoint).map(|()| Page::Metrics),
        "/console" if endpoint.console => return Ok(Page::Console),
        path if path == endpoint.path => return Err(ErrorResponse::UpgradeRequired),
        "/" if endpoint.files.is_none() && endpoint.console => return Ok(Page::Console),
        "/" if endpoint.files.is_none() => return Err(ErrorResponse::UpgradeRequired),
        _ => {}
    }
    let not_found = || ErrorResponse::NotFound { path: endpoint.path.clone() };
    let encoded = request.path.strip_prefix('/').filter(|_| endpoint.files.is_some());
    let path = percent_decode_str(encoded.ok_or_else(not_found)?).decode_utf8();
    let path = path.map(Cow::into_owned).map_err(|_| not_found())?;
    let if_none_match =
        request.field("If-None-Match").next().and_then(|tag| str::from_utf8(tag).ok());
    Ok(Page::File { path, if_none_match: if_none_match.map(Into::into) })
}

impl<'a> RequestHead<'a> {
    /// The values of a field, without surrounding white space.
    pub fn field(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let fields = self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name));
        fields.map(|field| field.value.trim_ascii())
    }

    /// The members of a list field (RFC 9110, section 5.6.1).
    pub fn list(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let members = self.field(name).flat_map(|value| value.split(|byte| *byte == b','));
        members.map(<[u8]>::trim_ascii).filter(|member| !member.is_empty())
    }

    /// Whether a list field contains a token, in any case.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.list(name).any(|found| found.eq_ignore_ascii_case(token.as_bytes()))
    }

    /// Checks the access token, if the listener has one.
    ///
    /// # Errors
    /// The request does not contain the token.
    pub fn authorize(&self, endpoint: &Endpoint) -> Result<(), ErrorResponse> {
        let Some(token) = &endpoint.token else { return Ok(()) };
        let shown = token.authorizes(self.field("Authorization").next(), self.query);
        if shown { Ok(()) } else { Err(ErrorResponse::Unauthorized) }
    }
}
