//! The answers to requests that are refused.

use std::{borrow::Cow, fmt};

use super::{origin::split_port, status::Status};

/// The methods that the host answers on its own paths.
pub(crate) const ALLOW: (&str, &str) = ("Allow", "GET, HEAD, OPTIONS");
/// Tells a client to try again after 5 seconds, where that may help.
const RETRY: (&str, &str) = ("Retry-After", "5");

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorResponse {
    /// It is not valid HTTP, or a field is missing or wrong: 400.
    Bad(&'static str),
    /// It has no valid token: 401.
    Unauthorized,
    /// It comes from a web page that `origins` does not allow: 403.
    Origin,
    /// The file is larger than `limits.file`, or can't be read: 403.
    Forbidden(&'static str),
    /// It would change something, and comes from a page of another site: 403.
    CrossSite,
    /// There is nothing at this path: 404.
    NotFound {
        /// The path of the WebSocket, as a hint for the client.
        path: String,
    },
    /// Its method is neither GET, HEAD nor OPTIONS: 405.
    Method,
    /// Its client can't take the form that there is: 406.
    NotAcceptable(&'static str),
    /// It took too long: 408.
    Timeout,
    /// It calls the host by a name that is not the host's: 421.
    Misdirected {
        /// The host of the request.
        host: String,
    },
    /// A condition of the request does not hold: 412.
    Precondition,
    /// Its body is too large: 413.
    ContentTooLarge,
    /// Its first line is too long: 414.
    UriTooLong,
    /// The file, of so many bytes, has no such range: 416.
    Range(u64),
    /// It expects something other than 100: 417.
    Expectation,
    /// It asks for no upgrade, or for another version of WebSocket: 426.
    UpgradeRequired,
    /// Its address has `limits.per_address` connections already: 429.
    Address,
    /// Its head is too long: 431.
    TooLarge,
    /// The actor failed at it: 500.
    Failed,
    /// It needs something that the host does not have: 501.
    NotImplemented(&'static str),
    /// There are too many connections or requests, or the host is stopping: 503.
    Unavailable(&'static str),
    /// Its major version is not 1: 505.
    Version,
}

impl ErrorResponse {
    /// The status.
    pub fn status(&self) -> Status {
        Status(match self {
            Self::Bad(_) => 400,
            Self::Unauthorized => 401,
            Self::Origin | Self::Forbidden(_) | Self::CrossSite => 403,
            Self::NotFound { .. } => 404,
            Self::Method => 405,
            Self::NotAcceptable(_) => 406,
            Self::Timeout => 408,
            Self::Precondition => 412,
            Self::ContentTooLarge => 413,
            Self::UriTooLong => 414,
            Self::Range(_) => 416,
            Self::Expectation => 417,
            Self::Misdirected { .. } => 421,
            Self::UpgradeRequired => 426,
            Self::Address => 429,
            Self::TooLarge => 431,
            Self::Failed => 500,
            Self::NotImplemented(_) => 501,
            Self::Unavailable(_) => 503,
            Self::Version => 505,
        })
    }

    /// A text for people.
    pub(super) fn text(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Bad(why)
            | Self::Forbidden(why)
            | Self::NotAcceptable(why)
            | Self::NotImplemented(why)
            | Self::Unavailable(why) => why,
            Self::Unauthorized => {
                "a token is needed: in `Authorization: Bearer …`, or as `?token=…`"
            }
            Self::Origin => "this page may not connect; see `origins` in the manifest",
            Self::CrossSite => {
                "a page of another site may not do this; see `origins` in the manifest"
            }
            Self::Failed => "the actor failed",
            Self::NotFound { path } => {
                return format!("nothing is here; the WebSocket is at {path}").into();
            }
            Self::Misdirected { host } => {
                let (name, _) = split_port(host);
                return format!(
                    "this host is not known as {name}; if it is to be, add names = [\"{name}\"] to \
                     the handler in the manifest"
                )
                .into();
            }
            Self::Method => "only GET, HEAD and OPTIONS are answered here",
            Self::Timeout => "the request took too long",
            Self::Precondition => "the file is not the one that the request asks for",
            Self::Range(_) => "the file has no such range",
            Self::ContentTooLarge => "the body is too large",
            Self::UriTooLong => "the first line of the request is too long",
            Self::Expectation => "the only expectation that is supported is `100-continue`",
            Self::UpgradeRequired => {
                "this is a WebSocket: connect with a WebSocket client, version 13"
            }
            Self::Address => {
                "too many connections from this address; see `limits.per_address` in the manifest"
            }
            Self::TooLarge => "the request's head is too large",
            Self::Version => "this is HTTP/1.1",
        })
    }

    /// The fields that this status needs.
    pub(super) fn fields(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Unauthorized => &[("WWW-Authenticate", "Bearer")],
            Self::Method => &[ALLOW],
            Self::UpgradeRequired => &[("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")],
            Self::Address | Self::Unavailable(_) => &[RETRY],
            _ => &[],
        }
    }
}

impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status(), self.text())
    }
}

impl std::error::Error for ErrorResponse {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Stats;

    #[test]
    fn every_refusal_is_counted_under_its_status() {
        let stats = Stats::default();
        let refusals = [
            ErrorResponse::Bad(""),
            ErrorResponse::Unauthorized,
            ErrorResponse::Origin,
            ErrorResponse::Forbidden(""),
            ErrorResponse::CrossSite,
            ErrorResponse::Failed,
            ErrorResponse::NotFound { path: String::new() },
            ErrorResponse::Method,
            ErrorResponse::NotAcceptable(""),
            ErrorResponse::Timeout,
            ErrorResponse::Precondition,
            ErrorResponse::ContentTooLarge,
            ErrorResponse::UriTooLong,
            ErrorResponse::Range(0),
            ErrorResponse::Expectation,
            ErrorResponse::Misdirected { host: String::new() },
            ErrorResponse::UpgradeRequired,
            ErrorResponse::Address,
            ErrorResponse::TooLarge,
            ErrorResponse::NotImplemented(""),
            ErrorResponse::Unavailable(""),
            ErrorResponse::Version,
        ];
        for refusal in &refusals {
            stats.refuse(refusal.status().0);
        }
        assert_eq!(stats.refusals().map(|(_, count)| count).sum::<u64>(), 22);
        assert!(stats.refusals().all(|(_, count)| count > 0));
    }
}
