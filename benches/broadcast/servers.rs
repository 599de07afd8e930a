//! The servers that are compared.

use std::{
    fs,
    io::Read as _,
    net::{Ipv4Addr, TcpListener},
    process,
    sync::Arc,
    thread,
};

use async_tungstenite::accept_async_with_config;
use footlight::{Host, Manifest, executor::Turns, host::Environment, logger::Logger};
use futures_util::StreamExt as _;
use smol::{Async, Executor, block_on, future};

use super::common::{Result, client::config};

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Footlight with an actor that broadcasts.
    Footlight,
    /// async-tungstenite, in a loop.
    Plain,
}

impl Kind {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Footlight, Self::Plain];

    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Footlight => "footlight",
            Self::Plain => "plain",
        }
    }
}

/// Serves this many connections until standard input ends, which it does when the parent ends.
pub(crate) fn serve(name: &str, connections: usize) -> Result<()> {
    thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        process::exit(0);
    });
    let (executor, turns) = (Arc::new(Executor::new()), Arc::new(Turns::default()));
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name).ok_or("no such server")?;
    match kind {
        Kind::Footlight => block_on(turns.run(&executor, footlight(&executor, turns.clone()))),
        Kind::Plain => block_on(turns.run(&executor, plain(connections))),
    }
}

/// See [`Kind::Footlight`].
async fn footlight(executor: &Arc<Executor<'static>>, turns: Arc<Turns>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("actor.wasm"), wat::parse_str(include_str!("actor.wat"))?)?;
    let text = "name = \"broadcast\"\ncomponent_path = \"actor.wasm\"\n[[handlers]]\n\
                type = \"websocket-server\"\nconfig = { port = 0 }\n[limits]\nconnections = 10000\nping = \"1h\"\n";
    let manifest = Manifest::parse(&folder.path().join("manifest.toml"), text)?;
    let mut logger = Logger::new(-1);
    logger.actor(&manifest.name, &manifest.logging)?;
    logger.install()?;
    let host =
        Host::start(executor, &[manifest], Environment { turns, ..Environment::default() }).await?;
    println!("ws://{}/ws", host.listening()[0].address);
    host.run(future::pending()).await;
    Ok(())
}

/// See [`Kind::Plain`]. Accepts all clients, then sends the first one's messages to all.
async fn plain(connections: usize) -> Result<()> {
    let listener = Async::<TcpListener>::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("ws://{}/ws", listener.get_ref().local_addr()?);
    let mut clients = Vec::new();
    while clients.len() < connections {
        let (socket, _) = listener.accept().await?;
        socket.get_ref().set_nodelay(true)?;
        clients.push(accept_async_with_config(socket, Some(config())).await?);
    }
    while let Some(message) = clients[0].next().await {
        let message = message?;
        for client in &mut clients {
            client.send(message.clone()).await?;
        }
    }
    Ok(())
}
