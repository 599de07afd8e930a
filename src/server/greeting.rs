//! One request, from its connection's acceptance to its answer.

use std::{net::SocketAddr, sync::Arc};

use log::Level;
use smol::{future::FutureExt, io::AsyncReadExt};

#[cfg(feature = "tls")]
use super::tls::TlsFailure;
use super::{
    addresses::Counted,
    admission::Admitted,
    closing::{drain, finish},
    context::ServerContext,
    endpoint::Endpoint,
    error_response::ErrorResponse,
    handshake::Upgrade,
    pages,
    places::Place,
    request_head::{self, Decision},
    socket::Socket,
    stream::ClientStream,
};
use crate::{
    deadline::within,
    exchange::{
        Client,
        connections::{Full, Open},
    },
};

/// A client after its handshake.
pub struct Upgraded {
    /// What it is talked to over.
    pub stream: ClientStream,
    /// The bytes that came after the request's head.
    pub early: Vec<u8>,
    /// Its place among the open connections.
    pub open: Open,
    /// Where it counts as long as it is there.
    pub counted: Counted,
}

/// Answers one request. `None` if it got no upgrade; its connection has ended then.
pub async fn greet(
    socket: Socket,
    peer: SocketAddr,
    admitted: Admitted,
    endpoint: &Arc<Endpoint>,
    context: &ServerContext,
) -> Option<Upgraded> {
    let Admitted { network, counted, place, reserved } = admitted;
    // Answers are small and wanted at once. Where it fails, they are only later.
    let _ = socket.get_ref().set_nodelay(true);
    if reserved.is_some() {
        let unavailable = |why| Some(ErrorResponse::Unavailable(why));
        let turn = async {
            place.begun().await;
            None
        };
        let stop = async {
            stopped(context).await;
            unavailable("the host is stopping")
        };
        let turn = within(context.limits.response, turn.or(stop)).await;
        let late = || unavailable("too many requests from this address are in progress");
        if let Some(refusal) = turn.unwrap_or_else(late) {
            drop(place);
            refuse(socket, peer, &refusal, endpoint, context).await;
            return None;
        }
        drop(reserved);
    }
    let (mut stream, mut bytes) = (None, Vec::new());
    // What follows keeps nobody else from being read.
    let decision = begin(socket, peer, &mut stream, &mut bytes, place, endpoint, context).await;
    let Some(mut stream) = stream else {
        // Within a TLS handshake nothing can be said.
        if let Some(Decision::Refuse(refusal)) = decision {
            count(peer, &refusal, context);
        }
        return None;
    };
    let refused = match decision {
        Some(Decision::Upgrade { upgrade, len }) => match open(upgrade, peer, endpoint, context) {
            Ok((open, response)) => {
                let send = stream.send(response.as_bytes());
                within(context.limits.handshake, send).await?.ok()?;
                context.stats.connections.add(1);
                let id = open.session.id();
                context.lines.host(Level::Debug, Some(id), format_args!("connected from {peer}"));
                return Some(Upgraded { stream, early: bytes.split_off(len), open, counted });
            }
            Err(full) => Some(ErrorResponse::Unavailable(full.reason())),
        },
        Some(Decision::Page { page, head_only }) => {
            let answer = pages::answer(&mut stream, page, head_only, network, endpoint, context);
            match within(context.limits.response, answer).await {
                Some(Err(refusal)) => Some(refusal),
                Some(Ok(Ok(()))) => None,
                // Too late, or broken on the way: an answer that has begun can't be taken back.
                _ => {
                    context.stats.broken_pages.add(1);
                    let text = format_args!("{peer} does not get all of a page: it is too slow");
                    context.lines.host(Level::Info, None, text);
                    return None;
                }
            }
        }
        Some(Decision::Refuse(refusal)) => Some(refusal),
        Some(Decision::Incomplete) | None => None,
    };
    let last = refused.map_or(String::new(), |refusal| {
        count(peer, &refusal, context);
        refusal.response()
    });
    end(stream, last.as_bytes(), context).await;
    None
}

/// Refuses a connection before anything is read from it. Where TLS is spoken this is no more than
/// its end, since nothing can be said before the handshake.
pub async fn refuse(
    socket: Socket,
    peer: SocketAddr,
    refusal: &ErrorResponse,
    endpoint: &Endpoint,
    context: &ServerContext,
) {
    count(peer, refusal, context);
    if endpoint.scheme() == "ws" {
        end(ClientStream::Plain(socket), refusal.response().as_bytes(), context).await;
    }
}

/// Opens a connection. Gives the answer to its request as well.
fn open(
    upgrade: Upgrade,
    peer: SocketAddr,
    endpoint: &Endpoint,
    context: &ServerContext,
) -> Result<(Open, String), Full> {
    let response = upgrade.response();
    let client = || Client {
        peer,
        path: upgrade.path.into(),
        query: upgrade.query.into(),
        subprotocol: upgrade.subprotocol.map(Into::into),
        since: context.clock.since_1970(),
    };
    Ok((context.connections.open(endpoint.on_overflow, client)?, response))
}

/// Puts TLS around the socket, where the listener has it, reads the request's head and decides.
/// `None` when there is nobody to hear of it. The place is free again afterwards.
async fn begin(
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
    let lost = async {
        place.lost().await;
        unavailable("this request is too slow while others wait")
    };
    let timeout = Some(Decision::Refuse(ErrorResponse::Timeout));
    // First what can be read: whoever has sent something by now keeps its place.
    within(context.limits.handshake, read.or(lost).or(stop)).await.unwrap_or(timeout)
}

/// Waits until the host stops.
async fn stopped(context: &ServerContext) {
    let _ = context.stopping.recv().await;
}

/// What a client is talked to over: the socket itself.
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

/// What a client is talked to over: the socket itself, or TLS where the listener has it.
///
/// # Errors
/// The handshake failed. With the socket comes what is to be said to a client without TLS.
#[cfg(feature = "tls")]
async fn secure(
    socket: Socket,
    peer: SocketAddr,
    place: &Arc<Place>,
    endpoint: &Endpoint,
    context: &ServerContext,
) -> Result<ClientStream, (ClientStream, Option<ErrorResponse>)> {
    let Some(tls) = &endpoint.tls else { return Ok(ClientStream::Plain(socket)) };
    tls.accept(socket, Arc::downgrade(place), &context.lines).await.map_err(|failure| match failure
    {
        TlsFailure::NotTls(socket) => {
            let refusal = ErrorResponse::Bad("this port speaks TLS: write wss:// or https://");
            (ClientStream::Plain(socket), Some(refusal))
        }
        TlsFailure::Failed(socket, error) => {
            context.stats.tls_failures.add(1);
            context.lines.host(Level::Info, None, format_args!("{peer} gets no TLS: {error}"));
            (ClientStream::Plain(socket), None)
        }
    })
}

/// Reads the request's head and decides. `None` when the client is gone.
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
                // What comes encrypted was counted before.
                if matches!(stream, ClientStream::Plain(_)) {
                    place.progress(n);
                }
            }
            _ => return None,
        }
        match request_head::decide(bytes, endpoint) {
            Decision::Incomplete => {}
            decided => return Some(decided),
        }
    }
}

/// Ends a connection after what is `last` to be said, so that the client gets to read it.
async fn end(mut stream: ClientStream, last: &[u8], context: &ServerContext) {
    let deadline = context.limits.close;
    let end = async {
        within(deadline, stream.send(last)).await;
        finish(&mut stream, true, deadline).await;
        drain(stream.socket(), deadline).await;
    };
    context.door.linger(end).await;
}

/// Counts and logs a request that is refused.
fn count(peer: SocketAddr, refusal: &ErrorResponse, context: &ServerContext) {
    let status = refusal.status();
    context.stats.refuse(status);
    context.lines.host(Level::Info, None, format_args!("{peer} is refused: {status}"));
}
