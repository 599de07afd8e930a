//! What a server has answered.

use wit_core::{HttpResponse, host::HttpError};

/// The answer to a request of the actor, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// What the actor calls the request.
    pub tag: Box<str>,
    /// The answer.
    pub outcome: Result<HttpResponse, HttpError>,
}
