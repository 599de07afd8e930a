//! Serves the HTTP requests of a connection, from accept to the last answer or to an upgrade.

use std::{net::SocketAddr, sync::Arc};

use smol::future::yield_now;

use super::{
    addresses::Counted,
    admission::Admitted,
    context::ServerContext,
    conversation::{After, Conversation},
    decision::Decision,
    endpoint::Endpoint,
    error_response::ErrorResponse,
    framing::RequestMeta,
    handshake::Upgrade,
    linger::{drain, finish},
    pages,
    request_log::{log_connected, log_refusal},
    response::{Body, Response},
    socket::Socket,
    stream::ClientStream,
};
use crate::{
    deadline::within,
    exchange::{
        Client,
        connections::{Open, OpenError},
    },
};

/// Tells a client that others have used up its address's share.
const SHARE_IS_USED: &str = "too many requests from this address are in progress";

/// A client after its handshake.
pub(crate) struct Upgraded {
    pub(crate) stream: ClientStream,
    /// The bytes that followed the request's head: the client's first frames.
    pub(crate) early: Vec<u8>,
    /// Keeps the connection counted until the end.
    pub(crate) open: Open,
    /// Counts the connection for its address until it is dropped.
    pub(crate) counted: Option<Counted>,
}

/// Serves the requests of a connection, one after another. Returns `None` if none is an upgrade; the
/// connection is closed then.
pub(crate) async fn serve(
    socket: Socket,
    peer: SocketAddr,
    admitted: Admitted,
    endpoint: &Arc<Endpoint>,
    context: &ServerContext,
) -> Option<Upgraded> {
    let Admitted { network, counted, place, reserved } = admitted;
    // Answers are small and should be sent at once. If this fails, they only arrive later.
    let _ = socket.get_ref().set_nodelay(true);
    if reserved.is_some() {
        if let Err(refusal) = context.turn(&place, SHARE_IS_USED).await {
            drop(place);
            refuse(socket, peer, &refusal, endpoint, context).await;
            return None;
        }
        drop(reserved);
    }
    let mut client = Conversation::new(peer, network, counted, endpoint, context);
    let (mut socket, mut stream) = (Some(socket), None);
    let mut turn = Ok(place);
    // Its place among the connections that stay open for further requests.
    let mut kept = None;
    loop {
        let (decision, mut meta) = match turn {
            // From here on, this connection delays no other.
            Ok(place) => client.read_request(&mut socket, &mut stream, place).await,
            Err(refusal) => (Some(Decision::Refuse(refusal)), RequestMeta::UNREADABLE),
        };
        let Some(open_stream) = &mut stream else {
            // The TLS handshake did not finish, so no answer can be sent.
            if let Some(Decision::Refuse(refusal)) = decision {
                log_refusal(client.client, b"", &refusal, context);
            }
            return None;
        };
        let decision = match client.identify(&meta) {
            Ok(()) => decision,
            Err(refusal) => Some(Decision::Refuse(refusal)),
        };
        let answer = match decision {
            Some(Decision::Upgrade { mut upgrade }) => {
                let unagreed = upgrade.unagreed.take();
                match open_connection(upgrade, client.client, endpoint, context) {
                    Ok((open, response)) => {
                        let deadline = context.actor.limits.get(|limits| limits.handshake);
                        within(deadline, open_stream.send(response.as_bytes())).await?.ok()?;
                        let unagreed = unagreed.as_deref();
                        log_connected(client.client, &open, unagreed, endpoint, context);
                        let (stream, early) = (stream?, client.bytes.split_off(meta.len));
                        let counted = client.into_counted();
                        return Some(Upgraded { stream, early, open, counted });
                    }
                    Err(full) => Err(ErrorResponse::Unavailable(full.reason())),
                }
            }
            Some(Decision::Page { page, conditions, otherwise }) => {
                let answer =
                    pages::answer(page, conditions, client.network, endpoint, context).await;
                match (answer, otherwise) {
                    (Err(ErrorResponse::NotFound { .. }), Some(otherwise)) => match *otherwise {
                        Ok(ask) => client.ask(ask, open_stream, &mut meta).await,
                        Err(refusal) => Err(refusal),
                    },
                    (answer, _) => answer,
                }
            }
            Some(Decision::Ask(ask)) => client.ask(*ask, open_stream, &mut meta).await,
            Some(Decision::Refuse(refusal)) => Err(refusal),
            Some(Decision::Incomplete) | None => break,
        };
        let (response, held) = answer.unwrap_or_else(|refusal| (client.refused(&refusal), None));
        let has_end = !matches!(response.body, Body::Stream(_));
        meta.keep &= has_end && meta.may_discard() && !context.stopping.is_closed();
        if meta.keep && kept.is_none() {
            // The answer says whether the connection closes. So no client sends a request into a
            // connection that closes at the same moment because there are too many.
            kept = client.keep();
            meta.keep = kept.is_some();
        }
        if !client.send(open_stream, response, &meta, held).await {
            return None;
        }
        match client.after(&meta) {
            After::Next => yield_now().await,
            After::Wait(body) => {
                if !client.idle(open_stream, body).await {
                    break;
                }
            }
            After::Close => break,
        }
        turn = client.next_place().await;
    }
    close(stream?, b"", context).await;
    None
}

/// Refuses a connection before anything is read from it. A TLS listener only closes it, because no
/// answer can be sent before the handshake.
pub(crate) async fn refuse(
    socket: Socket,
    peer: SocketAddr,
    refusal: &ErrorResponse,
    endpoint: &Endpoint,
    context: &ServerContext,
) {
    log_refusal(peer, b"", refusal, context);
    if endpoint.scheme() == "ws" {
        let now = context.world.since_1970();
        let (last, _) = Response::from(refusal).into_parts(&RequestMeta::UNREADABLE, now);
        close(ClientStream::Plain(socket), &last, context).await;
    }
}

/// Opens a connection. Also returns the answer to its request.
fn open_connection(
    upgrade: Upgrade,
    peer: SocketAddr,
    endpoint: &Endpoint,
    context: &ServerContext,
) -> Result<(Open, String), OpenError> {
    let response = upgrade.response();
    let client = || Client {
        peer,
        path: upgrade.path.into(),
        query: upgrade.query.into(),
        subprotocol: upgrade.subprotocol.map(Into::into),
        since: context.world.since_1970(),
    };
    Ok((context.actor.connections.open(endpoint.on_overflow, client)?, response))
}

/// Sends the last bytes and closes the connection such that the client can read them.
async fn close(mut stream: ClientStream, last: &[u8], context: &ServerContext) {
    let deadline = context.actor.limits.get(|limits| limits.close);
    let end = async {
        within(deadline, stream.send(last)).await;
        finish(&mut stream, true, deadline).await;
        drain(stream.socket(), deadline).await;
    };
    context.admission.linger(end).await;
}
