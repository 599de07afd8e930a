//! The servers. All have one thread, the same executor and sockets, and the same settings of
//! tungstenite. They end with the process that started them.

use std::{
    error::Error,
    io::Read as _,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process,
    sync::Arc,
    thread,
};

use async_tungstenite::accept_async_with_config;
use footlight::{
    Host, Manifest,
    exchange::{ActorHandle, EventKind, Message, Source},
    executor::Turns,
    host::Environment,
    limits::Limits,
    logger::Logger,
    manifest::Handler,
    server::{Endpoint, ServerContext, accept, config::Listener},
    world::World,
};
use futures_util::StreamExt as _;
use smol::{Async, Executor, block_on, channel, future};

use super::common::client::config;

/// The example that is served.
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/echo/manifest.toml");

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Footlight with `examples/echo`, as `main` runs it.
    Footlight,
    /// Footlight's sockets, mailbox and outboxes, with a native actor instead of WebAssembly.
    Native,
    /// async-tungstenite alone. The others are compared with it.
    Plain,
}

impl Kind {
    /// All of them, in the order of the table.
    pub(crate) const ALL: [Self; 3] = [Self::Footlight, Self::Native, Self::Plain];

    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Footlight => "footlight",
            Self::Native => "native",
            Self::Plain => "plain",
        }
    }

    /// The server of this name.
    pub(crate) fn of(name: &str) -> Result<Self, &'static str> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or("no such server")
    }
}

/// Serves until standard input ends, which it does when the parent ends.
pub(crate) fn serve(kind: Kind) -> Result<(), Box<dyn Error>> {
    thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        process::exit(0);
    });
    let (executor, turns) = (Arc::new(Executor::new()), Arc::new(Turns::default()));
    match kind {
        Kind::Footlight => block_on(turns.run(&executor, footlight(&executor, turns.clone()))),
        Kind::Native => block_on(turns.run(&executor, native(&executor, turns.clone()))),
        Kind::Plain => block_on(turns.run(&executor, plain(&executor))),
    }
}

/// Binds a free port, with the backlog of the host's own listeners.
fn bind() -> Result<(Async<TcpListener>, SocketAddr), Box<dyn Error>> {
    let listener = Async::<TcpListener>::bind((Ipv4Addr::LOCALHOST, 0))?;
    rustix::net::listen(&listener, i32::MAX)?;
    let address = listener.get_ref().local_addr()?;
    Ok((listener, address))
}

/// Prints the address for the parent.
fn announce(address: SocketAddr) {
    println!("ws://{address}/ws");
}

/// See [`Kind::Footlight`].
async fn footlight(
    executor: &Arc<Executor<'static>>,
    turns: Arc<Turns>,
) -> Result<(), Box<dyn Error>> {
    let mut manifest = Manifest::load(Path::new(EXAMPLE))?;
    for handler in &mut manifest.handlers {
        if let Handler::WebSocketServer(server) = handler {
            server.listeners.iter_mut().for_each(|listener| listener.port = 0);
        }
    }
    let mut logger = Logger::new(-1);
    logger.actor(&manifest.name, &manifest.logging)?;
    logger.install()?;
    let host =
        Host::start(executor, &[manifest], Environment { turns, ..Environment::default() }).await?;
    announce(host.listening()[0].address);
    host.run(future::pending()).await;
    Ok(())
}

/// See [`Kind::Native`].
async fn native(
    executor: &Arc<Executor<'static>>,
    turns: Arc<Turns>,
) -> Result<(), Box<dyn Error>> {
    let (listener, address) = bind()?;
    announce(address);
    let handle = ActorHandle::new("native".into(), Limits::default());
    let (_stop, stopping) = channel::bounded(1);
    let context = Arc::new(ServerContext::new(&handle, World::System, turns, stopping));
    let (alive, _ended) = channel::bounded(1);
    let endpoint = Arc::new(Endpoint::new(&Listener::new(address.ip(), address.port()))?);
    executor.spawn(accept::run(executor.clone(), listener, endpoint, context, alive)).detach();
    let actor = async move {
        loop {
            let event = handle.mailbox.next().await;
            let Source::Connection(from) = event.source else { continue };
            if let EventKind::Message(text @ Message::Text(_)) = event.kind {
                from.answer(vec![text], None).unwrap();
            }
            from.handled();
        }
    };
    executor.spawn(actor).await;
    Ok(())
}

/// See [`Kind::Plain`].
async fn plain(executor: &Arc<Executor<'static>>) -> Result<(), Box<dyn Error>> {
    let (listener, address) = bind()?;
    announce(address);
    loop {
        let (socket, _) = listener.accept().await?;
        socket.get_ref().set_nodelay(true)?;
        let echo = async {
            let Ok(mut ws) = accept_async_with_config(socket, Some(config())).await else { return };
            while let Some(Ok(message)) = ws.next().await {
                if message.is_text() && ws.send(message).await.is_err() {
                    break;
                }
            }
        };
        executor.spawn(echo).detach();
    }
}
