//! Makes a response of what the actor returned, by the book (RFC 9110 and 9112).
//!
//! The fields about the connection and the length are the host's, because only the host knows them.
//! So are `Date`, and what browsers are told about other sites. The actor's own are left out. Its
//! content is left out where a response has none: with 204, 205 and 304, and for HEAD.

use super::{
    framing::RequestMeta,
    response::{Body, Response},
};
use crate::{exchange::HttpResponse, header_fields::is_of_the_connection};

/// The fields that the host sets itself, beside those about the connection.
const OF_THE_HOST: [&str; 2] = ["content-length", "date"];
/// What the host adds unless the actor says something else.
const NO_SNIFFING: (&str, &str) = ("X-Content-Type-Options", "nosniff");
/// How the fields of the CORS protocol begin.
const SHARING: &[u8] = b"access-control-";

/// The response for the client. `head_only` says that it is for HEAD. The actor's part was checked
/// already: no field can end its line.
pub(crate) fn of(from: HttpResponse, head_only: bool) -> Response {
    let HttpResponse { status, headers, body } = from;
    let fields = headers.iter().filter(|(name, _)| is_of_the_actor(name));
    let response = fields.fold(Response::new(status), |response, (name, value)| {
        response.field(name, value.trim_matches([' ', '\t']))
    });
    // A browser must not guess that what an actor repeats is a page.
    let is_sniffing = |(name, _): &(String, String)| name.eq_ignore_ascii_case(NO_SNIFFING.0);
    let response = match headers.iter().any(is_sniffing) {
        true => response,
        false => response.field(NO_SNIFFING.0, NO_SNIFFING.1),
    };
    let own_length = || {
        let mut lengths =
            headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        lengths.next().and_then(|(_, value)| value.trim().parse().ok())
    };
    response.body(match (status, body) {
        (204 | 205 | 304, _) => Body::Bytes(Vec::new()),
        (_, Some(bytes)) => Body::Bytes(bytes),
        // An actor need not make the content to tell about it.
        (_, None) if head_only => Body::Unmade(own_length()),
        (_, None) => Body::Bytes(Vec::new()),
    })
}

/// The bytes of a response on a connection that stays open, as far as they are one piece. The
/// fuzzer looks at them.
pub fn first_bytes(from: HttpResponse, head_only: bool) -> Vec<u8> {
    let meta = RequestMeta { keep: true, head_only, ..RequestMeta::UNREADABLE };
    of(from, head_only).into_parts(&meta, 0).0
}

/// Whether a field of the actor's is sent.
fn is_of_the_actor(name: &str) -> bool {
    let shares = name.as_bytes().get(..SHARING.len());
    let shares = shares.is_some_and(|start| start.eq_ignore_ascii_case(SHARING));
    !shares
        && !is_of_the_connection(name)
        && !OF_THE_HOST.iter().any(|own| own.eq_ignore_ascii_case(name))
}
