//! Takes connections from a listener, each into a task of its own.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use log::Level;
use smol::{
    Async, Executor, Timer,
    channel::{Receiver, Sender},
    future::FutureExt,
    io::{AsyncReadExt, AsyncWriteExt},
};

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
                    if let Some(Upgraded { socket, early, open }) = upgraded {
                        connection::serve(socket, early, &site, &service, open).await;
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
    /// Its socket.
    socket: Socket,
    /// The bytes that came after the request's head.
    early: Vec<u8>,
    /// Its place among the open connections.
    open: Open,
}

/// Answers one request. `None` if it got no upgrade; its connection has ended then.
async fn greet(
    mut socket: Socket,
    peer: SocketAddr,
    place: Place,
    site: &Arc<Site>,
    service: &Service,
) -> Option<Upgraded> {
    // Answers are small and wanted at once. Where it fails, they are only later.
    let _ = socket.get_ref().set_nodelay(true);
    let mut bytes = Vec::new();
    let decision = read_head(&mut socket, &mut bytes, &place, site, service).await?;
    let refused = match decision {
        Decision::Upgrade { upgrade, len } => match open(upgrade, peer, site, service) {
            Ok((open, response)) => {
                let send = socket.write_all(response.as_bytes());
                within(service.limits.handshake, send).await?.ok()?;
                service.stats.connections.add(1);
                let id = open.outbox.id();
                service.lines.host(Level::Debug, Some(id), format_args!("connected from {peer}"));
                return Some(Upgraded { socket, early: bytes.split_off(len), open });
            }
            Err(full) => Refusal::Unavailable(full.reason()),
        },
        Decision::Page { page, head_only } => {
            let answer = pages::answer(&mut socket, page, head_only, site, service);
            let lost = async {
                place.lost().await;
                None
            };
            match within(service.limits.response, async { Some(answer.await) }.or(lost)).await {
                Some(Some(Err(refusal))) => refusal,
                Some(Some(Ok(Ok(())))) => {
                    end(socket, service).await;
                    return None;
                }
                // Too late, or broken on the way: an answer that has begun can't be taken back.
                _ => {
                    service.stats.broken_pages.add(1);
                    return None;
                }
            }
        }
        Decision::Refuse(refusal) => refusal,
        Decision::Incomplete => return None,
    };
    refuse(socket, peer, &refused, service).await;
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

/// Reads the request's head and decides. `None` when the client is gone.
async fn read_head(
    socket: &mut Socket,
    bytes: &mut Vec<u8>,
    place: &Place,
    site: &Site,
    service: &Service,
) -> Option<Decision> {
    let read = async {
        let mut buffer = [0; 1024];
        loop {
            match socket.read(&mut buffer).await {
                Ok(n @ 1..) => bytes.extend_from_slice(buffer.get(..n)?),
                _ => return None,
            }
            match request::decide(bytes, site) {
                Decision::Incomplete => {}
                decided => return Some(decided),
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

/// Answers a request that does not get what it asks for.
async fn refuse(mut socket: Socket, peer: SocketAddr, refusal: &Refusal, service: &Service) {
    let status = refusal.status();
    service.stats.refuse(status);
    service.lines.host(Level::Info, None, format_args!("{peer} is refused: {status}"));
    within(service.limits.close, socket.write_all(refusal.response().as_bytes())).await;
    end(socket, service).await;
}

/// Ends a connection after an answer, so that the client gets to read it.
async fn end(mut socket: Socket, service: &Service) {
    finish(&socket);
    drain(&mut socket, service.limits.close).await;
}
