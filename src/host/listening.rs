//! Where an actor listens.

use std::{net::SocketAddr, sync::Arc};

use crate::server::Endpoint;

/// One address that an actor listens on.
#[derive(Clone, Debug)]
pub struct Listening {
    /// The actor's name.
    pub actor: Arc<str>,
    /// The address, with the port that the system chose.
    pub address: SocketAddr,
    /// What the listener serves.
    pub endpoint: Arc<Endpoint>,
}
