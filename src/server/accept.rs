//! Takes connections from a listener, each into a task of its own.

use std::{
    future::Future,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use log::Level;
use smol::{
    Async, Executor, Timer,
    channel::{Receiver, Sender},
    future::FutureExt,
    io::AsyncReadExt,
};

#[cfg(feature = "tls")]
use super::tls::TlsFailure;
use super::{
    closing::{drain, finish, within},
    connection,
    handshake::Upgrade,
    pages,
    pending::{Pending, Place},
    refusal::Refusal,
    request::{self, Decision},
    site::Site,
    socket::Socket,
    wire::Wire,
};
use crate::{
    clock::Clock,
    exchange::{
        Client, Connections, Lines, Mailbox,
        connections::{Full, Open},
    },
    manifest::Limits,
    stats::Stats,
};

/// How long to wait after a failed accept, for instance when descriptors are used up.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What the connections of one actor share.
pub struct Service {
    /// The actor's name.
    pub actor: Arc<str>,
    /// Where events go.
    pub mailbox: Arc<Mailbox>,
    /// The open connections.
    pub connections: Arc<Connections>,
    /// The requests in progress.
    pub pending: Arc<Pending>,
    /// The connections after their last answer, whose clients may still be sending.
    pub lingering: Arc<Pending>,
    /// What clients may use.
    pub limits: Limits,
    /// The actor's counters.
    pub stats: Arc<Stats>,
    /// The actor's lines in the log.
    pub lines: Arc<Lines>,
    /// The time.
    pub clock: Clock,
    /// Ends when the host stops.
    pub stopping: Receiver<()>,
}

impl Service {
    /// Waits for a connection's end. No more than `limits.requests` are waited for: one more takes
    /// the place of the oldest, or those that come only to stay would be as many as they like.
    pub async fn linger(&self, end: impl Future<Output = ()>) {
        let place = self.lingering.enter();
        end.or(place.lost()).await;
    }
}

/// Accepts connections for as long as the task lives. Each connection's task holds `alive`, so
/// that the host can wait for the last one.
pub async fn run(
    executor: Arc<Executor<'static>>,
    listener: Async<TcpListener>,
    site: Arc<Site>,
    service: Arc<Service>,
    alive: Sender<()>,
) {
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => {
                let socket = Socket::new(socket);
                let (site, service, alive) = (site.clone(), service.clone(), alive.clone());
                let place = service.pending.enter();
                let serve = async move {
                    // Boxed, so that a connection does not carry its handshake's buffers along.
                    let upgraded = Box::pin(greet(socket, peer, place, &site, &service)).await;
                    if let Some(Upgraded { wire, early, open }) = upgraded {
                        connection::serve(wire, early, &site, &service, open).await;
                    }
                    drop(alive);
                };
                executor.spawn(serve).detach();
                // So that a storm of connections does not keep those that are there waiting.
                smol::future::yield_now().await;
            }
            Err(error) => {
                service.lines.host(
                    Level::Warn,
                    None,
                    format_args!("a connection could not be accepted: {error}"),
                );
                Timer::after(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// A client after its handshake.
struct Upgraded {
    /// What it is talked to over.
    wire: Wire,
    /// The bytes that came after the request's head.
    early: Vec<u8>,
    /// Its place among the open connections.
    open: Open,
}

/// Answers one request. `None` if it got no upgrade; its connection has ended then.
async fn greet(
    socket: Socket,
    peer: SocketAddr,
    place: Place,
    site: &Arc<Site>,
    service: &Service,
) -> Option<Upgraded> {
    // Answers are small and wanted at once. Where it fails, they are only later.
    let _ = socket.get_ref().set_nodelay(true);
    let (mut wire, mut bytes) = (None, Vec::new());
    let decision = begin(socket, peer, &mut wire, &mut bytes, &place, site, service).await;
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
                let id = open.outbox.id();
                service.lines.host(Level::Debug, Some(id), format_args!("connected from {peer}"));
                return Some(Upgraded { wire, early: bytes.split_off(len), open });
            }
            Err(full) => Some(Refusal::Unavailable(full.reason())),
        },
        Some(Decision::Page { page, head_only }) => {
            let answer = pages::answer(&mut wire, page, head_only, site, service);
            let lost = async {
                place.lost().await;
                None
            };
            match within(service.limits.response, async { Some(answer.await) }.or(lost)).await {
                Some(Some(Err(refusal))) => Some(refusal),
                Some(Some(Ok(Ok(())))) => None,
                // Too late, or broken on the way: an answer that has begun can't be taken back.
                _ => {
                    service.stats.broken_pages.add(1);
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
    // A newcomer need not take it any more.
    drop(place);
    end(wire, last.as_bytes(), service).await;
    None
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
/// `None` when there is nobody to hear of it.
async fn begin(
    socket: Socket,
    peer: SocketAddr,
    wire: &mut Option<Wire>,
    bytes: &mut Vec<u8>,
    place: &Place,
    site: &Site,
    service: &Service,
) -> Option<Decision> {
    let read = async {
        match secure(socket, peer, site, service).await {
            Ok(secured) => read_head(wire.insert(secured), bytes, site).await,
            Err((plain, refusal)) => {
                *wire = Some(plain);
                refusal.map(Decision::Refuse)
            }
        }
    };
    let unavailable = |why| Some(Decision::Refuse(Refusal::Unavailable(why)));
    let stop = async {
        let _ = service.stopping.recv().await;
        unavailable("the host is stopping")
    };
    let lost = async {
        place.lost().await;
        unavailable("too many requests are in progress")
    };
    let timeout = Some(Decision::Refuse(Refusal::Timeout));
    within(service.limits.handshake, read.or(stop).or(lost)).await.unwrap_or(timeout)
}

/// What a client is talked to over: the socket itself.
#[cfg(not(feature = "tls"))]
async fn secure(
    socket: Socket,
    _: SocketAddr,
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
    site: &Site,
    service: &Service,
) -> Result<Wire, (Wire, Option<Refusal>)> {
    let Some(tls) = &site.tls else { return Ok(Wire::Plain(socket)) };
    tls.accept(socket, &service.lines).await.map_err(|failure| match failure {
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
async fn read_head(wire: &mut Wire, bytes: &mut Vec<u8>, site: &Site) -> Option<Decision> {
    let mut buffer = [0; 1024];
    loop {
        match wire.read(&mut buffer).await {
            Ok(n @ 1..) => bytes.extend_from_slice(buffer.get(..n)?),
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
    service.linger(end).await;
}

/// Counts and logs a request that is refused.
fn count(peer: SocketAddr, refusal: &Refusal, service: &Service) {
    let status = refusal.status();
    service.stats.refuse(status);
    service.lines.host(Level::Info, None, format_args!("{peer} is refused: {status}"));
}
