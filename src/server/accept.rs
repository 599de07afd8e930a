//! Accepts the connections of a listener and starts a task for each.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    time::Duration,
};

use log::Level;
use smol::{Executor, Timer, channel::Sender, future::yield_now};

use super::{
    connection,
    context::ServerContext,
    endpoint::Endpoint,
    request::{self, Upgraded},
    socket::Socket,
};
use crate::{exchange::client::canonical, reactor::Polled};

/// How long to wait after a failed accept. The usual cause is that file descriptors are used up, so
/// trying again at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What the connection tasks of one listener share.
struct Acceptor {
    executor: Arc<Executor<'static>>,
    /// What this listener serves and requires.
    endpoint: Arc<Endpoint>,
    /// What these connections share with those of the actor's other listeners.
    context: Arc<ServerContext>,
    /// Each task holds a clone until it ends, so that the host can wait for the last one.
    alive: Sender<()>,
}

/// Accepts connections until the task is dropped. While `limits.requests` requests are being read,
/// it accepts no more: the last connection waits here, and the others in the kernel's queue.
pub async fn run(
    executor: Arc<Executor<'static>>,
    listener: Polled<TcpListener>,
    endpoint: Arc<Endpoint>,
    context: Arc<ServerContext>,
    alive: Sender<()>,
) {
    let acceptor = Acceptor { executor, endpoint, context, alive };
    loop {
        let accepted = listener
            .read_with(TcpListener::accept)
            .await
            .and_then(|(socket, peer)| Ok((listener.beside(socket)?, peer)));
        match accepted {
            Ok((socket, peer)) => {
                acceptor.take(socket, canonical(peer)).await;
                // During a storm of connections, the open ones still get their turn.
                yield_now().await;
            }
            Err(error) => {
                acceptor.context.actor.lines.host(
                    Level::Warn,
                    None,
                    format_args!("a connection could not be accepted: {error}"),
                );
                Timer::after(ACCEPT_PAUSE).await;
            }
        }
    }
}

impl Acceptor {
    /// Starts the task that serves or refuses a connection. Returns when the next one may be
    /// accepted.
    async fn take(&self, socket: Polled<TcpStream>, peer: SocketAddr) {
        let socket = Socket::new(socket);
        let (endpoint, context, alive) =
            (self.endpoint.clone(), self.context.clone(), self.alive.clone());
        let network = endpoint.access.network_of(peer);
        let task = match context.admission.admit(network, &context.actor.connections) {
            Ok(admitted) => {
                admitted.until_accepting().await;
                self.executor.spawn(async move {
                    // Boxed, so that an open connection does not keep the handshake's buffers.
                    let upgraded =
                        Box::pin(request::serve(socket, peer, admitted, &endpoint, &context)).await;
                    if let Some(Upgraded { stream, early, open, counted }) = upgraded {
                        connection::serve(stream, early, &endpoint, &context, open).await;
                        drop(counted);
                    }
                    drop(alive);
                })
            }
            Err(refusal) => self.executor.spawn(async move {
                request::refuse(socket, peer, &refusal, &endpoint, &context).await;
                drop(alive);
            }),
        };
        task.detach();
    }
}
