//! The servers that are measured. All of them have one thread, smol's executor, and the same settings of
//! tungstenite. Footlight has its own loop and reactor around that executor, and async-tungstenite alone
//! has smol's.

use std::{path::Path, sync::Arc};

use async_tungstenite::accept_async_with_config;
use footlight::{
    Manifest,
    exchange::{ActorHandle, EventKind, Message, Source},
    host::Environment,
    limits::Limits,
    manifest::Handler,
    reactor::Polled,
    server::{Endpoint, ServerContext, accept, config::Listener},
    world::World,
};
use futures_util::StreamExt as _;
use smol::{Executor, channel};

use super::common::{
    Result,
    client::config,
    serve::{self, FOOTLIGHT, PLAIN},
};

/// The example that is served.
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/echo/manifest.toml");

/// Footlight's sockets, mailbox and outboxes, with an actor that is not WebAssembly.
pub(crate) const NATIVE: &str = "native";

/// Is the server that the words name, until the parent ends.
pub(crate) fn serve(words: &[&str]) -> Result<()> {
    match *words {
        [FOOTLIGHT] => {
            let mut manifest = Manifest::load(Path::new(EXAMPLE))?;
            for handler in &mut manifest.handlers {
                if let Handler::WebSocketServer(server) = handler {
                    server.listeners.iter_mut().for_each(|listener| listener.port = 0);
                }
            }
            serve::footlight(manifest)
        }
        [NATIVE] => serve::run_hosted(native),
        [PLAIN] => serve::run(plain),
        _ => Err("no such server".into()),
    }
}

/// See [`NATIVE`].
async fn native(executor: Arc<Executor<'static>>, environment: Environment) -> Result<()> {
    let Environment { turns, reactor, .. } = environment;
    let (listener, address) = serve::bind()?;
    let listener = Polled::new(&reactor, listener.into_inner()?)?;
    let handle = Arc::new(ActorHandle::new("native".into(), Limits::default()));
    let (_stop, stopping) = channel::bounded(1);
    let context = Arc::new(ServerContext::new(handle.clone(), World::System, turns, stopping));
    let (alive, _ended) = channel::bounded(1);
    let endpoint = Endpoint::new(&Listener::new(address.ip(), address.port()));
    let endpoint = Arc::new(endpoint.expect("it names no file"));
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

/// async-tungstenite and nothing else.
async fn plain(executor: Arc<Executor<'static>>) -> Result<()> {
    let (listener, _) = serve::bind()?;
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
