//! One instance of an actor's module: lower, call, lift.
//!
//! Every entry into the guest is metered and runs in slices: see [`entry`](super::entry). After an
//! error the instance's state is unknown, so it must be dropped. The actor's state is kept outside.

use std::sync::Arc;

use wasmi::{Instance as WasmInstance, Memory, Store, TypedFunc};
use wit_core::{
    Budget, HttpRequest, Message, MessageRef, Names, Shape,
    lift::{self, HttpReply, Reply},
    lower, migrate, shape,
};

use super::{
    call_context::CallContext,
    call_error::CallError,
    entry::Begun,
    exports::{HandleMessage, HandleRequest, Init, Migrate, PostReturn},
    imports::{Ambient, Growth, Guest},
    meter::Meter,
    module::Module,
    pair::Pair,
    response, start_function,
};
use crate::{exchange::ConnectionId, limits::Limits};

/// A running instance. It is boxed, because it is large and moves at each event.
pub struct Instance {
    /// All that wasmi keeps of the instance, with the host's data about it.
    pub(super) store: Store<Guest>,
    /// Says how to lower and lift.
    pub(super) shape: Shape,
    /// Says what the exports are called.
    pub(super) names: Names,
    /// Where parameters are written and results are read.
    pub(super) memory: Memory,
    /// The guest's allocator: it makes room for each parameter.
    pub(super) realloc: TypedFunc<(i32, i32, i32, i32), i32>,
    /// Calls it twice.
    pub(super) pair: Pair,
    /// What it returns for a block without bytes, if that is no memory: null, or the alignment, as
    /// most tools' allocators do. It is not called for such a block again.
    pub(super) nothing: Option<u32>,
    /// Handles messages. `None` if the module does not export it.
    handler: Option<HandleMessage>,
    /// Frees what the handler returned. `None` if the module does not export it.
    handler_post: Option<PostReturn>,
    /// Answers HTTP requests. `None` if the module does not export it.
    request_handler: Option<HandleRequest>,
    /// Frees what it returned.
    request_post: Option<PostReturn>,
    /// Makes the first state. `None` if the module does not export it.
    pub(super) init: Option<Init>,
    /// Frees what `init` returned.
    pub(super) init_post: Option<PostReturn>,
    /// Converts an older version's state. `None` if the module does not export it.
    pub(super) migrate: Option<Migrate>,
    /// Frees what `migrate` returned.
    pub(super) migrate_post: Option<PostReturn>,
    /// What a result may have: it bounds what a guest makes the host copy.
    pub(super) budget: Budget,
    /// The most bytes of a reply to another actor.
    pub(super) longest_reply: usize,
    /// The size of its stack in bytes, if the module tells it.
    pub(super) stack: Option<u32>,
    /// Has the export that tells how much of the stack is used.
    pub(super) instance: WasmInstance,
    /// The same for a response.
    response_budget: Budget,
}

/// The result of a call. The inner error comes from the actor itself: its author planned for it.
pub type Outcome<T> = Result<Result<T, String>, CallError>;

impl Instance {
    /// Makes an instance and runs its start function and `_initialize`. wasmi's instantiation can't
    /// be interrupted. If the module is slow at it, it runs on the threads for blocking work.
    ///
    /// # Errors
    /// One of these functions trapped or used up the fuel or the time, or the memory exceeds its
    /// limit.
    pub async fn new(
        module: &Arc<Module>,
        limits: &Limits,
        ambient: Ambient,
        meter: &mut Meter,
    ) -> Result<Box<Self>, CallError> {
        let guest = Guest {
            limits: Growth::new(limits),
            ambient,
            line: limits.log_line,
            said: Vec::new(),
            connection: None,
            time: None,
            debt: 0,
            process: None,
        };
        meter.wait();
        let (store, instance) = if module.is_slow() {
            let module = module.clone();
            smol::unblock(move || module.instantiate(guest)).await
        } else {
            let made = module.instantiate(guest);
            meter.yield_now().await;
            made
        }
        .map_err(|error| CallError::Trap { export: "the instantiation", error })?;
        let mut this = Box::new(Self::resolve(store, instance, module, limits)?);
        if module.script().is_some() {
            // Its memory is as after all that comes before an event.
            return Ok(this);
        }
        for (export, name) in [
            (start_function::EXPORT, "the start function"),
            (shape::INITIALIZE.0, shape::INITIALIZE.0),
        ] {
            if let Ok(function) = instance.get_typed_func::<(), ()>(&this.store, export) {
                this.call(name, function, (), meter).await?;
            }
        }
        Ok(this)
    }

    /// Looks up the exports. The module was checked for them when it was loaded.
    fn resolve(
        mut store: Store<Guest>,
        instance: WasmInstance,
        module: &Module,
        limits: &Limits,
    ) -> Result<Self, CallError> {
        let (shape, names) = (module.shape(), module.report().names);
        let pair = module
            .pair(&mut store, instance)
            .map_err(|error| CallError::Trap { export: shape::REALLOC.0, error })?;
        let post = |full| instance.get_typed_func(&store, names.of(full)).ok();
        let broken = |export| move |error| CallError::Trap { export, error };
        let memory = instance.get_memory(&store, shape::MEMORY);
        let missing = || broken(shape::MEMORY)(wasmi::Error::new("is missing"));
        let budget = Budget { state: limits.state, messages: limits.answers, bytes: limits.answer };
        let (messages, bytes) = (response::MAX_FIELDS, limits.response);
        let response_budget = Budget { messages, bytes, ..budget };
        Ok(Self {
            shape,
            names,
            memory: memory.ok_or_else(missing)?,
            realloc: instance
                .get_typed_func(&store, shape::REALLOC.0)
                .map_err(broken(shape::REALLOC.0))?,
            pair,
            nothing: None,
            handler: HandleMessage::of(&store, instance, (shape, names)),
            handler_post: post(shape.handle_message_post()),
            request_handler: HandleRequest::of(&store, instance, (shape, names)),
            request_post: post(shape.handle_request_post()),
            init: Init::of(&store, instance, (shape, names)),
            init_post: post(shape.init_post()),
            migrate: (module.report().migrates)
                .then(|| instance.get_typed_func(&store, names.of(migrate::MIGRATE.0)).ok())
                .flatten(),
            migrate_post: post(migrate::MIGRATE_POST),
            budget,
            longest_reply: limits.reply,
            stack: module.stack(),
            instance,
            response_budget,
            store,
        })
    }

    /// Calls `handle-message`.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn handle_message(
        &mut self,
        message: MessageRef<'_>,
        state: Option<&[u8]>,
        context: &mut CallContext,
    ) -> Outcome<Reply> {
        let (shape, export) = (self.shape, self.names.of(self.shape.handle_message()));
        let handler = self.handler.ok_or_else(|| missing(export))?;
        let mut parameters = lower::handle_message(shape, message, state);
        let flat = self.place(&mut parameters, &mut context.meter).await?;
        let [a, b, c, d, e, f, g, h, i, j, k, l] = flat;
        let begun = match handler {
            HandleMessage::Ten(handler) => {
                self.begin(export, handler, (a, b, c, d, e, f, g, h, i, j), context)
            }
            HandleMessage::Eleven(handler) => {
                self.begin(export, handler, (a, b, c, d, e, f, g, h, i, j, k), context)
            }
            HandleMessage::Twelve(handler) => {
                self.begin(export, handler, (a, b, c, d, e, f, g, h, i, j, k, l), context)
            }
        };
        let ptr = match begun? {
            Begun::Finished(ptr) => {
                self.end();
                ptr
            }
            begun => self.finish(export, begun, context).await?,
        };
        let memory = self.memory.data(&self.store);
        let lifted = lift::handle_message(shape, memory, ptr.cast_unsigned(), &self.budget);
        let reply = lifted.map_err(CallError::Lift)?;
        context.meter.moved(reply.as_ref().map_or(0, size));
        if let Some(post) = self.handler_post {
            let (name, meter) = (self.names.of(shape.handle_message_post()), &mut context.meter);
            if let Begun::Interrupted(step) = self.run_slice(name, post, ptr, meter)? {
                Box::pin(self.go_on_without_imports(name, step, meter)).await?;
            }
        }
        Ok(reply)
    }

    /// Begins a call for an event of this connection, which the lines of the guest's log name.
    pub fn begin_for(&mut self, connection: Option<ConnectionId>) {
        self.store.data_mut().begin(connection);
    }

    /// Calls `handle-request`.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn handle_request(
        &mut self,
        request: &HttpRequest,
        state: Option<&[u8]>,
        context: &mut CallContext,
    ) -> Outcome<HttpReply> {
        let (shape, export) = (self.shape, self.names.of(self.shape.handle_request()));
        let handler = self.request_handler.ok_or_else(|| missing(export))?;
        let mut parameters = lower::handle_request(shape, request, state);
        let flat = self.place_request(&mut parameters, &mut context.meter).await?;
        let [a, b, c, d, e, f, g, h, i, j, k, l] = flat;
        let begun = match handler {
            HandleRequest::Eleven(handler) => {
                self.begin(export, handler, (a, b, c, d, e, f, g, h, i, j, k), context)
            }
            HandleRequest::Twelve(handler) => {
                self.begin(export, handler, (a, b, c, d, e, f, g, h, i, j, k, l), context)
            }
        };
        let ptr = self.finish(export, begun?, context).await?;
        let memory = self.memory.data(&self.store);
        let budget = &self.response_budget;
        let lifted = lift::handle_request(shape, memory, ptr.cast_unsigned(), budget);
        let reply = lifted.map_err(CallError::Lift)?;
        context.meter.moved(reply.as_ref().map_or(0, |reply| {
            let state = reply.state.as_ref().map_or(0, Vec::len);
            state.saturating_add(response::cost(&reply.response))
        }));
        if let Some(post) = self.request_post {
            let name = self.names.of(shape.handle_request_post());
            self.call(name, post, ptr, &mut context.meter).await?;
        }
        Ok(reply)
    }

    /// The size of the linear memory in bytes.
    pub fn memory_size(&self) -> usize {
        self.memory.data_size(&self.store)
    }
}

/// The error for a handler that the module does not export. The host finds that out when it loads
/// the module, so this is not reached.
fn missing(export: &'static str) -> CallError {
    CallError::Trap { export, error: wasmi::Error::new("there is no such export") }
}

/// The bytes of a reply.
fn size(reply: &Reply) -> usize {
    let message = |message: &Message| {
        let data = message.data.as_ref().map_or(0, Vec::len);
        data + message.text.as_ref().map_or(0, String::len)
    };
    let state = reply.state.as_ref().map_or(0, Vec::len);
    state + reply.messages.iter().map(message).sum::<usize>()
}
