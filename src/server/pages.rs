//! The answers to plain HTTP requests, on the port of the WebSocket.

use std::{borrow::Cow, sync::Arc};

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    addresses::Network,
    conditions::{Conditions, Selected},
    context::ServerContext,
    decision::Page,
    endpoint::Endpoint,
    error_response::{ALLOW, ErrorResponse},
    inspector, metrics,
    places::Place,
    response::{Body, Response},
    static_files::{self, Found},
    validators::Validators,
};

/// A page on which a person can talk to the actor.
const CONSOLE: &str = include_str!("console.html");

/// What the console page may do, beside the source of its scripts: run its own, open WebSockets, and
/// nothing else.
macro_rules! policy {
    ($scripts:literal) => {
        concat!(
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'",
            $scripts,
            "; connect-src 'self' ws: wss:; img-src data:; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'"
        )
    };
}
/// What the console page may do.
const CONSOLE_POLICY: &str = policy!("");
/// The same, and it may load the inspector's script.
const INSPECTOR_POLICY: &str = policy!(" 'self'");

/// What is encoded of a folder's name in a redirect. A colon is, since what comes before it would be
/// taken for a scheme.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The response for a page. A file first waits for a place among the downloads, which is returned
/// too.
///
/// # Errors
/// The request is refused.
pub(crate) async fn answer(
    page: Page,
    conditions: Conditions,
    network: Option<Network>,
    endpoint: &Arc<Endpoint>,
    context: &ServerContext,
) -> Result<(Response, Option<Place>), ErrorResponse> {
    let mut held = None;
    let mut response = match page {
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
        Page::Console => console(endpoint),
        Page::Inspect(asked) => inspector::response(asked, context)?,
        Page::File { path, query } => {
            let busy = "too many files are being sent";
            let place = context.admission.downloads.enter(network);
            let place = place.ok_or(ErrorResponse::Unavailable(busy))?;
            context.turn(&place, busy).await?;
            held = Some(place);
            let is_root = path.is_empty();
            let limit = context.actor.limits.get(|limits| limits.file);
            match static_files::find(endpoint.clone(), path, conditions.clone(), limit).await {
                Ok(found) => describe(found, &query),
                Err(ErrorResponse::NotFound { .. })
                    if is_root && endpoint.console && !endpoint.has_actor =>
                {
                    console(endpoint)
                }
                Err(refusal) => return Err(refusal),
            }
        }
    };
    // What is made for each request has no validators, and no ranges.
    let is_file = held.is_some();
    if !is_file && conditions.select(&Validators::default(), 0)? == Selected::NotModified {
        response = Response::new(304);
    }
    context.actor.stats.pages.add(1);
    // A browser asks whether its copy is current before it shows it.
    let response = response.field("Cache-Control", "no-cache");
    Ok((response.field("X-Content-Type-Options", "nosniff"), held))
}

/// The console page.
fn console(endpoint: &Endpoint) -> Response {
    // An inspector's page has its token in its address, and loads its script.
    let policy = if endpoint.inspect.is_some() { INSPECTOR_POLICY } else { CONSOLE_POLICY };
    Response::text(200, "text/html; charset=utf-8", Cow::Borrowed(CONSOLE))
        .field("Content-Security-Policy", policy)
        .field("Referrer-Policy", "no-referrer")
}

/// The response for a file or folder that was found.
fn describe(found: Found, query: &str) -> Response {
    match found {
        Found::File { file, len, part, validators, ty } => {
            let response = match part {
                None => Response::new(200),
                Some((from, whole)) => {
                    let last = from.saturating_add(len).saturating_sub(1);
                    let range = format!("bytes {from}-{last}/{whole}");
                    Response::new(206).field("Content-Range", &range)
                }
            };
            let response = response.field("Content-Type", ty).field("Accept-Ranges", "bytes");
            validators.add_to(response).body(Body::File(file, len))
        }
        Found::NotModified(validators) => validators.add_to(Response::new(304)),
        Found::Folder(name) => {
            // Relative, so that it also leads there if a proxy has added a prefix to the path.
            let mut to = format!("{}/", utf8_percent_encode(&name, NAME));
            if !query.is_empty() {
                to += &format!("?{}", utf8_percent_encode(query, CONTROLS));
            }
            Response::new(301).field("Location", &to)
        }
    }
}
