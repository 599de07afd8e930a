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
    handshake::{self, Decision, Refusal},
    socket::Socket,
};
use crate::{
    exchange::{
        Connections, Lines, Mailbox,
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
    /// What clients may use.
    pub limits: Limits,
    /// The actor's counters.
    pub stats: Arc<Stats>,
    /// The actor's lines in the log.
    pub lines: Arc<Lines>,
    /// Ends when the host stops.
    pub stopping: Receiver<()>,
}

/// Accepts connections for as long as the task lives. Each connection's task holds `alive`, so
/// that the host can wait for the last one.
pub async fn run(
    executor: Arc<Executor<'static>>,
    listener: Async<TcpListener>,
    path: Arc<str>,
    service: Arc<Service>,
    alive: Sender<()>,
) {
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => {
                let socket = Socket::new(socket);
                let (path, service, alive) = (path.clone(), service.clone(), alive.clone());
                let serve = async move {
                    // Boxed, so that a connection does not carry its handshake's buffers along.
                    let upgraded = Box::pin(greet(socket, peer, &path, &service)).await;
                    if let Some(Upgraded { socket, early, open }) = upgraded {
                        connection::serve(socket, early, &service, open).await;
                    }
                    drop(alive);
                };
                executor.spawn(serve).detach();
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

/// Does the handshake with one client. `None` if it got no upgrade.
async fn greet(
    mut socket: Socket,
    peer: SocketAddr,
    path: &str,
    service: &Service,
) -> Option<Upgraded> {
    // Answers are small and wanted at once. Where it fails, they are only later.
    let _ = socket.get_ref().set_nodelay(true);
    let mut bytes = Vec::with_capacity(1024);
    let (accept, len) = match read_head(&mut socket, &mut bytes, path, service).await? {
        Ok(upgrade) => upgrade,
        Err(refusal) => return refuse(socket, peer, &refusal, service).await,
    };
    let open = match service.connections.open() {
        Ok(open) => open,
        Err(full) => {
            let refusal = Refusal::Unavailable(match full {
                Full::Limit(_) => "too many connections",
                Full::Failing => "the actor can't be started at the moment",
                Full::Stopping => "the host is stopping",
            });
            return refuse(socket, peer, &refusal, service).await;
        }
    };
    let response = handshake::upgrade(&accept);
    let sent = within(service.limits.handshake, socket.write_all(response.as_bytes())).await;
    sent?.ok()?;
    service.stats.connections.add(1);
    let id = open.outbox.id();
    service.lines.host(Level::Debug, Some(id), format_args!("connected from {peer}"));
    Some(Upgraded { socket, early: bytes.split_off(len), open })
}

/// Reads the request's head and decides: the value of `Sec-WebSocket-Accept` and the head's
/// length, or a refusal. `None` when the client is gone or the host stops.
async fn read_head(
    socket: &mut Socket,
    bytes: &mut Vec<u8>,
    path: &str,
    service: &Service,
) -> Option<Result<(String, usize), Refusal>> {
    let read = async {
        let mut buffer = [0; 1024];
        loop {
            match socket.read(&mut buffer).await {
                Ok(n @ 1..) => bytes.extend_from_slice(buffer.get(..n)?),
                _ => return None,
            }
            match handshake::decide(bytes, path) {
                Decision::Incomplete => {}
                Decision::Upgrade { accept, len } => return Some(Ok((accept, len))),
                Decision::Refuse(refusal) => return Some(Err(refusal)),
            }
        }
    };
    let stop = async {
        let _ = service.stopping.recv().await;
        Some(Err(Refusal::Unavailable("the host is stopping")))
    };
    within(service.limits.handshake, read.or(stop)).await.unwrap_or(Some(Err(Refusal::Timeout)))
}

/// Answers a request that gets no upgrade.
async fn refuse(
    mut socket: Socket,
    peer: SocketAddr,
    refusal: &Refusal,
    service: &Service,
) -> Option<Upgraded> {
    service.stats.refused_requests.add(1);
    let status = refusal.status();
    service.lines.host(Level::Info, None, format_args!("{peer} is refused: {status}"));
    let deadline = service.limits.close;
    within(deadline, socket.write_all(refusal.response().as_bytes())).await;
    finish(&socket);
    drain(&mut socket, deadline).await;
    None
}
