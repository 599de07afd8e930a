//! One request, from its connection's acceptance to its answer.

use std::{net::SocketAddr, sync::Arc};

use log::Level;
use smol::{future::FutureExt, io::AsyncReadExt};

#[cfg(feature = "tls")]
use super::tls::TlsFailure;
use super::{
    accept::Service,
    addresses::Counted,
    admission::Admitted,
    closing::{drain, finish, within},
    handshake::Upgrade,
    pages,
    places::Place,
    refusal::Refusal,
    request::{self, Decision},
    site::Site,
    socket::Socket,
    wire::Wire,
};
use crate::exchange::{
    Client,
    connections::{Full, Open},
};

/// A client after its handshake.
pub struct Upgraded {
    /// What it is talked to over.
    pub wire: Wire,
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
    site: &Arc<Site>,
    service: &Service,
) -> Option<Upgraded> {
    let Admitted { network, counted, place, reserved } = admitted;
    // Answers are small and wanted at once. Where it fails, they are only later.
    let _ = socket.get_ref().set_nodelay(true);
    if reserved.is_some() {
        let unavailable = |why| Some(Refusal::Unavailable(why));
        let turn = async {
            place.begun().await;
            None
        };
        let stop = async {
            stopped(service).await;
            unavailable("the host is stopping")
        };
        let turn = within(service.limits.response, turn.or(stop)).await;
        let late = || unavailable("too many requests from this address are in progress");
        if let Some(refusal) = turn.unwrap_or_else(late) {
            drop(place);
            refuse(socket, peer, &refusal, site, service).await;
            return None;
        }
        drop(reserved);
    }
    let (mut wire, mut bytes) = (None, Vec::new());
    // What follows keeps nobody else from being read.
    let decision = begin(socket, peer, &mut wire, &mut bytes, place, site, service).await;
    let Some(mut wire) = wire else {
        // Within a TLS handshake nothing can be said.
        if let Some(Decision::Refuse(refusal)) = decision {
            count(peer, &refusal, service);
        }
        return None;
    };
    let refused = match decision {
        Some(Decision::Upgrade { upgrade, len }) => match open(upgrade, peer, site, service) {
            Ok((open, response)) => {
                let send = wire.send(response.as_bytes());
                within(service.limits.handshake, send).await?.ok()?;
                service.stats.connections.add(1);
                let id = open.session.id();
                service.lines.host(Level::Debug, Some(id), format_args!("connected from {peer}"));
                return Some(Upgraded { wire, early: bytes.split_off(len), open, counted });
            }
            Err(full) => Some(Refusal::Unavailable(full.reason())),
        },
        Some(Decision::Page { page, head_only }) => {
            let answer = pages::answer(&mut wire, page, head_only, network, site, service);
            match within(service.limits.response, answer).await {
                Some(Err(refusal)) => Some(refusal),
                Some(Ok(Ok(()))) => None,
                // Too late, or broken on the way: an answer that has begun can't be taken back.
                _ => {
                    service.stats.broken_pages.add(1);
                    let text = format_args!("{peer} does not get all of a page: it is too slow");
                    service.lines.host(Level::Info, None, text);
                    return None;
                }
            }
        }
        Some(Decision::Refuse(refusal)) => Some(refusal),
        Some(Decision::Incomplete) | None => None,
    };
    let last = refused.map_or(String::new(), |refusal| {
        count(peer, &refusal, service);
        refusal.response()
    });
    end(wire, last.as_bytes(), service).await;
    None
}

/// Refuses a connection before anything is read from it. Where TLS is spoken this is no more than
/// its end, since nothing can be said before the handshake.
pub async fn refuse(
    socket: Socket,
    peer: SocketAddr,
    refusal: &Refusal,
    site: &Site,
    service: &Service,
) {
    count(peer, refusal, service);
    if site.scheme() == "ws" {
        end(Wire::Plain(socket), refusal.response().as_bytes(), service).await;
    }
}

/// Opens a connection. Gives the answer to its request as well.
fn open(
    upgrade: Upgrade,
    peer: SocketAddr,
    site: &Site,
    service: &Service,
) -> Result<(Open, String), Full> {
    let response = upgrade.response();
    let client = || Client {
        peer,
        path: upgrade.path.into(),
        query: upgrade.query.into(),
        subprotocol: upgrade.subprotocol.map(Into::into),
        since: service.clock.since_1970(),
    };
    Ok((service.connections.open(site.on_overflow, client)?, response))
}

/// Puts TLS around the socket, where the listener has it, reads the request's head and decides.
/// `None` when there is nobody to hear of it. The place is free again afterwards.
async fn begin(
    socket: Socket,
    peer: SocketAddr,
    wire: &mut Option<Wire>,
    bytes: &mut Vec<u8>,
    place: Place,
    site: &Site,
    service: &Service,
) -> Option<Decision> {
    let place = Arc::new(place);
    let read = async {
        match secure(socket, peer, &place, site, service).await {
            Ok(secured) => read_head(wire.insert(secured), bytes, &place, site).await,
            Err((plain, refusal)) => {
                *wire = Some(plain);
                refusal.map(Decision::Refuse)
            }
        }
    };
    let unavailable = |why| Some(Decision::Refuse(Refusal::Unavailable(why)));
    let stop = async {
        stopped(service).await;
        unavailable("the host is stopping")
    };
    let lost = async {
        place.lost().await;
        unavailable("this request is too slow while others wait")
    };
    let timeout = Some(Decision::Refuse(Refusal::Timeout));
    // First what can be read: whoever has sent something by now keeps its place.
    within(service.limits.handshake, read.or(lost).or(stop)).await.unwrap_or(timeout)
}

/// Waits until the host stops.
async fn stopped(service: &Service) {
    let _ = service.stopping.recv().await;
}

/// What a client is talked to over: the socket itself.
#[cfg(not(feature = "tls"))]
async fn secure(
    socket: Socket,
    _: SocketAddr,
    _: &Arc<Place>,
    _: &Site,
    _: &Service,
) -> Result<Wire, (Wire, Option<Refusal>)> {
    Ok(Wire::Plain(socket))
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
    site: &Site,
    service: &Service,
) -> Result<Wire, (Wire, Option<Refusal>)> {
    let Some(tls) = &site.tls else { return Ok(Wire::Plain(socket)) };
    tls.accept(socket, Arc::downgrade(place), &service.lines).await.map_err(|failure| match failure
    {
        TlsFailure::NotTls(socket) => {
            let refusal = Refusal::Bad("this port speaks TLS: write wss:// or https://");
            (Wire::Plain(socket), Some(refusal))
        }
        TlsFailure::Failed(socket, error) => {
            service.stats.tls_failures.add(1);
            service.lines.host(Level::Info, None, format_args!("{peer} gets no TLS: {error}"));
            (Wire::Plain(socket), None)
        }
    })
}

/// Reads the request's head and decides. `None` when the client is gone.
async fn read_head(
    wire: &mut Wire,
    bytes: &mut Vec<u8>,
    place: &Place,
    site: &Site,
) -> Option<Decision> {
    let mut buffer = [0; 1024];
    loop {
        match wire.read(&mut buffer).await {
            Ok(n @ 1..) => {
                bytes.extend_from_slice(buffer.get(..n)?);
                // What comes encrypted was counted before.
                if matches!(wire, Wire::Plain(_)) {
                    place.progress(n);
                }
            }
            _ => return None,
        }
        match request::decide(bytes, site) {
            Decision::Incomplete => {}
            decided => return Some(decided),
        }
    }
}

/// Ends a connection after what is `last` to be said, so that the client gets to read it.
async fn end(mut wire: Wire, last: &[u8], service: &Service) {
    let deadline = service.limits.close;
    let end = async {
        within(deadline, wire.send(last)).await;
        finish(&mut wire, true, deadline).await;
        drain(wire.socket(), deadline).await;
    };
    service.door.linger(end).await;
}

/// Counts and logs a request that is refused.
fn count(peer: SocketAddr, refusal: &Refusal, service: &Service) {
    let status = refusal.status();
    service.stats.refuse(status);
    service.lines.host(Level::Info, None, format_args!("{peer} is refused: {status}"));
}
