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
use crate::features::TOOLS;

/// The path of the stream.
const STREAM: &str = "/console/inspect";
/// The path of the script.
const SCRIPT: &str = "/console/inspector.js";

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
    // Manifests can't ask for it without the feature. This tells the compiler, so that it leaves the rest out.
    if !TOOLS.is_built {
        return None;
    }
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
        Inspecting::Script => Ok(asked),
    })
}

/// Checks that an inspector has the token, and whether its request comes from where it may.
fn check(
    request: &RequestHead<'_>,
    peer: SocketAddr,
    endpoint: &Endpoint,
) -> Result<(), ErrorResponse> {
    let access = &endpoint.access;
    if access.is_proxied(request) || access.trusts(peer.ip()) {
        return Err(ErrorResponse::Forbidden("an actor can't be inspected through a proxy"));
    }
    let host = request.host.unwrap_or_default();
    if !access.knows_name(request) {
        return Err(ErrorResponse::Misdirected { host: host.into() });
    }
    let own = Origin::parse(&[endpoint.page_scheme(), "://", host].concat());
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
