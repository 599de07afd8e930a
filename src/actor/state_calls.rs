//! Calls the functions that make a state: `init` and `migrate`.

use wit_core::{Budget, LiftError, lift, lower, migrate};

use super::{
    call_context::CallContext,
    call_error::CallError,
    entry::Begun,
    exports::{Init, PostReturn},
    instance::{Instance, Outcome},
};

impl Instance {
    /// Calls `init`, if the module has one, with the current state and the actor's name.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn init(
        &mut self,
        state: Option<&[u8]>,
        name: &str,
        context: &mut CallContext,
    ) -> Outcome<Option<Vec<u8>>> {
        let Some(init) = self.init else { return Ok(Ok(state.map(<[u8]>::to_vec))) };
        let (shape, export) = (self.shape, self.names.of(self.shape.init()));
        let mut lowering = lower::init(init.form(), state, name);
        let flat = self.place(&mut lowering, &mut context.meter).await?;
        let begun = match (init, flat) {
            (Init::Bare(init), _) => self.begin(export, init, (), context),
            (Init::Bytes(init), [a, b, ..]) => self.begin(export, init, (a, b), context),
            (Init::Optional(init), [a, b, c, ..]) => self.begin(export, init, (a, b, c), context),
            (Init::Named(init), [a, b, c, d, e, ..]) => {
                self.begin(export, init, (a, b, c, d, e), context)
            }
        };
        let post = self.init_post.map(|post| (self.names.of(shape.init_post()), post));
        let lift = |memory: &[u8], ptr, budget: &_| lift::init(shape, memory, ptr, budget);
        self.finish_lifted(export, begun?, post, context, lift).await
    }

    /// Calls `migrate` with an older version's state. Returns the new state, or `None` if the module
    /// does not export it.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn migrate(
        &mut self,
        old: Option<&[u8]>,
        context: &mut CallContext,
    ) -> Outcome<Option<Option<Vec<u8>>>> {
        let Some(migrate) = self.migrate else { return Ok(Ok(None)) };
        let [a, b, c, ..] = self.place(&mut lower::migrate(old), &mut context.meter).await?;
        let begun = self.begin("migrate", migrate, (a, b, c), context)?;
        let post = self.migrate_post.map(|post| (self.names.of(migrate::MIGRATE_POST), post));
        let lift = |memory: &[u8], ptr, budget: &_| lift::init(migrate::SHAPE, memory, ptr, budget);
        let state = self.finish_lifted("migrate", begun, post, context, lift).await?;
        Ok(state.map(Some))
    }

    /// Finishes a call, and lifts its result with `lift`. `post` frees that.
    pub(super) async fn finish_lifted<T>(
        &mut self,
        export: &'static str,
        begun: Begun<i32>,
        post: Option<(&'static str, PostReturn)>,
        context: &mut CallContext,
        lift: impl FnOnce(&[u8], u32, &Budget) -> Result<Result<T, String>, LiftError>,
    ) -> Outcome<T> {
        let ptr = self.finish(export, begun, context).await?;
        let memory = self.memory.data(&self.store);
        let lifted = lift(memory, ptr.cast_unsigned(), &self.budget).map_err(CallError::Lift)?;
        if let Some((name, post)) = post {
            self.call(name, post, ptr, &mut context.meter).await?;
        }
        Ok(lifted)
    }
}
