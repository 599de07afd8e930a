//! The answers to plain HTTP requests, on the port of the WebSocket.

use std::{borrow::Cow, sync::Arc};

use super::{
    addresses::Network,
    context::ServerContext,
    decision::Page,
    endpoint::Endpoint,
    error_response::{ALLOW, ErrorResponse},
    metrics,
    places::Place,
    response::{Body, Response},
    static_files::{self, Found},
};

/// A page on which a person can talk to the actor.
const CONSOLE: &str = include_str!("console.html");

/// Lets the console page run its own script and open WebSockets, and nothing else.
const CONSOLE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
     script-src 'unsafe-inline'; connect-src 'self' ws: wss:; img-src data:; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

/// The response for a page. A file first waits for a place among the downloads, which is returned
/// too.
///
/// # Errors
/// The request is refused.
pub(crate) async fn answer(
    page: Page,
    network: Option<Network>,
    endpoint: &Arc<Endpoint>,
    context: &ServerContext,
) -> Result<(Response, Option<Place>), ErrorResponse> {
    let mut held = None;
    let response = match page {
        Page::Options => Response::new(204).field(ALLOW.0, ALLOW.1),
        Page::Preflight(preflight) => preflight.response(),
        Page::Health => {
            if let Some(why) = context.actor.unavailable() {
                return Err(ErrorResponse::Unavailable(why));
            }
            Response::text(200, "text/plain; charset=utf-8", "ok\n")
        }
        Page::Metrics => {
            Response::text(200, "text/plain; version=0.0.4; charset=utf-8", metrics::text(context))
        }
        Page::Console => console(),
        Page::File { path, if_none_match } => {
            let busy = "too many files are being sent";
            let place = context.admission.downloads.enter(network);
            let place = place.ok_or(ErrorResponse::Unavailable(busy))?;
            context.turn(&place, busy).await?;
            held = Some(place);
            let is_root = path.is_empty();
            let limit = context.actor.limits.get(|limits| limits.file);
            match static_files::find(endpoint.clone(), path, if_none_match, limit).await {
                Ok(found) => describe(found),
                Err(ErrorResponse::NotFound { .. })
                    if is_root && endpoint.console && !endpoint.has_actor =>
                {
                    console()
                }
                Err(refusal) => return Err(refusal),
            }
        }
    };
    context.actor.stats.pages.add(1);
    // A browser asks whether its copy is current before it shows it.
    let response = response.field("Cache-Control", "no-cache");
    Ok((response.field("X-Content-Type-Options", "nosniff"), held))
}

/// The console page.
fn console() -> Response {
    Response::text(200, "text/html; charset=utf-8", Cow::Borrowed(CONSOLE))
        .field("Content-Security-Policy", CONSOLE_POLICY)
}

/// The response for a file or folder that was found.
fn describe(found: Found) -> Response {
    match found {
        Found::File { file, len, tag, ty } => Response::new(200)
            .field("Content-Type", ty)
            .field("ETag", &tag)
            .body(Body::File(file, len)),
        Found::NotModified(tag) => Response::new(304).field("ETag", &tag),
        Found::Folder(path) => {
            // The path is absolute, so the redirect can't lead to another host.
            let encoded = path.split('/').map(encode).collect::<Vec<_>>().join("/");
            Response::new(301).field("Location", &format!("/{encoded}"))
        }
    }
}

/// Percent-encodes a part of a path.
fn encode(part: &str) -> String {
    percent_encoding::utf8_percent_encode(part, percent_encoding::NON_ALPHANUMERIC).to_string()
}
