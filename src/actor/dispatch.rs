//! How an event is handled, and by which function.

use super::{
    call_context::CallContext,
    call_error::CallError,
    event_message,
    fault::{Evidence, Fault},
    instance::Instance,
    reply::Reply,
    stack_pointer,
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

/// The result of a call. The inner error comes from the actor itself.
pub(super) type Called = Result<Result<Reply, String>, Fault>;

impl Instance {
    /// Calls the handler of an event.
    ///
    /// # Errors
    /// The call failed. What is known of the reason is with it.
    pub(super) async fn handle(
        &mut self,
        event: &Event,
        state: Option<&[u8]>,
        context: &mut CallContext,
    ) -> Called {
        let outcome = if let EventKind::Request(request) = &event.kind {
            // Boxed, because it is larger than the call for a message, and rarer.
            let called = Box::pin(self.handle_request(request, state, context)).await;
            called.map(|reply| reply.map(Reply::from))
        } else {
            let (mut code, other) = ([0; 2], event_message::other(&event.kind));
            let message = event_message::message(&event.kind, &mut code, &other);
            self.handle_message(message, state, context).await.map(|reply| reply.map(Reply::from))
        };
        outcome.map_err(|error| self.explain(error))
    }

    /// Finds out why the last call failed.
    pub(super) fn explain(&mut self, error: CallError) -> Fault {
        let used = stack_pointer::used(self.instance, &self.store);
        let guest = self.store.data_mut();
        guest.end_lines();
        let (said, refused) = (std::mem::take(&mut guest.said), guest.limits.refused());
        Fault::new(error, Evidence { said, refused, stack: self.stack.map(|size| (size, used)) })
    }
}
