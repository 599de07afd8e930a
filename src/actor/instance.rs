//! One instance of an actor's module: lower, call, lift.
//!
//! Every entry into the guest is metered and runs in slices; between slices these functions
//! return to the executor. After any error the instance is in an unknown condition and must
//! be dropped: the actor's state is not in it.

use std::{fmt, sync::Arc};

use wasmi::{
    Func, Instance as WasmInstance, Memory, ResumableCall, Store, StoreLimitsBuilder, Val,
};
use wit_core::{
    Budget, LiftError, LowerError, MessageRef, Shape,
    lift::{self, Reply},
    lower::{self, Lowering},
    shape,
};

use super::{
    imports::Guest,
    meter::{MOST_AT_ONCE, Meter},
    module::Module,
    start,
};
use crate::{
    exchange::{ConnectionId, Lines},
    manifest::Limits,
};

/// A running instance.
pub struct Instance {
    /// Its memory, globals and tables, and the host's data about it.
    store: Store<Guest>,
    /// The form of the interface that it speaks.
    shape: Shape,
    /// Its linear memory.
    memory: Memory,
    /// `cabi_realloc`.
    realloc: Func,
    /// `handle-message`.
    handler: Function,
    /// `init`.
    init: Option<Function>,
    /// What a result may come to.
    budget: Budget,
}

/// An exported function and the one that frees its result.
#[derive(Clone, Copy)]
struct Function {
    /// The function.
    call: Func,
    /// Its `cabi_post_…`.
    post: Option<Func>,
}

/// Why a call had no result. In all of these the state stays as it was.
#[derive(Debug)]
#[non_exhaustive]
pub enum CallError {
    /// The guest trapped, or a call from it into the host was refused.
    Trap {
        /// In which export.
        export: &'static str,
        /// What wasmi says.
        error: wasmi::Error,
    },
    /// The event's fuel is spent, or one step needed more than [`MOST_AT_ONCE`].
    OutOfFuel {
        /// In which export.
        export: &'static str,
        /// The fuel that the event had.
        limit: u64,
    },
    /// `cabi_realloc` gave a place outside the memory.
    Lower(LowerError),
    /// The result is no valid value, or past a limit.
    Lift(LiftError),
}

/// What `handle-message` gave: the inner error is the actor's own, and no fault.
pub type Outcome<T> = Result<Result<T, String>, CallError>;

impl Instance {
    /// Makes an instance and runs its start function and `_initialize`.
    ///
    /// # Errors
    /// These trapped, used up the fuel, or the memory is past the limit.
    pub async fn new(
        module: &Module,
        limits: &Limits,
        lines: Arc<Lines>,
        meter: &mut Meter,
    ) -> Result<Self, CallError> {
        let growth = StoreLimitsBuilder::new()
            .memory_size(limits.memory)
            .table_elements(limits.table)
            .memories(1)
            .tables(limits.tables)
            .instances(1)
            .build();
        let guest = Guest { limits: growth, lines, line: limits.log_line, connection: None };
        let mut store = Store::new(module.module.engine(), guest);
        store.limiter(|guest| &mut guest.limits);
        let trap = |error| CallError::Trap { export: "the instantiation", error };
        // Data and element segments are copied here, which is charged as bulk instructions are.
        // The start function does not run: see `start`.
        meter.give(&mut store, MOST_AT_ONCE.min(meter.limit())).map_err(trap)?;
        let instance = module.linker.instantiate_and_start(&mut store, &module.module);
        meter.settle(&store).map_err(trap)?;
        let instance = instance.map_err(trap)?;
        let mut this = Self::resolve(store, instance, module, limits)?;
        for (export, name) in
            [(start::EXPORT, "the start function"), (shape::INITIALIZE.0, shape::INITIALIZE.0)]
        {
            if let Some(function) = instance.get_func(&this.store, export) {
                this.call(name, function, &[], &mut [], meter).await?;
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
        let missing = |export| CallError::Trap { export, error: wasmi::Error::new("is missing") };
        let func = |name| instance.get_func(&store, name);
        let function = |name, post| func(name).map(|call| Function { call, post: func(post) });
        let handler = function(shape.handle_message(), shape.handle_message_post());
        let budget = Budget { state: limits.state, messages: limits.answers, bytes: limits.answer };
        Ok(Self {
            shape,
            memory: instance.get_memory(&store, shape::MEMORY).ok_or(missing(shape::MEMORY))?,
            realloc: func(shape::REALLOC.0).ok_or(missing(shape::REALLOC.0))?,
            handler: handler.ok_or(missing(shape.handle_message()))?,
            init: function(shape.init(), shape.init_post()),
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
    ) -> Outcome<Option<Vec<u8>>> {
        let Some(init) = self.init else { return Ok(Ok(state.map(<[u8]>::to_vec))) };
        let parameters = lower::init(self.shape, state, name);
        let ptr = self.enter(self.shape.init(), init, parameters, meter).await?;
        let memory = self.memory.data(&self.store);
        let state = lift::init(self.shape, memory, ptr, &self.budget).map_err(CallError::Lift)?;
        self.free(self.shape.init_post(), init, ptr, meter).await?;
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
    ) -> Outcome<Reply> {
        let (shape, handler) = (self.shape, self.handler);
        let parameters = lower::handle_message(shape, message, state);
        let ptr = self.enter(shape.handle_message(), handler, parameters, meter).await?;
        let memory = self.memory.data(&self.store);
        let reply = lift::handle_message(shape, memory, ptr, &self.budget);
        let reply = reply.map_err(CallError::Lift)?;
        self.free(shape.handle_message_post(), handler, ptr, meter).await?;
        Ok(reply)
    }

    /// Says whose event the next call is about, for the lines that the guest logs.
    pub fn set_connection(&mut self, connection: ConnectionId) {
        self.store.data_mut().connection = Some(connection);
    }

    /// The size of the linear memory in bytes.
    pub fn memory_size(&self) -> usize {
        self.memory.data_size(&self.store)
    }

    /// Places the parameters in the guest and calls the function.
    async fn enter(
        &mut self,
        export: &'static str,
        function: Function,
        mut parameters: Lowering<'_>,
        meter: &mut Meter,
    ) -> Result<u32, CallError> {
        while let Some(block) = parameters.next_block() {
            // More than 4 GiB can't be asked for, nor placed: `place` says so.
            let len = u32::try_from(block.len()).unwrap_or(u32::MAX);
            let request = [0, 0, 1, len].map(value);
            let mut ptr = [Val::I32(0)];
            self.call(shape::REALLOC.0, self.realloc, &request, &mut ptr, meter).await?;
            let memory = self.memory.data_mut(&mut self.store);
            parameters.place(memory, pointer(&ptr)).map_err(CallError::Lower)?;
        }
        let flat = parameters.parameters();
        let mut values = [const { Val::I32(0) }; lower::MOST];
        values.iter_mut().zip(flat).for_each(|(slot, flat)| *slot = value(*flat));
        let mut ptr = [Val::I32(0)];
        let values = values.get(..flat.len()).unwrap_or_default();
        self.call(export, function.call, values, &mut ptr, meter).await?;
        Ok(pointer(&ptr))
    }

    /// Lets the guest free what the function returned, now that it has been lifted.
    async fn free(
        &mut self,
        export: &'static str,
        function: Function,
        ptr: u32,
        meter: &mut Meter,
    ) -> Result<(), CallError> {
        let Some(post) = function.post else { return Ok(()) };
        self.call(export, post, &[value(ptr)], &mut [], meter).await
    }

    /// Enters the guest, in slices.
    async fn call(
        &mut self,
        export: &'static str,
        func: Func,
        parameters: &[Val],
        results: &mut [Val],
        meter: &mut Meter,
    ) -> Result<(), CallError> {
        let trap = |error| CallError::Trap { export, error };
        let mut needed = 1;
        let mut paused = None;
        loop {
            if !meter.give(&mut self.store, needed).map_err(trap)? {
                return Err(CallError::OutOfFuel { export, limit: meter.limit() });
            }
            let step = match paused.take() {
                None => func.call_resumable(&mut self.store, parameters, results),
                Some(paused) => resume(paused, &mut self.store, results),
            };
            meter.settle(&self.store).map_err(trap)?;
            match step.map_err(trap)? {
                ResumableCall::Finished => return Ok(()),
                ResumableCall::HostTrap(call) => return Err(trap(call.into_host_error())),
                ResumableCall::OutOfFuel(call) => {
                    needed = call.required_fuel().max(1);
                    paused = Some(call);
                    meter.pause().await;
                }
            }
        }
    }
}

/// Goes on with a call that has new fuel.
fn resume(
    call: wasmi::ResumableCallOutOfFuel,
    store: &mut Store<Guest>,
    results: &mut [Val],
) -> Result<ResumableCall, wasmi::Error> {
    call.resume(store, results)
}

/// A flat value: the bits of a `u32` as an `i32`.
fn value(bits: u32) -> Val {
    Val::I32(bits.cast_signed())
}

/// A pointer that the guest returned.
fn pointer(values: &[Val; 1]) -> u32 {
    let [value] = values;
    value.i32().map_or(0, i32::cast_unsigned)
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trap { export, error } => write!(f, "it trapped in {export}: {error}"),
            Self::OutOfFuel { export, limit } => write!(
                f,
                "it spent its {limit} units of fuel in {export}; make it do less for each \
                 message, or raise `limits.fuel`"
            ),
            Self::Lower(error) => error.fmt(f),
            Self::Lift(error) => write!(f, "its result is not valid: {error}"),
        }
    }
}

impl std::error::Error for CallError {}
