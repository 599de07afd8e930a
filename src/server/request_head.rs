//! Parses a request's head (RFC 9112).

use httparse::{Error, Header, Request, Status};

use super::{endpoint::Endpoint, error_response::ErrorResponse};

/// The maximum size of a request's head, in bytes.
pub(crate) const MAX_BYTES: usize = 8192;
/// The maximum number of header fields.
pub(crate) const MAX_FIELDS: usize = 64;

/// A parsed head.
pub(crate) struct RequestHead<'a> {
    /// As sent: only `GET` and `HEAD` are served.
    pub(crate) method: &'a str,
    /// Still percent-encoded.
    pub path: &'a str,
    /// What follows the `?`; empty if there is none.
    pub query: &'a str,
    /// The minor version: 1 for HTTP/1.1.
    pub(crate) version: u8,
    /// In the order in which they came.
    fields: &'a [Header<'a>],
}

impl<'a> RequestHead<'a> {
    /// Parses the head at the start of `bytes`. Also returns its length. Returns `None` if more bytes
    /// are needed. `fields` provides the memory for the header fields.
    ///
    /// # Errors
    /// This is not an HTTP/1.1 request, or it exceeds [`MAX_BYTES`] or [`MAX_FIELDS`].
    pub(crate) fn parse(
        bytes: &'a [u8],
        fields: &'a mut [Header<'a>; MAX_FIELDS],
    ) -> Result<Option<(Self, usize)>, ErrorResponse> {
        let mut parsed = Request::new(fields);
        let len = match parsed.parse(bytes) {
            Ok(Status::Complete(len)) if len <= MAX_BYTES => len,
            Ok(Status::Partial) if bytes.len() < MAX_BYTES => return Ok(None),
            Ok(_) | Err(Error::TooManyHeaders) => return Err(ErrorResponse::TooLarge),
            Err(_) => return Err(ErrorResponse::Bad("this is not an HTTP/1.1 request")),
        };
        let target = parsed.path.unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let method = parsed.method.unwrap_or_default();
        let version = parsed.version.unwrap_or_default();
        Ok(Some((Self { method, path, query, version, fields: parsed.headers }, len)))
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

    /// Checks the access token, if the listener has one.
    ///
    /// # Errors
    /// The request does not contain the token.
    pub(crate) fn authorize(&self, endpoint: &Endpoint) -> Result<(), ErrorResponse> {
        let Some(token) = &endpoint.token else { return Ok(()) };
        let shown = token.authorizes(self.field("Authorization").next(), self.query);
        if shown { Ok(()) } else { Err(ErrorResponse::Unauthorized) }
    }
}
