//! The types of `http-types`, which `http-server` and `http-client` share.
//!
//! They are the same in all shapes.

use alloc::{string::String, vec::Vec};

/// The name and the value of a header field.
pub type HeaderField = (String, String);

/// An `http-request`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// Such as `GET`.
    pub method: String,
    /// From a client, the path and the query. From an actor, an absolute URI.
    pub uri: String,
    /// The header fields, in order. A name may occur more than once.
    pub headers: Vec<HeaderField>,
    /// The content; `None` if there is none.
    pub body: Option<Vec<u8>>,
}

/// An `http-response`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code, such as 200.
    pub status: u16,
    /// The header fields, in order. A name may occur more than once.
    pub headers: Vec<HeaderField>,
    /// The content; `None` if there is none.
    pub body: Option<Vec<u8>>,
}
