//! Serves the one HTTP request of a connection, from accept to answer.

use std::{net::SocketAddr, sync::Arc};

use log::Level;
use smol::{future::FutureExt, io::AsyncReadExt};

#[cfg(feature = "tls")]
use super::tls::TlsFailure;
use super::{
    addresses::Counted,
    admission::Admitted,
    context::ServerContext,
    decision::{self, Decision},
    endpoint::Endpoint,
    error_response::ErrorResponse,
    handshake::Upgrade,
    linger::{drain, finish},
    pages,
    places::Place,
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

/// A client after its handshake.
pub(crate) struct Upgraded {
    pub(crate) stream: ClientStream,
    /// The bytes that followed the request's head: the client's first frames.
    pub(crate) early: Vec<u8>,
    /// Keeps the connection counted until the end.
    pub(crate) open: Open,
    /// Counts the connection for its address until it is dropped.
    pub(crate) counted: Counted,
}

/// Serves one request. Returns `None` if the request is not upgraded; its connection is closed
/// then.
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
        let unavailable = |why| Some(ErrorResponse::Unavailable(why));
        let turn = async {
            place.acquired().await;
            None
        };
        let stop = async {
            stopped(context).await;
            unavailable("the host is stopping")
        };
        let turn = within(context.actor.limits.get(|limits| limits.response), turn.or(stop)).await;
        let late = || unavailable("too many requests from this address are in progress");
        if let Some(refusal) = turn.unwrap_or_else(late) {
            drop(place);
            refuse(socket, peer, &refusal, endpoint, context).await;
            return None;
        }
        drop(reserved);
    }
    let (mut stream, mut bytes) = (None, Vec::new());
    // From here on, this connection delays no other.
    let decision =
        read_request(socket, peer, &mut stream, &mut bytes, place, endpoint, context).await;
    let Some(mut stream) = stream else {
        // The TLS handshake did not finish, so no answer can be sent.
        if let Some(Decision::Refuse(refusal)) = decision {
            log_refusal(peer, &refusal, context);
        }
        return None;
    };
    let refused = match decision {
        Some(Decision::Upgrade { upgrade, len }) => {
            match open_connection(upgrade, peer, endpoint, context) {
                Ok((open, response)) => {
                    let send = stream.send(response.as_bytes());
                    within(context.actor.limits.get(|limits| limits.handshake), send)
                        .await?
                        .ok()?;
                    context.actor.stats.connections.add(1);
                    let id = open.session.id();
                    context.actor.lines.host(
                        Level::Debug,
                        Some(id),
                        format_args!("connected from {peer}"),
                    );
                    return Some(Upgraded { stream, early: bytes.split_off(len), open, counted });
                }
                Err(full) => Some(ErrorResponse::Unavailable(full.reason())),
            }
        }
        Some(Decision::Page { page, head_only }) => {
            let answer = pages::answer(&mut stream, page, head_only, network, endpoint, context);
            match within(context.actor.limits.get(|limits| limits.response), answer).await {
                Some(Err(refusal)) => Some(refusal),
                Some(Ok(Ok(()))) => None,
                // The answer was too slow or broke off. It has begun, so no other can be sent.
                _ => {
                    context.actor.stats.broken_pages.add(1);
                    let text = format_args!("{peer} is too slow for a page, which broke off");
                    context.actor.lines.host(Level::Info, None, text);
                    return None;
                }
            }
        }
        Some(Decision::Refuse(refusal)) => Some(refusal),
        Some(Decision::Incomplete) | None => None,
    };
    let last = refused.map_or(String::new(), |refusal| {
        log_refusal(peer, &refusal, context);
        refusal.response()
    });
    send_last(stream, last.as_bytes(), context).await;
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
    log_refusal(peer, refusal, context);
    if endpoint.scheme() == "ws" {
        send_last(ClientStream::Plain(socket), refusal.response().as_bytes(), context).await;
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

/// Does the TLS handshake if the listener uses TLS, reads the request's head and decides. Returns
/// `None` if the client is gone or gets no answer. Dropping the place lets the next request be
/// read.
async fn read_request(
    socket: Socket,
    peer: SocketAddr,
    stream: &mut Option<ClientStream>,
    bytes: &mut Vec<u8>,
    place: Place,
    endpoint: &Endpoint,
    context: &ServerContext,
) -> Option<Decision> {
    let place = Arc::new(place);
    let read = async {
        match secure(socket, peer, &place, endpoint, context).await {
            Ok(secured) => read_head(stream.insert(secured), bytes, &place, endpoint).await,
            Err((plain, refusal)) => {
                *stream = Some(plain);
                refusal.map(Decision::Refuse)
            }
        }
    };
    let unavailable = |why| Some(Decision::Refuse(ErrorResponse::Unavailable(why)));
    let stop = async {
        stopped(context).await;
        unavailable("the host is stopping")
    };
    let evicted = async {
        place.evicted().await;
        unavailable("this request is too slow while others wait")
    };
    let timeout = Some(Decision::Refuse(ErrorResponse::Timeout));
    // Reading is polled first: a client that has just sent something keeps its place.
    within(context.actor.limits.get(|limits| limits.handshake), read.or(evicted).or(stop))
        .await
        .unwrap_or(timeout)
}

/// Waits until the host stops.
async fn stopped(context: &ServerContext) {
    let _ = context.stopping.recv().await;
}

/// The client's stream: the socket itself.
#[cfg(not(feature = "tls"))]
async fn secure(
    socket: Socket,
    _: SocketAddr,
    _: &Arc<Place>,
    _: &Endpoint,
    _: &ServerContext,
) -> Result<ClientStream, (ClientStream, Option<ErrorResponse>)> {
    Ok(ClientStream::Plain(socket))
}

/// The client's stream: the socket itself, or TLS if the listener uses it.
///
/// # Errors
/// The handshake failed. Returns the socket, and the answer for a client that does not speak TLS.
#[cfg(feature = "tls")]
async fn secure(
    socket: Socket,
    peer: SocketAddr,
    place: &Arc<Place>,
    endpoint: &Endpoint,
    context: &ServerContext,
) -> Result<ClientStream, (ClientStream, Option<ErrorResponse>)> {
    let Some(tls) = &endpoint.tls else { return Ok(ClientStream::Plain(socket)) };
    tls.accept(socket, Arc::downgrade(place), &context.actor.lines).await.map_err(|failure| {
        match failure {
            TlsFailure::NotTls(socket) => {
                let refusal = ErrorResponse::Bad("this port speaks TLS: write wss:// or https://");
                (ClientStream::Plain(socket), Some(refusal))
            }
            TlsFailure::Failed(socket, error) => {
                context.actor.stats.tls_failures.add(1);
                context.actor.lines.host(
                    Level::Info,
                    None,
                    format_args!("{peer} gets no TLS: {error}"),
                );
                (ClientStream::Plain(socket), None)
            }
        }
    })
}

/// Reads the request's head and decides. Returns `None` if the client is gone.
async fn read_head(
    stream: &mut ClientStream,
    bytes: &mut Vec<u8>,
    place: &Place,
    endpoint: &Endpoint,
) -> Option<Decision> {
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer).await {
            Ok(n @ 1..) => {
                bytes.extend_from_slice(buffer.get(..n)?);
                // `Watched` has counted encrypted bytes already.
                if matches!(stream, ClientStream::Plain(_)) {
                    place.progress(n);
                }
            }
            _ => return None,
        }
        match decision::decide(bytes, endpoint) {
            Decision::Incomplete => {}
            decided => return Some(decided),
        }
    }
}

/// Sends the last bytes and closes the connection such that the client can read them.
async fn send_last(mut stream: ClientStream, last: &[u8], context: &ServerContext) {
    let deadline = context.actor.limits.get(|limits| limits.close);
    let end = async {
        within(deadline, stream.send(last)).await;
        finish(&mut stream, true, deadline).await;
        drain(stream.socket(), deadline).await;
    };
    context.admission.linger(end).await;
}

/// Counts and logs a refused request.
fn log_refusal(peer: SocketAddr, refusal: &ErrorResponse, context: &ServerContext) {
    let status = refusal.status();
    context.actor.stats.refuse(status.0);
    context.actor.lines.host(Level::Info, None, format_args!("{peer} is refused: {status}"));
}
