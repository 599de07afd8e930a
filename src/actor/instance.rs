//! One instance of an actor's module: lower, call, lift.
//!
//! Every entry into the guest is metered and runs in slices; between slices these functions
//! return to the executor. After any error the instance is in an unknown condition and must
//! be dropped: the actor's state is not in it.

use std::{fmt, sync::Arc};

use wasmi::{
    Instance as WasmInstance, Memory, Store, StoreLimitsBuilder, TypedFunc, TypedResumableCall,
    TypedResumableCallHostTrap, WasmParams, WasmResults,
};
use wit_core::{
    Budget, Message, MessageRef, Shape,
    host::Request,
    lift::{self, Reply},
    lower::{self, Lowering},
    shape,
};

use super::{
    call_error::CallError,
    exports::{Handler, Init, PostReturn},
    fuel_cost,
    imports::{Asked, Guest, SliceSpent},
    meter::{Allowance, Meter, Overtime},
    module::Module,
    services::{Answered, Services},
    start_function,
};
use crate::{exchange::ConnectionId, limits::Limits, logger::ActorLog};

/// A running instance.
pub struct Instance {
    /// Its memory, globals and tables, and the host's data about it.
    store: Store<Guest>,
    /// The form of the interface that it speaks.
    shape: Shape,
    /// Its linear memory.
    memory: Memory,
    /// `cabi_realloc`.
    realloc: TypedFunc<(i32, i32, i32, i32), i32>,
    /// `handle-message`.
    handler: Handler,
    /// The function that frees what `handle-message` returned.
    handler_post: Option<PostReturn>,
    /// `init`.
    init: Option<Init>,
    /// The function that frees what `init` returned.
    init_post: Option<PostReturn>,
    /// What a result may come to.
    budget: Budget,
}

/// Where the guest has stopped.
#[allow(clippy::large_enum_variant, reason = "it is taken apart where it is made")]
enum Stop<R> {
    /// At its end.
    Finished(R),
    /// At a call of an import.
    Asked(Asked, TypedResumableCallHostTrap<R>),
}

/// What `handle-message` gave: the inner error is the actor's own, and no fault.
pub type Outcome<T> = Result<Result<T, String>, CallError>;

impl Instance {
    /// Makes an instance and runs its start function and `_initialize`. What can't be interrupted of
    /// that is done on the threads for what blocks if the module is known to take long there.
    ///
    /// # Errors
    /// These trapped, used up the fuel or the time, or the memory is past the limit.
    pub async fn new(
        module: &Arc<Module>,
        limits: &Limits,
        lines: Arc<ActorLog>,
        meter: &mut Meter,
    ) -> Result<Self, CallError> {
        let growth = StoreLimitsBuilder::new()
            .memory_size(limits.memory)
            .table_elements(limits.table)
            .memories(1)
            .tables(limits.tables)
            .instances(1)
            .build();
        let line = limits.log_line;
        let guest = Guest { limits: growth, lines, line, connection: None, time: None, debt: 0 };
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
        let mut this = Self::resolve(store, instance, module, limits)?;
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

    /// Looks the exports up. That they are there was checked when the module was loaded.
    fn resolve(
        store: Store<Guest>,
        instance: WasmInstance,
        module: &Module,
        limits: &Limits,
    ) -> Result<Self, CallError> {
        let shape = module.shape();
        let broken = |export| move |error| CallError::Trap { export, error };
        let memory = instance.get_memory(&store, shape::MEMORY);
        let missing = || broken(shape::MEMORY)(wasmi::Error::new("is missing"));
        let budget = Budget { state: limits.state, messages: limits.answers, bytes: limits.answer };
        Ok(Self {
            shape,
            memory: memory.ok_or_else(missing)?,
            realloc: instance
                .get_typed_func(&store, shape::REALLOC.0)
                .map_err(broken(shape::REALLOC.0))?,
            handler: Handler::of(&store, instance, shape)
                .map_err(broken(shape.handle_message()))?,
            handler_post: instance.get_typed_func(&store, shape.handle_message_post()).ok(),
            init: Init::of(&store, instance, shape),
            init_post: instance.get_typed_func(&store, shape.init_post()).ok(),
            budget,
            store,
        })
    }

    /// Calls `init`, if the module has one, with the state so far and the actor's name.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn init(
        &mut self,
        state: Option<&[u8]>,
        name: &str,
        meter: &mut Meter,
        services: &mut Services,
    ) -> Outcome<Option<Vec<u8>>> {
        let Some(init) = self.init else { return Ok(Ok(state.map(<[u8]>::to_vec))) };
        let (shape, export) = (self.shape, self.shape.init());
        let flat = self.place(lower::init(shape, state, name), meter).await?;
        let ptr = match (init, flat) {
            (Init::None(init), _) => self.serve(export, init, (), meter, services).await?,
            (Init::Five(init), [a, b, c, d, e, ..]) => {
                self.serve(export, init, (a, b, c, d, e), meter, services).await?
            }
        };
        let memory = self.memory.data(&self.store);
        let lifted = lift::init(shape, memory, ptr.cast_unsigned(), &self.budget);
        let state = lifted.map_err(CallError::Lift)?;
        if let Some(post) = self.init_post {
            self.call(shape.init_post(), post, ptr, meter).await?;
        }
        Ok(state)
    }

    /// Calls `handle-message`.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn handle_message(
        &mut self,
        message: MessageRef<'_>,
        state: Option<&[u8]>,
        meter: &mut Meter,
        services: &mut Services,
    ) -> Outcome<Reply> {
        let (shape, export) = (self.shape, self.shape.handle_message());
        let flat = self.place(lower::handle_message(shape, message, state), meter).await?;
        let [a, b, c, d, e, f, g, h, i, j, k, l] = flat;
        let ptr = match self.handler {
            Handler::Ten(handler) => {
                let flat = (a, b, c, d, e, f, g, h, i, j);
                self.serve(export, handler, flat, meter, services).await?
            }
            Handler::Eleven(handler) => {
                let flat = (a, b, c, d, e, f, g, h, i, j, k);
                self.serve(export, handler, flat, meter, services).await?
            }
            Handler::Twelve(handler) => {
                let flat = (a, b, c, d, e, f, g, h, i, j, k, l);
                self.serve(export, handler, flat, meter, services).await?
            }
        };
        let memory = self.memory.data(&self.store);
        let lifted = lift::handle_message(shape, memory, ptr.cast_unsigned(), &self.budget);
        let reply = lifted.map_err(CallError::Lift)?;
        meter.moved(reply.as_ref().map_or(0, size));
        if let Some(post) = self.handler_post {
            self.call(shape.handle_message_post(), post, ptr, meter).await?;
        }
        Ok(reply)
    }

    /// Says whose event the next call is about, for the lines that the guest logs.
    pub fn set_connection(&mut self, connection: Option<ConnectionId>) {
        self.store.data_mut().connection = connection;
    }

    /// The size of the linear memory in bytes.
    pub fn memory_size(&self) -> usize {
        self.memory.data_size(&self.store)
    }

    /// Places what the parameters point to in the guest, and gives the flat ones, with zeroes
    /// after the last.
    async fn place(
        &mut self,
        mut parameters: Lowering<'_>,
        meter: &mut Meter,
    ) -> Result<[i32; lower::MAX_FLAT], CallError> {
        while let Some(block) = parameters.next_block() {
            let ptr = self.allocate(block.len(), 1, meter).await?;
            let memory = self.memory.data_mut(&mut self.store);
            parameters.place(memory, ptr).map_err(CallError::Lower)?;
            meter.moved(block.len());
        }
        let mut flat = [0; lower::MAX_FLAT];
        let values = flat.iter_mut().zip(parameters.parameters());
        values.for_each(|(slot, value)| *slot = value.cast_signed());
        Ok(flat)
    }

    /// Has the guest make room for so many bytes.
    async fn allocate(
        &mut self,
        len: usize,
        align: u32,
        meter: &mut Meter,
    ) -> Result<u32, CallError> {
        // More than 4 GiB can't be asked for, nor placed: whoever places it says so.
        let len = u32::try_from(len).unwrap_or(u32::MAX).cast_signed();
        let parameters = (0, 0, align.cast_signed(), len);
        let ptr = self.call(shape::REALLOC.0, self.realloc, parameters, meter).await?;
        Ok(ptr.cast_unsigned())
    }

    /// Enters the guest, in slices, where it may ask the host for nothing but `log`.
    async fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        export: &'static str,
        func: TypedFunc<P, R>,
        parameters: P,
        meter: &mut Meter,
    ) -> Result<R, CallError> {
        self.fuel(export, 1, meter)?;
        let step = func.call_resumable(&mut self.store, parameters);
        match self.run(export, step, meter).await? {
            Stop::Finished(results) => Ok(results),
            Stop::Asked(asked, _) => {
                Err(CallError::Trap { export, error: wasmi::Error::new(asked.to_string()) })
            }
        }
    }

    /// Enters the guest, in slices, and does what it asks the host for.
    async fn serve<P: WasmParams>(
        &mut self,
        export: &'static str,
        func: TypedFunc<P, i32>,
        parameters: P,
        meter: &mut Meter,
        services: &mut Services,
    ) -> Result<i32, CallError> {
        self.fuel(export, 1, meter)?;
        self.store.data_mut().time = Some(services.time());
        let mut step = func.call_resumable(&mut self.store, parameters);
        loop {
            let stop = self.run(export, step, meter).await;
            // What the host calls meanwhile or afterwards is not told.
            let time = self.store.data_mut().time.take();
            let (asked, call) = match stop? {
                Stop::Finished(result) => return Ok(result),
                Stop::Asked(asked, call) => (asked, call),
            };
            self.answer(export, &asked, meter, services).await?;
            self.fuel(export, 1, meter)?;
            self.store.data_mut().time = time;
            step = call.resume(&mut self.store, &[]);
        }
    }

    /// Lets the guest run on until it has finished or asks for something.
    async fn run<R: WasmResults>(
        &mut self,
        export: &'static str,
        mut step: Result<TypedResumableCall<R>, wasmi::Error>,
        meter: &mut Meter,
    ) -> Result<Stop<R>, CallError> {
        let trap = |error| CallError::Trap { export, error };
        loop {
            meter.settle(&mut self.store).map_err(trap)?;
            step = match step.map_err(trap)? {
                TypedResumableCall::Finished(results) => return Ok(Stop::Finished(results)),
                TypedResumableCall::HostTrap(call) => {
                    // A typed call does not give its error away, only a look at it.
                    let error = call.host_error();
                    if let Some(asked) = error.downcast_ref::<Asked>() {
                        return Ok(Stop::Asked(*asked, call));
                    }
                    if error.downcast_ref::<SliceSpent>().is_none() {
                        return Err(trap(wasmi::Error::new(error.to_string())));
                    }
                    self.end_slice(export, 1, meter).await?;
                    call.resume(&mut self.store, &[])
                }
                TypedResumableCall::OutOfFuel(call) => {
                    self.end_slice(export, call.required_fuel().max(1), meter).await?;
                    call.resume(&mut self.store)
                }
            };
        }
    }

    /// Does what the guest asks for, and places the answer in its memory.
    async fn answer(
        &mut self,
        export: &'static str,
        asked: &Asked,
        meter: &mut Meter,
        services: &mut Services,
    ) -> Result<(), CallError> {
        let wrong = |what: &dyn fmt::Display| CallError::Trap {
            export,
            error: wasmi::Error::new(format!("in a call of `{}`, {what}", asked.import)),
        };
        let memory = self.memory.data(&self.store);
        let (request, pointer) = Request::lift(asked.import, memory, &asked.parameters)
            .map_err(|error| wrong(&error))?;
        meter.charge(services.cost(&request));
        let to = request.receiver();
        let mut answered = services.answer(&request).map_err(|error| wrong(&error))?;
        let mut has_rested = false;
        while answered.is_full() {
            // Not before its connection has had a chance to write what waits.
            if std::mem::replace(&mut has_rested, true) && !services.is_draining(to) {
                break;
            }
            meter.yield_now().await;
            let memory = self.memory.data(&self.store);
            let (request, _) = Request::lift(asked.import, memory, &asked.parameters)
                .map_err(|error| wrong(&error))?;
            answered = services.answer(&request).map_err(|error| wrong(&error))?;
        }
        let given = match answered {
            Answered::Now(given) => given,
            Answered::Later(request) => {
                meter.wait();
                services.file(request).await
            }
        };
        let given = given.of(asked.import).map_err(|error| wrong(&error))?;
        services.note(&given);
        meter.charge(fuel_cost::of_answer(given.bytes()));
        meter.yield_if_due().await.map_err(|Overtime| overtime(export, meter))?;
        let mut result = given.lower(pointer);
        while let Some((len, align)) = result.next_block() {
            let ptr = self.allocate(len, align, meter).await?;
            let memory = self.memory.data_mut(&mut self.store);
            result.place(memory, ptr).map_err(CallError::Lower)?;
            meter.charge(fuel_cost::of_block());
            meter.yield_if_due().await.map_err(|Overtime| overtime(export, meter))?;
        }
        result.finish(self.memory.data_mut(&mut self.store)).map_err(CallError::Lower)
    }

    /// Ends a slice, and begins the next one, of which one step needs at least `needed`.
    async fn end_slice(
        &mut self,
        export: &'static str,
        needed: u64,
        meter: &mut Meter,
    ) -> Result<(), CallError> {
        meter.end_slice().await.map_err(|Overtime| overtime(export, meter))?;
        self.fuel(export, needed, meter)
    }

    /// Gives the store fuel for the next slice, of which one step needs at least `needed`.
    fn fuel(
        &mut self,
        export: &'static str,
        needed: u64,
        meter: &mut Meter,
    ) -> Result<(), CallError> {
        let given = meter.give(&mut self.store, needed);
        match given.map_err(|error| CallError::Trap { export, error })? {
            Allowance::Given => Ok(()),
            Allowance::Spent => Err(CallError::OutOfFuel { export, limit: meter.limit() }),
            Allowance::TooMuch { most } => Err(CallError::TooMuchAtOnce { export, needed, most }),
        }
    }
}

/// What is said of an event that has computed for too long.
fn overtime(export: &'static str, meter: &Meter) -> CallError {
    CallError::OutOfTime { export, limit: meter.time(), fuel: meter.spent() }
}

/// How many bytes a reply has.
fn size(reply: &Reply) -> usize {
    let message = |message: &Message| {
        let data = message.data.as_ref().map_or(0, Vec::len);
        data + message.text.as_ref().map_or(0, String::len)
    };
    let state = reply.state.as_ref().map_or(0, Vec::len);
    state + reply.messages.iter().map(message).sum::<usize>()
}
