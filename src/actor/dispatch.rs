//! How an event is handled, and by which function.

use super::{
    call_context::CallContext,
    event_message,
    instance::{Instance, Outcome},
    reply::Reply,
};
use crate::exchange::{Connections, Event, EventKind};

/// How an event is handled.
#[derive(Clone, Copy)]
pub(super) enum Attempt<'a> {
    /// By the present instance. If none can be made, nobody may connect meanwhile.
    Usual(&'a Connections),
    /// By an instance of its own, perhaps after the migration of the state.
    Tried {
        /// Whether the module may migrate the state first.
        migrates: bool,
    },
}

impl Instance {
    /// Calls the handler of an event.
    ///
    /// # Errors
    /// See [`CallError`](super::call_error::CallError).
    pub(super) async fn handle(
        &mut self,
        event: &Event,
        state: Option<&[u8]>,
        context: &mut CallContext,
    ) -> Outcome<Reply> {
        if let EventKind::Request(request) = &event.kind {
            // Boxed, because it is larger than the call for a message, and rarer.
            return Ok(Box::pin(self.handle_request(request, state, context))
                .await?
                .map(Reply::from));
        }
        let (mut code, other) = ([0; 2], event_message::other(&event.kind));
        let message = event_message::message(&event.kind, &mut code, &other);
        Ok(self.handle_message(message, state, context).await?.map(Reply::from))
    }
}
