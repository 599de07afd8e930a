//! Asks the actor for its response to a request.
//!
//! A request takes a place among those that the actor answers before its content is read, and keeps
//! it until the response is sent. So the memory of all requests and responses is bounded, no network
//! has more than a quarter of it, and a client that sends or takes nothing gives way to others.

use std::net::SocketAddr;

use log::Level;
use smol::{Timer, future::FutureExt as _, io::AsyncReadExt as _};

use super::{
    actor_response,
    addresses::Network,
    body,
    context::ServerContext,
    error_response::ErrorResponse,
    framing::{Framing, RequestMeta},
    pace::Pace,
    places::Place,
    response::Response,
    stream::ClientStream,
};
use crate::exchange::{Event, HttpRequest, HttpResponse, PendingResponse, Unanswered, request};

/// Tells a client that others have all places, or that the actor does not get to its request.
const BUSY: &str = "the actor has too many requests";

/// Who asks.
#[derive(Clone, Copy)]
pub(crate) struct Asker {
    /// For the log.
    pub(crate) peer: SocketAddr,
    /// The network whose share of the places it uses.
    pub(crate) network: Option<Network>,
}

/// Reads the content of a request, lets the actor handle it, and returns the response, with the place
/// to keep until it is sent. Then the request is no longer part of `bytes`, as `meta` says too. What
/// the client sends meanwhile is added to `bytes`.
///
/// # Errors
/// The request is refused, or the actor has no response to it.
pub(crate) async fn answer(
    mut asked: HttpRequest,
    asker: Asker,
    stream: &mut ClientStream,
    bytes: &mut Vec<u8>,
    meta: &mut RequestMeta,
    context: &ServerContext,
) -> Result<(Response, Option<Place>), ErrorResponse> {
    let Asker { peer, network } = asker;
    let place = context.admission.asked.enter(network).ok_or(ErrorResponse::Unavailable(BUSY))?;
    context.turn(&place, BUSY).await?;
    asked.body = content(&asked, stream, bytes, meta, &place, context).await?;
    if let Some(why) = context.actor.unavailable() {
        return Err(ErrorResponse::Unavailable(why));
    }
    let path = asked.uri.split('?').next().unwrap_or_default();
    let line = format!("{peer} {} {path}", asked.method);
    let (responder, pending) = request::pending();
    context.actor.mailbox.push_unrefused(Event::request(responder, asked));
    let answered = wait(&pending, stream, bytes, context).await;
    let stats = &context.actor.stats;
    match answered {
        Ok(response) => {
            stats.respond(response.status);
            let text = format_args!("{line}: {}", response.status);
            context.actor.lines.host(Level::Debug, None, text);
            // It was the actor's time, so the client keeps its place.
            place.progress(usize::MAX);
            Ok((actor_response::of(response, meta.head_only), Some(place)))
        }
        Err(Unanswered::Failed) => Err(ErrorResponse::Failed),
        Err(Unanswered::Unavailable(why)) => Err(ErrorResponse::Unavailable(why)),
    }
}

/// Takes the request out of `bytes` and reads its content. `None` if it has none.
async fn content(
    asked: &HttpRequest,
    stream: &mut ClientStream,
    bytes: &mut Vec<u8>,
    meta: &mut RequestMeta,
    place: &Place,
    context: &ServerContext,
) -> Result<Option<Vec<u8>>, ErrorResponse> {
    bytes.drain(..meta.len.min(bytes.len()));
    meta.len = 0;
    if meta.framing == Framing::Length(0) {
        // An empty content was sent if its length was.
        let is_there = asked.headers.iter().any(|(name, _)| name == "content-length");
        return Ok(is_there.then(Vec::new));
    }
    let (limit, rate) = context.actor.limits.get(|limits| (limits.request, limits.rate));
    let pace = Pace::new(rate);
    let read = body::read(stream, bytes, meta, limit, |len| {
        pace.progress(len);
        place.progress(len);
    });
    let late = async {
        pace.late().await;
        Err(ErrorResponse::Timeout)
    };
    let evicted = async {
        place.evicted().await;
        Err(ErrorResponse::Unavailable("this request is too slow while others wait"))
    };
    let stopped = async {
        context.stopped().await;
        Err(ErrorResponse::Unavailable("the host is stopping"))
    };
    let content = read.or(late).or(evicted).or(stopped).await;
    // If it failed, nobody knows where the next request begins.
    meta.keep &= content.is_ok();
    meta.framing = Framing::Length(0);
    content.map(Some)
}

/// Waits for the actor's answer. Until the actor begins, the request is withdrawn if the client
/// leaves, if it takes longer than `limits.turn`, or if the host stops. After that nothing ends it
/// but the actor's own limits.
async fn wait(
    pending: &PendingResponse,
    stream: &mut ClientStream,
    bytes: &mut Vec<u8>,
    context: &ServerContext,
) -> Result<HttpResponse, Unanswered> {
    /// Ends the wait with this reason, unless the actor has begun.
    async fn unless_begun<T>(
        pending: &PendingResponse,
        why: &'static str,
    ) -> Result<T, Unanswered> {
        if pending.withdraw() {
            return Err(Unanswered::Unavailable(why));
        }
        std::future::pending().await
    }
    let turn = context.actor.limits.get(|limits| limits.turn);
    let late = async {
        Timer::after(turn).await;
        unless_begun(pending, BUSY).await
    };
    let stopped = async {
        context.stopped().await;
        unless_begun(pending, "the host is stopping").await
    };
    let left = async {
        if bytes.is_empty() {
            let mut buffer = [0; 1024];
            match stream.read(&mut buffer).await {
                // The next request. Whether the client stays is not watched any more.
                Ok(len @ 1..) => {
                    bytes.extend_from_slice(buffer.get(..len).unwrap_or_default());
                    std::future::pending().await
                }
                _ => unless_begun(pending, "the client has left").await,
            }
        } else {
            std::future::pending().await
        }
    };
    pending.answered().or(left).or(late).or(stopped).await
}
