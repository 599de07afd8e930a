//! The answers to plain HTTP requests, on the port of the WebSocket.

use std::sync::Arc;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    addresses::Network,
    conditions::{Conditions, Selected},
    context::ServerContext,
    decision::{CLIENT, Page},
    endpoint::Endpoint,
    error_response::{ALLOW, ErrorResponse},
    inspector, metrics, own_pages,
    places::Place,
    response::{Body, Response},
    static_files::{self, Found},
    validators::Validators,
};

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
    // What is made for each request has no validators.
    let mut validators = Some(Validators::default());
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
        Page::Console => own_pages::console(endpoint),
        Page::Client => {
            validators = Some(own_pages::client_validators());
            own_pages::client()
        }
        Page::Inspect(asked) => inspector::response(asked, context)?,
        Page::Live { seen } => {
            let live = endpoint.live.get().ok_or(ErrorResponse::Method)?;
            let version = live.version(&seen, context).await;
            Response::text(200, "text/plain; charset=utf-8", version)
        }
        Page::File { path, query, is_live } => {
            let busy = "too many files are being sent";
            let place = context.admission.downloads.enter(network);
            let place = place.ok_or(ErrorResponse::Unavailable(busy))?;
            context.turn(&place, busy).await?;
            held = Some(place);
            let own = own_page(&path, endpoint);
            let limit = context.actor.limits.get(|limits| limits.file);
            // The script is another one in another run, so a page with it is sent whole.
            let wanted = if is_live { Conditions::default() } else { conditions.clone() };
            let script = endpoint.live.get().filter(|_| is_live).map(|live| live.script());
            match (static_files::find(endpoint.clone(), path, wanted, limit, script).await, own) {
                (Ok(found), _) => {
                    // The conditions have been evaluated.
                    validators = None;
                    describe(found, &query)
                }
                (Err(ErrorResponse::NotFound { .. }), Some((page, of_it))) => {
                    validators = Some(of_it);
                    page(endpoint)
                }
                (Err(refusal), _) => return Err(refusal),
            }
        }
    };
    // All of it is sent whatever range is asked for.
    if let Some(validators) = validators
        && conditions.select(&validators, u64::MAX)? == Selected::NotModified
    {
        response = validators.add_to(Response::new(304));
    }
    context.actor.stats.pages.add(1);
    // A browser asks whether its copy is current before it shows it.
    let response = response.field("Cache-Control", "no-cache");
    Ok((response.field("X-Content-Type-Options", "nosniff"), held))
}

/// What makes one of the host's own pages, and its validators.
type OwnPage = (fn(&Endpoint) -> Response, Validators);

/// The host's own page in place of a file that is not there.
fn own_page(path: &str, endpoint: &Endpoint) -> Option<OwnPage> {
    match path {
        "" if endpoint.console && !endpoint.has_actor => {
            Some((own_pages::console, Validators::default()))
        }
        CLIENT => Some((|_| own_pages::client(), own_pages::client_validators())),
        _ => None,
    }
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
        Found::Live(page, ty) => {
            Response::new(200).field("Content-Type", ty).body(Body::Bytes(page))
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
