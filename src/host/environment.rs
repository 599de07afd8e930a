//! What the host finds around it, which no manifest says.

use std::{net::IpAddr, sync::Arc};

use crate::{executor::Turns, socket_activation::Inherited, world::World};

/// What the host finds around it, which no manifest says.
#[derive(Debug, Default)]
pub struct Environment {
    /// Takes the place of the manifests' addresses.
    pub bind: Option<IpAddr>,
    /// How many files the process may have open; `None` if there is no limit.
    pub descriptors: Option<u64>,
    /// Listeners that are there already.
    pub inherited: Inherited,
    /// The time.
    pub world: World,
    /// What gives actors their turns: the host's tasks are to be run by it.
    pub turns: Arc<Turns>,
}
