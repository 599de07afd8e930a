//! A host in this process, whose clock the test sets.

use std::{
    net::SocketAddr,
    pin::pin,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use footlight::{
    Host, Manifest,
    host::Environment,
    stats::Stats,
    world::{Manual, World},
};
use smol::{Executor, block_on, channel};

use crate::support::{Actor, Client, PATIENCE};

/// The clock's first time, in milliseconds since 1970.
pub const START: u64 = 1_000_000_000_000;

/// A host with one actor. Dropping it ends it.
pub struct Hosted {
    world: Arc<Manual>,
    pub stats: Arc<Stats>,
    address: SocketAddr,
    stop: Option<channel::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Hosted {
    pub fn start(actor: &Actor) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifest = Manifest::load(&actor.write(folder.path())).unwrap();
        let (world, manual) = World::manual(START);
        let (stop, stopped) = channel::bounded(1);
        let (to, started) = mpsc::channel();
        let thread = thread::spawn(move || {
            // The folder has the actor's files.
            let _folder = folder;
            let executor = Arc::new(Executor::new());
            let environment = Environment { world, ..Environment::new().unwrap() };
            let (turns, reactor) = (environment.turns.clone(), environment.reactor.clone());
            let start = Host::start(&executor, vec![manifest.clone()], environment);
            let host = block_on(executor.run(start)).unwrap();
            let address = host.listening()[0].address;
            to.send((address, host.stats(&manifest.name).unwrap())).unwrap();
            let run = host.run(async move {
                let _ = stopped.recv().await;
            });
            turns.block_on(&executor, &reactor, pin!(executor.spawn(run)));
        });
        let (address, stats) = started.recv_timeout(PATIENCE).unwrap();
        Self { world: manual, stats, address, stop: Some(stop), thread: Some(thread) }
    }

    /// A client after its `connect` event.
    pub fn client(&self) -> Client {
        let mut client = Client::connect(self.address, "/ws");
        assert!(client.next().is_text());
        client
    }

    /// Lets milliseconds pass.
    pub fn pass(&self, millis: u64) {
        self.world.advance(Duration::from_millis(millis));
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !thread::panicking()
        {
            panic!("the host has panicked");
        }
    }
}
