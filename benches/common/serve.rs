//! What this program does when it is started again as a server: the other side of [`super::child`].

use std::{
    fs,
    future::Future,
    io::Read as _,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    pin::pin,
    process,
    sync::Arc,
    thread,
};

use footlight::{Host, Manifest, host::Environment, logger::Logger};
use smol::{Async, Executor, block_on, future};

use super::Result;

/// The name of a server that is Footlight.
pub(crate) const FOOTLIGHT: &str = "footlight";
/// The name of a server that is async-tungstenite and little else.
pub(crate) const PLAIN: &str = "plain";

/// Ends this process when its standard input ends, which happens when the parent ends.
pub(crate) fn end_with_parent() {
    thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        process::exit(0);
    });
}

/// Runs a server on one thread until the parent ends, with smol's own loop.
pub(crate) fn run<F: Future<Output = Result<()>>>(
    server: impl FnOnce(Arc<Executor<'static>>) -> F,
) -> Result<()> {
    end_with_parent();
    let executor = Arc::new(Executor::new());
    block_on(executor.run(server(executor.clone())))
}

/// Does the same with Footlight's loop.
pub(crate) fn run_hosted<F: Future<Output = Result<()>>>(
    server: impl FnOnce(Arc<Executor<'static>>, Environment) -> F,
) -> Result<()> {
    end_with_parent();
    let (executor, environment) = (Arc::new(Executor::new()), Environment::new()?);
    let (turns, reactor) = (environment.turns.clone(), environment.reactor.clone());
    let served = server(executor.clone(), environment);
    let mut result = Ok(());
    turns.block_on(&executor, &reactor, pin!(async { result = served.await }));
    result
}

/// Runs Footlight with what a manifest says, as its `main` does.
pub(crate) fn footlight(manifest: Manifest) -> Result<()> {
    run_hosted(|executor, environment| async move {
        let mut logger = Logger::new(-1);
        logger.actor(&manifest.name, &manifest.logging)?;
        logger.install()?;
        let host = Host::start(&executor, vec![manifest], environment).await?;
        announce(host.listening()[0].address);
        host.run(future::pending()).await;
        Ok(())
    })
}

/// Runs Footlight with an actor that thousands of clients may talk to.
pub(crate) fn crowded(wasm: &[u8]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("actor.wasm"), wasm)?;
    let text = "name = \"actor\"\ncomponent_path = \"actor.wasm\"\n[[handlers]]\n\
                type = \"websocket-server\"\nconfig = { port = 0 }\n\
                [limits]\nconnections = 10000\nping = \"1h\"\n";
    footlight(Manifest::parse(&folder.path().join("manifest.toml"), text)?)
}

/// Binds a free port and tells the parent. As many clients may wait to be accepted as at the host's
/// own listeners.
pub(crate) fn bind() -> Result<(Async<TcpListener>, SocketAddr)> {
    let listener = Async::<TcpListener>::bind((Ipv4Addr::LOCALHOST, 0))?;
    rustix::net::listen(&listener, i32::MAX)?;
    let address = listener.get_ref().local_addr()?;
    announce(address);
    Ok((listener, address))
}

/// Tells the parent where the server listens.
fn announce(address: SocketAddr) {
    println!("ws://{address}/ws");
}
