//! Calls the handlers of `message-server-client`: the functions for other actors' messages.
//!
//! They are looked up at each call, because most actors have none and few calls are theirs.

use wit_core::{Budget, lift, lower};

use super::{
    call_context::CallContext,
    call_error::CallError,
    exports::PostReturn,
    instance::{Instance, Outcome},
    reply::Reply,
};

impl Instance {
    /// Calls `handle-send`, or the `handle-request` beside it if the sender waits for a reply.
    ///
    /// # Errors
    /// See [`CallError`].
    pub(super) async fn handle_actor_message(
        &mut self,
        content: &[u8],
        is_request: bool,
        state: Option<&[u8]>,
        context: &mut CallContext,
    ) -> Outcome<Reply> {
        let shape = self.shape;
        let (export, post_name) = if is_request {
            (shape.handle_reply(), shape.handle_reply_post())
        } else {
            (shape.handle_send(), shape.handle_send_post())
        };
        let name = self.names.of(export);
        let mut parameters = lower::actor_message(shape, content, state);
        let [a, b, c, d, e, ..] = self.place(&mut parameters, &mut context.meter).await?;
        let broken = |error| CallError::Trap { export, error };
        let step = if shape.has_results() {
            let handler = self.instance.get_typed_func(&self.store, name).map_err(broken)?;
            self.begin(export, handler, (a, b, c, d, e), context)?
        } else {
            let handler = self.instance.get_typed_func(&self.store, name).map_err(broken)?;
            self.begin(export, handler, (a, b, c, d), context)?
        };
        let post: Option<PostReturn> =
            self.instance.get_typed_func(&self.store, self.names.of(post_name)).ok();
        let post = post.map(|post| (post_name, post));
        let returned = if is_request {
            let bytes = self.longest_reply;
            let lift = |memory: &[u8], ptr, budget: &Budget| {
                lift::actor_reply(shape, memory, ptr, &Budget { bytes, ..*budget })
            };
            let lifted = self.finish_lifted(export, step, post, context, lift).await?;
            lifted.map(|(state, reply)| (state, Some(reply)))
        } else {
            let lift = |memory: &[u8], ptr, budget: &_| lift::init(shape, memory, ptr, budget);
            let lifted = self.finish_lifted(export, step, post, context, lift).await?;
            lifted.map(|state| (state, None))
        };
        let bytes = |some: &Option<Vec<u8>>| some.as_ref().map_or(0, Vec::len);
        let size = |(state, reply): &(_, _)| bytes(state).saturating_add(bytes(reply));
        context.meter.moved(returned.as_ref().map_or(0, size));
        Ok(returned.map(Reply::from))
    }
}
