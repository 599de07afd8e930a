//! The state that all connections of one actor share.

use std::sync::Arc;

use smol::{channel::Receiver, future::FutureExt as _};

use super::{admission::Admission, error_response::ErrorResponse, places::Place};
use crate::{
    deadline::within,
    exchange::{ActorHandle, Delivery},
    executor::Turns,
    world::World,
};

/// The state that all connections of one actor share, of all its listeners.
pub struct ServerContext {
    /// Takes the events of all its listeners. Its limits hold for all of them together.
    pub(crate) actor: Arc<ActorHandle>,
    /// The limits of requests, downloads and closing connections.
    pub(crate) admission: Admission,
    /// Queues the replies of `auto_response`, which the actor never sees.
    pub(crate) delivery: Delivery,
    /// Tells when a client connected.
    pub(crate) world: World,
    /// Lets other tasks run after a connection has sent many messages in a row.
    pub(crate) turns: Arc<Turns>,
    /// Closed when the host stops. A request that is still being read is then refused.
    pub(crate) stopping: Receiver<()>,
}

impl ServerContext {
    /// Makes the shared state. `stopping` ends when the host stops.
    pub fn new(
        actor: Arc<ActorHandle>,
        world: World,
        turns: Arc<Turns>,
        stopping: Receiver<()>,
    ) -> Self {
        Self {
            admission: Admission::new(&actor.limits),
            delivery: Delivery::new(actor.stats.clone(), actor.lines.clone()),
            actor,
            world,
            turns,
            stopping,
        }
    }

    /// Waits until the host stops.
    pub(crate) async fn stopped(&self) {
        let _ = self.stopping.recv().await;
    }

    /// Waits for a place, at most for `limits.turn`.
    ///
    /// # Errors
    /// It took too long, for the reason `late`, or the host is stopping.
    pub(crate) async fn turn(
        &self,
        place: &Place,
        late: &'static str,
    ) -> Result<(), ErrorResponse> {
        let turn = async {
            place.acquired().await;
            Ok(())
        };
        let stop = async {
            self.stopped().await;
            Err(ErrorResponse::Unavailable("the host is stopping"))
        };
        let turn = within(self.actor.limits.get(|limits| limits.turn), turn.or(stop)).await;
        turn.unwrap_or(Err(ErrorResponse::Unavailable(late)))
    }
}
