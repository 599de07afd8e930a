//! Why a request failed, as the actor is told.

use std::{fmt, io};

use wit_core::host::HttpError;

/// Why a request failed: a fault of the actor, of the manifest, of the server or of the network. It
/// has the cases of the WIT, in a type of this crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(pub(crate) HttpError);

impl Failure {
    /// The server or the network is at fault.
    pub(super) fn failed(text: impl Into<String>) -> Self {
        Self(HttpError::Failed(text.into()))
    }

    /// The type of this failure for the field `Proxy-Status` (RFC 9209, section 2.3).
    pub(crate) fn proxy_status(&self) -> &'static str {
        match &self.0 {
            HttpError::Denied(_) => "http_request_denied",
            HttpError::Invalid(_) | HttpError::Limit => "http_request_error",
            HttpError::Unresolved(_) => "dns_error",
            HttpError::TimedOut => "http_response_timeout",
            HttpError::TooLarge => "http_response_body_size",
            HttpError::Interrupted | HttpError::Failed(_) => "destination_unavailable",
        }
    }
}

/// The error as it is lowered into the guest.
impl From<Failure> for HttpError {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::failed(error.to_string())
    }
}

/// The text for the log, and for actors that use Theater's `http-client`.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            HttpError::Denied(text) | HttpError::Failed(text) => f.write_str(text),
            HttpError::Invalid(text) => write!(f, "the request is invalid: {text}"),
            HttpError::Unresolved(text) => write!(f, "the host's name leads nowhere: {text}"),
            HttpError::TimedOut => f.write_str("not done within `limits.fetch_wait`"),
            HttpError::TooLarge => f.write_str("the answer is larger than `limits.fetch_response`"),
            HttpError::Limit => f.write_str("more than `limits.effects` or `limits.fetches` allow"),
            HttpError::Interrupted => f.write_str("the host was stopped before the answer came"),
        }
    }
}

impl std::error::Error for Failure {}
