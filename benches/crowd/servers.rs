//! The servers that are compared: one with an actor, and one without that does the same.

use std::{
    collections::BTreeMap,
    fs,
    io::Read as _,
    net::{Ipv4Addr, TcpListener, TcpStream},
    process,
    sync::{Arc, Mutex},
    thread,
};

use async_tungstenite::{WebSocketSender, accept_async_with_config, tungstenite::Message};
use footlight::{Host, Manifest, executor::Turns, host::Environment, logger::Logger};
use futures_util::StreamExt as _;
use smol::{Async, Executor, block_on, future, lock};

use super::common::{Result, client::config};

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Footlight.
    Footlight,
    /// async-tungstenite and a map of the rooms.
    Plain,
}

impl Kind {
    /// Both servers.
    pub(crate) const ALL: [Self; 2] = [Self::Footlight, Self::Plain];

    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Footlight => "footlight",
            Self::Plain => "plain",
        }
    }
}

/// Serves until standard input ends, which it does when the parent ends. Footlight runs `actor`:
/// `echo` or `rooms`. The other server does both.
pub(crate) fn serve(name: &str, actor: &str) -> Result<()> {
    thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        process::exit(0);
    });
    let (executor, turns) = (Arc::new(Executor::new()), Arc::new(Turns::default()));
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name).ok_or("no such server")?;
    match kind {
        Kind::Footlight => {
            block_on(turns.run(&executor, footlight(&executor, turns.clone(), actor)))
        }
        Kind::Plain => block_on(turns.run(&executor, plain(&executor))),
    }
}

/// See [`Kind::Footlight`].
async fn footlight(
    executor: &Arc<Executor<'static>>,
    turns: Arc<Turns>,
    actor: &str,
) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let wasm = match actor {
        "echo" => fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/echo/echo.wasm"))?,
        _ => wat::parse_str(include_str!("actor.wat"))?,
    };
    fs::write(folder.path().join("actor.wasm"), wasm)?;
    let text = "name = \"crowd\"\ncomponent_path = \"actor.wasm\"\n[[handlers]]\n\
                type = \"websocket-server\"\nconfig = { port = 0 }\n\
                [limits]\nconnections = 10000\nping = \"1h\"\n";
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

/// Where to write a client's messages.
type Writer = Arc<lock::Mutex<WebSocketSender<Async<TcpStream>>>>;
/// The clients in each room, by their number.
type Rooms = Arc<Mutex<BTreeMap<String, BTreeMap<u64, Writer>>>>;

/// See [`Kind::Plain`].
async fn plain(executor: &Arc<Executor<'static>>) -> Result<()> {
    let listener = Async::<TcpListener>::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("ws://{}/ws", listener.get_ref().local_addr()?);
    let rooms = Rooms::default();
    for number in 0.. {
        let (socket, _) = listener.accept().await?;
        socket.get_ref().set_nodelay(true)?;
        let rooms = rooms.clone();
        executor.spawn(async move { talk(socket, number, &rooms).await }).detach();
    }
    Ok(())
}

/// Serves one client, as the actors do.
async fn talk(socket: Async<TcpStream>, number: u64, rooms: &Rooms) -> Option<()> {
    let (to, mut from) = accept_async_with_config(socket, Some(config())).await.ok()?.split();
    let own = Arc::new(lock::Mutex::new(to));
    loop {
        let message = from.next().await?.ok()?;
        let Message::Text(text) = &message else { continue };
        let room = text.get(1..9).unwrap_or_default();
        let receivers: Vec<_> = match text.chars().next() {
            Some('+') => {
                let mut rooms = rooms.lock().ok()?;
                rooms.entry(room.to_owned()).or_default().insert(number, own.clone());
                Vec::new()
            }
            Some('>') => {
                let rooms = rooms.lock().ok()?;
                let others = rooms.get(room)?.iter().filter(|(other, _)| **other != number);
                others.map(|(_, writer)| writer.clone()).collect()
            }
            Some('?') => {
                let there: Vec<_> = rooms.lock().ok()?.get(room)?.keys().copied().collect();
                std::hint::black_box(there);
                vec![own.clone()]
            }
            _ => vec![own.clone()],
        };
        for receiver in receivers {
            receiver.lock().await.send(message.clone()).await.ok()?;
        }
    }
}
