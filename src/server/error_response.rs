//! The answers to requests that are refused.

use std::{borrow::Cow, fmt};

/// Tells a client to try again after 5 seconds, where that may help.
const RETRY: &str = "Retry-After: 5\r\n";

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum ErrorResponse {
    /// It is not HTTP/1.1, or a field is missing or wrong: 400.
    Bad(&'static str),
    /// It has no valid token: 401.
    Unauthorized,
    /// It comes from a web page that `origins` does not allow: 403.
    Origin,
    /// The file is larger than `limits.file`, or can't be read: 403.
    Forbidden(&'static str),
    /// There is nothing at this path: 404.
    NotFound {
        /// The path of the WebSocket, as a hint for the client.
        path: String,
    },
    /// Its method is neither GET nor HEAD: 405.
    Method,
    /// It took too long: 408.
    Timeout,
    /// It asks for no upgrade, or for another version of WebSocket: 426.
    UpgradeRequired,
    /// Its address has `limits.per_address` connections already: 429.
    Address,
    /// Its head is too long: 431.
    TooLarge,
    /// There are too many connections or requests, or the host is stopping: 503.
    Unavailable(&'static str),
}

/// An HTTP status: its number and its phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status(pub u16, pub &'static str);

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.1)
    }
}

impl ErrorResponse {
    /// The status.
    pub(crate) fn status(&self) -> Status {
        match self {
            Self::Bad(_) => Status(400, "Bad Request"),
            Self::Unauthorized => Status(401, "Unauthorized"),
            Self::Origin | Self::Forbidden(_) => Status(403, "Forbidden"),
            Self::NotFound { .. } => Status(404, "Not Found"),
            Self::Method => Status(405, "Method Not Allowed"),
            Self::Timeout => Status(408, "Request Timeout"),
            Self::UpgradeRequired => Status(426, "Upgrade Required"),
            Self::Address => Status(429, "Too Many Requests"),
            Self::TooLarge => Status(431, "Request Header Fields Too Large"),
            Self::Unavailable(_) => Status(503, "Service Unavailable"),
        }
    }

    /// The header fields that this status needs, and a text for people.
    fn parts(&self) -> (&'static str, Cow<'static, str>) {
        match self {
            Self::Bad(why) | Self::Forbidden(why) => ("", (*why).into()),
            Self::Unauthorized => (
                "WWW-Authenticate: Bearer\r\n",
                "a token is needed: in `Authorization: Bearer …`, or as `?token=…`".into(),
            ),
            Self::Origin => ("", "this page may not connect; see `origins` in the manifest".into()),
            Self::NotFound { path } => {
                ("", format!("nothing is here; the WebSocket is at {path}").into())
            }
            Self::Method => ("Allow: GET, HEAD\r\n", "only GET and HEAD are answered here".into()),
            Self::Timeout => ("", "the request took too long".into()),
            Self::UpgradeRequired => (
                "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
                "this is a WebSocket: connect with a WebSocket client, version 13".into(),
            ),
            Self::Address => (
                RETRY,
                "too many connections from this address; see `limits.per_address` in the manifest"
                    .into(),
            ),
            Self::TooLarge => ("", "the request's head is too large".into()),
            Self::Unavailable(why) => (RETRY, (*why).into()),
        }
    }

    /// The whole response.
    pub(crate) fn response(&self) -> String {
        let (fields, body) = self.parts();
        let connection =
            if matches!(self, Self::UpgradeRequired) { "close, Upgrade" } else { "close" };
        format!(
            "HTTP/1.1 {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
             Connection: {connection}\r\n{fields}\r\n{body}\n",
            self.status(),
            body.len() + 1
        )
    }
}

impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status(), self.parts().1)
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
            ErrorResponse::NotFound { path: String::new() },
            ErrorResponse::Method,
            ErrorResponse::Timeout,
            ErrorResponse::UpgradeRequired,
            ErrorResponse::Address,
            ErrorResponse::TooLarge,
            ErrorResponse::Unavailable(""),
        ];
        for refusal in &refusals {
            stats.refuse(refusal.status().0);
        }
        assert_eq!(stats.refusals().map(|(_, count)| count).sum::<u64>(), 11);
        assert!(stats.refusals().all(|(_, count)| count > 0));
    }
}
