//! The parts of the host's environment that no manifest names.

use std::{io, net::IpAddr, path::PathBuf, sync::Arc};

use crate::{
    executor::Turns, reactor::Reactor, server::Live, socket_activation::Inherited, world::World,
};

/// The parts of the host's environment that no manifest names.
#[derive(Debug)]
pub struct Environment {
    /// Replaces the addresses of the manifests, for `--bind`.
    pub bind: Option<IpAddr>,
    /// The folder for the actors' state, for `--data` or systemd's `StateDirectory=`; `None` keeps
    /// state in memory only.
    pub data: Option<PathBuf>,
    /// The most files that the process may open; `None` for no limit.
    pub descriptors: Option<u64>,
    /// Listening sockets that the service manager has opened.
    pub inherited: Inherited,
    /// Whether each event gets a new instance, for `footlight dev`.
    pub fresh_instances: bool,
    /// Lets open pages load anew after their files have changed, for `footlight dev`.
    pub live: Option<Arc<Live>>,
    /// The source of time and random numbers.
    pub world: World,
    /// Gives actors their turns. The executor that runs the host's tasks must use it too.
    pub turns: Arc<Turns>,
    /// Where listeners and clients' sockets are registered. The loop that runs the host's tasks must poll it.
    pub reactor: Arc<Reactor>,
}

impl Environment {
    /// An environment that adds nothing to the manifests.
    ///
    /// # Errors
    /// The system has no file descriptor left.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            bind: None,
            data: None,
            descriptors: None,
            inherited: Inherited::default(),
            fresh_instances: false,
            live: None,
            world: World::default(),
            turns: Arc::default(),
            reactor: Arc::new(Reactor::new()?),
        })
    }
}
