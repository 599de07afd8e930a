//! A request that has been checked, and how a redirect changes it.

use wit_core::{HttpRequest, host::HttpError};

use super::{failure::Failure, url::Url};
use crate::header_fields::{self, is_of_the_connection, is_token};

/// The most fields of a request.
pub(crate) const MAX_FIELDS: usize = 64;
/// The most bytes of the names and values of all fields of a request.
pub(crate) const MAX_FIELD_BYTES: usize = 8 << 10;
/// The longest method in bytes.
const MAX_METHOD: usize = 32;
/// Fields that are the host's business beside those of the connection: who is asked, where the content
/// ends, and what is for proxies (RFC 9110, sections 7.2, 8.6, 10.1.1 and 11.7).
const OWN: [&str; 6] = [
    "host",
    "content-length",
    "proxy-authenticate",
    "proxy-authorization",
    "expect",
    "http2-settings",
];
/// Fields that are for one origin only.
const SECRET: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// A request that may be sent, once its address is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// A token.
    pub(super) method: String,
    /// Whom it is for.
    pub(super) url: Url,
    /// Checked: names are tokens, and no value ends a line.
    pub(super) fields: Vec<(String, String)>,
    /// The content.
    pub(super) body: Option<Vec<u8>>,
}

impl Request {
    /// Checks an actor's request.
    ///
    /// # Errors
    /// It is invalid. The text names the part.
    pub fn new(request: HttpRequest) -> Result<Self, Failure> {
        let HttpRequest { method, uri, headers, body } = request;
        check_method(&method)?;
        let url = Url::parse(&uri).map_err(|error| invalid(format!("the URI: {error}")))?;
        let bytes = header_fields::size(&headers);
        if headers.len() > MAX_FIELDS || bytes > MAX_FIELD_BYTES {
            return Err(invalid(format!(
                "at most {MAX_FIELDS} header fields with {MAX_FIELD_BYTES} bytes are sent"
            )));
        }
        headers.iter().try_for_each(|(name, value)| check_field(name, value))?;
        if body.is_some() && method == "HEAD" {
            return Err(invalid("a HEAD request has no body".into()));
        }
        Ok(Self { method, url, fields: headers, body })
    }

    /// The request as the interface has it.
    pub(super) fn plain(&self) -> HttpRequest {
        HttpRequest {
            method: self.method.clone(),
            uri: self.url.to_string(),
            headers: self.fields.clone(),
            body: self.body.clone(),
        }
    }

    /// The method and the address.
    pub(super) fn line(&self) -> String {
        format!("{} {}", self.method, self.url)
    }

    /// What it keeps in memory, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let Url { path, query, .. } = &self.url;
        let query = query.as_ref().map_or(0, String::len);
        let beside = path.len().saturating_add(query);
        let body = self.body.as_ref().map_or(0, Vec::len);
        header_fields::size(&self.fields).saturating_add(body).saturating_add(beside)
    }

    /// The request that a redirect with this status asks for (RFC 9110, section 15.4).
    pub(super) fn redirected(&mut self, status: u16, to: Url) {
        let to_get = match status {
            301 | 302 => self.method == "POST",
            303 => self.method != "HEAD",
            _ => false,
        };
        if to_get {
            self.method = "GET".into();
            self.body = None;
            self.fields.retain(|(name, _)| !begins_with(name, "content-"));
        }
        if to.origin != self.url.origin {
            self.fields.retain(|(name, _)| !is_one_of(&SECRET, name));
        }
        self.url = to;
    }
}

/// Checks a method: a token, and none that is about the connection or its proxies.
fn check_method(method: &str) -> Result<(), Failure> {
    if method.len() > MAX_METHOD || !is_token(method) {
        return Err(invalid("the method is no token such as GET".into()));
    }
    if ["CONNECT", "TRACE"].iter().any(|refused| method.eq_ignore_ascii_case(refused)) {
        return Err(invalid(format!("the method {method} is not sent")));
    }
    Ok(())
}

/// Checks a header field.
fn check_field(name: &str, value: &str) -> Result<(), Failure> {
    if !is_token(name) {
        return Err(invalid(format!("{name:?} is no name of a header field")));
    }
    if is_of_the_connection(name) || is_one_of(&OWN, name) {
        return Err(invalid(format!("the host itself sets the header field {name}")));
    }
    if header_fields::control(value).is_some() {
        return Err(invalid(format!(
            "the header field {name} has a line end or a control character"
        )));
    }
    Ok(())
}

/// Whether a field's name is one of these, in any case.
fn is_one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether a field's name begins so, in any case.
fn begins_with(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|first| first.eq_ignore_ascii_case(prefix))
}

/// The actor's own mistake.
fn invalid(text: String) -> Failure {
    Failure(HttpError::Invalid(text))
}
