//! Who may inspect an actor.
//!
//! An inspector sees the actor's state and all messages. So a request must have the token that the host
//! prints at its start, from this machine too. It must come straight from a page of the listener's own
//! or from a program: another site's page, a page that a name of an attacker leads here, and whoever is
//! behind a proxy get nothing.

use std::net::SocketAddr;

use super::{
    endpoint::Endpoint, error_response::ErrorResponse, origin::Origin, request_head::RequestHead,
};

/// The path of the stream.
const STREAM: &str = "/console/inspect";
/// The path of the script.
const SCRIPT: &str = "/console/inspector.js";

/// The fields by which proxies tell that they are there, beside those that begin with [`FORWARDED`].
const OF_PROXIES: [&str; 3] = ["Forwarded", "Via", "X-Real-IP"];
/// The beginning of the others.
const FORWARDED: &[u8] = b"X-Forwarded-";

/// What an inspector asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inspecting {
    /// What the actor does, as it happens.
    Stream,
    /// The part of the console page that shows it. It is no secret.
    Script,
}

/// What a request asks for if it is about inspecting. `peer` has sent it. `None` for all others.
pub(super) fn asked(
    request: &RequestHead<'_>,
    peer: SocketAddr,
    endpoint: &Endpoint,
) -> Option<Result<Inspecting, ErrorResponse>> {
    endpoint.inspect.as_ref()?;
    let asked = match request.path {
        STREAM => Inspecting::Stream,
        SCRIPT => Inspecting::Script,
        _ => return None,
    };
    if !matches!(request.method, "GET" | "HEAD") {
        return Some(Err(ErrorResponse::Method));
    }
    Some(match asked {
        Inspecting::Stream => check(request, peer, endpoint).map(|()| asked),
        Inspecting::Script if takes_gzip(request) => Ok(asked),
        Inspecting::Script => Err(ErrorResponse::NotAcceptable(
            "this file is only here compressed: send `Accept-Encoding: gzip`",
        )),
    })
}

/// Checks that an inspector has the token, and whether its request comes from where it may.
fn check(
    request: &RequestHead<'_>,
    peer: SocketAddr,
    endpoint: &Endpoint,
) -> Result<(), ErrorResponse> {
    let access = &endpoint.access;
    let is_of_proxy = |name: &str| {
        let beginning = name.as_bytes().get(..FORWARDED.len());
        OF_PROXIES.iter().any(|known| known.eq_ignore_ascii_case(name))
            || beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(FORWARDED))
    };
    let tells_proxy = request.fields.iter().any(|field| is_of_proxy(field.name));
    if tells_proxy || access.proxy_protocol || access.trusts(peer.ip()) {
        return Err(ErrorResponse::Forbidden("an actor can't be inspected through a proxy"));
    }
    let host = request.host.unwrap_or_default();
    if !access.has_name(host) {
        return Err(ErrorResponse::Misdirected { host: host.into() });
    }
    let scheme = if endpoint.scheme() == "wss" { "https" } else { "http" };
    let own = Origin::parse(&[scheme, "://", host].concat());
    let is_own = |origin: &[u8]| str::from_utf8(origin).ok().and_then(Origin::parse) == own;
    let is_here = |site: &[u8]| matches!(site, b"same-origin" | b"none");
    if !request.field("Origin").all(is_own) || !request.field("Sec-Fetch-Site").all(is_here) {
        return Err(ErrorResponse::Forbidden(
            "only this listener's own page may inspect the actor",
        ));
    }
    let token = endpoint.inspect.as_ref();
    let authorization = request.field("Authorization").next();
    if token.is_some_and(|token| token.authorizes(authorization, request.query)) {
        Ok(())
    } else {
        Err(ErrorResponse::Unauthorized)
    }
}

/// Whether a client takes a content that gzip has compressed (RFC 9110, section 12.5.3).
fn takes_gzip(request: &RequestHead<'_>) -> bool {
    request.list("Accept-Encoding").any(|coding| {
        let Some((name, rest)) = coding.split_at_checked(4) else { return false };
        // A weight of 0 means that it does not.
        let is_zero = rest.contains(&b'=') && rest.iter().all(|byte| b"; \tqQ=0.".contains(byte));
        let is_gzip = name.eq_ignore_ascii_case(b"gzip");
        is_gzip && !is_zero && rest.first().is_none_or(|byte| b"; \t".contains(byte))
    })
}
