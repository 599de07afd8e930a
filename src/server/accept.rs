//! Takes connections from a listener, each into a task of its own.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    time::Duration,
};

use log::Level;
use smol::{Async, Executor, Timer, channel::Sender, future::yield_now};

use super::{
    connection,
    context::ServerContext,
    endpoint::Endpoint,
    greeting::{self, Upgraded},
    socket::Socket,
};
use crate::exchange::client::canonical;

/// How long to wait after a failed accept, for instance when descriptors are used up.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What the tasks of one listener's connections share.
struct Acceptor {
    /// Runs them.
    executor: Arc<Executor<'static>>,
    /// What is there.
    endpoint: Arc<Endpoint>,
    /// What they share with those of the actor's other listeners.
    context: Arc<ServerContext>,
    /// Held by each task, so that the host can wait for the last one.
    alive: Sender<()>,
}

/// Accepts connections for as long as the task lives, except while as many requests are being read
/// as may be: then the one that was accepted last waits here, and the others in the kernel.
pub async fn run(
    executor: Arc<Executor<'static>>,
    listener: Async<TcpListener>,
    endpoint: Arc<Endpoint>,
    context: Arc<ServerContext>,
    alive: Sender<()>,
) {
    let acceptor = Acceptor { executor, endpoint, context, alive };
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => {
                acceptor.take(socket, canonical(peer)).await;
                // So that a storm of connections does not keep those that are there waiting.
                yield_now().await;
            }
            Err(error) => {
                acceptor.context.lines.host(
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
    /// Lets a connection in as soon as there is room, or refuses it.
    async fn take(&self, socket: Async<TcpStream>, peer: SocketAddr) {
        let socket = Socket::new(socket);
        let (endpoint, context, alive) =
            (self.endpoint.clone(), self.context.clone(), self.alive.clone());
        let task = match context.door.admit(peer, &context.connections) {
            Ok(admitted) => {
                admitted.passed_door().await;
                self.executor.spawn(async move {
                    // Boxed, so that a connection does not carry its handshake's buffers along.
                    let upgraded =
                        Box::pin(greeting::greet(socket, peer, admitted, &endpoint, &context))
                            .await;
                    if let Some(Upgraded { stream, early, open, counted }) = upgraded {
                        connection::serve(stream, early, &endpoint, &context, open).await;
                        drop(counted);
                    }
                    drop(alive);
                })
            }
            Err(refusal) => self.executor.spawn(async move {
                greeting::refuse(socket, peer, &refusal, &endpoint, &context).await;
                drop(alive);
            }),
        };
        task.detach();
    }
}
