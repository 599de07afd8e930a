//! A request's head (RFC 9112), and what it asks for: bytes in, a decision out.

use std::borrow::Cow;

use httparse::{EMPTY_HEADER, Error as HttpError, Header, Status};
use percent_encoding::percent_decode_str;

use super::{
    endpoint::Endpoint,
    error_response::ErrorResponse,
    handshake::{self, Upgrade},
};

/// The most bytes that a request's head may have.
pub const MAX_BYTES: usize = 8192;
/// The most header fields that it may have.
const MAX_FIELDS: usize = 64;

/// What to do about the bytes that have come so far.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// Wait for more.
    Incomplete,
    /// Upgrade to WebSocket.
    Upgrade {
        /// What to answer.
        upgrade: Upgrade,
        /// How many of the bytes were the head; what follows are frames.
        len: usize,
    },
    /// Answer with something, and end.
    Page {
        /// With what.
        page: Page,
        /// Whether it is only asked for the answer's head (`HEAD`).
        head_only: bool,
    },
    /// Refuse.
    Refuse(ErrorResponse),
}

/// What is served beside the WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// Whether all is well.
    Health,
    /// The counters.
    Metrics,
    /// The page from which a person talks to the actor.
    Console,
    /// A file of the `static` folder.
    File {
        /// Its path inside, decoded. It ends in `/` where a folder is asked for.
        path: String,
        /// The entity tag that the client has, if it has one.
        if_none_match: Option<String>,
    },
}

/// A request's head, parsed.
pub struct RequestHead<'a> {
    /// `GET`, for instance.
    pub method: &'a str,
    /// The path, as it was sent.
    pub path: &'a str,
    /// What follows the `?`.
    pub query: &'a str,
    /// 1 for HTTP/1.1.
    pub version: u8,
    /// The header fields.
    fields: &'a [Header<'a>],
}

/// Decides about the head in `bytes`, for a listener that offers `endpoint`.
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

/// What a request without an upgrade asks for. The host's own names come before those of the
/// `static` folder, except that its `index.html` takes the place of the console page at `/`.
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
    /// The values of a field, without the white space around them.
    pub fn field(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let fields = self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name));
        fields.map(|field| field.value.trim_ascii())
    }

    /// The members of a field that is a list (RFC 9110, section 5.6.1).
    pub fn list(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let members = self.field(name).flat_map(|value| value.split(|byte| *byte == b','));
        members.map(<[u8]>::trim_ascii).filter(|member| !member.is_empty())
    }

    /// Whether a field that is a list of tokens has this one, in any case.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.list(name).any(|found| found.eq_ignore_ascii_case(token.as_bytes()))
    }

    /// Checks that the token is shown, if there is one.
    ///
    /// # Errors
    /// It is not.
    pub fn authorize(&self, endpoint: &Endpoint) -> Result<(), ErrorResponse> {
        let Some(token) = &endpoint.token else { return Ok(()) };
        let shown = token.authorizes(self.field("Authorization").next(), self.query);
        if shown { Ok(()) } else { Err(ErrorResponse::Unauthorized) }
    }
}
