//! The entry into a guest. Every call is metered and runs in slices. At the end of a turn it yields
//! to the executor.

use wasmi::{TypedFunc, TypedResumableCall, TypedResumableCallHostTrap, WasmParams, WasmResults};
use wit_core::shape;

use super::{
    call_context::CallContext,
    call_error::CallError,
    exports::Step,
    imports::{ImportCall, SliceSpent},
    instance::Instance,
    meter::{Allowance, Meter, Overtime},
};

/// Where a call is after its first slice. Most calls are finished then. What is kept of the others is
/// large, so it is boxed, and no other call has to move as much.
pub(super) enum Begun<R> {
    Finished(R),
    Interrupted(Box<Step<R>>),
}

/// Where the guest stopped.
#[allow(clippy::large_enum_variant, reason = "it is taken apart where it is made")]
enum Stop<R> {
    Finished(R),
    /// The guest called a suspending import. The call resumes with the import's result.
    Import(ImportCall, TypedResumableCallHostTrap<R>),
}

impl Instance {
    /// Calls a function of the guest that may use immediate imports only.
    pub(super) async fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        export: &'static str,
        func: TypedFunc<P, R>,
        parameters: P,
        meter: &mut Meter,
    ) -> Result<R, CallError> {
        match self.run_slice(export, func, parameters, meter)? {
            Begun::Finished(results) => Ok(results),
            Begun::Interrupted(step) => {
                Box::pin(self.go_on_without_imports(export, step, meter)).await
            }
        }
    }

    /// Goes on with a call that its first slice did not finish, and that may use immediate imports only.
    pub(super) async fn go_on_without_imports<R: WasmResults>(
        &mut self,
        export: &'static str,
        step: Box<Step<R>>,
        meter: &mut Meter,
    ) -> Result<R, CallError> {
        match self.resume(export, step, meter).await? {
            Stop::Finished(results) => Ok(results),
            Stop::Import(import, _) => {
                Err(CallError::Trap { export, error: wasmi::Error::new(import.to_string()) })
            }
        }
    }

    /// Begins a call of a function of the guest that may use all imports that the manifest grants:
    /// runs its first slice. Only this depends on the function's parameters.
    pub(super) fn begin<P: WasmParams>(
        &mut self,
        export: &'static str,
        func: TypedFunc<P, i32>,
        parameters: P,
        context: &mut CallContext,
    ) -> Result<Begun<i32>, CallError> {
        self.store.data_mut().time = Some(context.host.time());
        self.run_slice(export, func, parameters, &mut context.meter)
    }

    /// Goes on with a call that has begun, to its end.
    pub(super) async fn finish(
        &mut self,
        export: &'static str,
        begun: Begun<i32>,
        context: &mut CallContext,
    ) -> Result<i32, CallError> {
        let result = match begun {
            Begun::Finished(result) => result,
            Begun::Interrupted(step) => Box::pin(self.go_on(export, step, context)).await?,
        };
        self.end();
        Ok(result)
    }

    /// Ends a call that has begun.
    pub(super) fn end(&mut self) {
        let guest = self.store.data_mut();
        guest.time = None;
        guest.end_lines();
    }

    /// Goes on with a call that its first slice did not finish.
    async fn go_on(
        &mut self,
        export: &'static str,
        mut step: Box<Step<i32>>,
        context: &mut CallContext,
    ) -> Result<i32, CallError> {
        loop {
            let stop = self.resume(export, step, &mut context.meter).await;
            // Only functions that are begun like this may read the time.
            let time = self.store.data_mut().time.take();
            let (import, call) = match stop? {
                Stop::Finished(result) => return Ok(result),
                Stop::Import(import, call) => (import, call),
            };
            self.answer(export, &import, context).await?;
            self.give_fuel(export, 1, &mut context.meter)?;
            self.store.data_mut().time = time;
            step = Box::new(call.resume(&mut self.store, &[]));
            self.settle(export, &mut context.meter)?;
        }
    }

    /// Runs the first slice of a call.
    pub(super) fn run_slice<P: WasmParams, R: WasmResults>(
        &mut self,
        export: &'static str,
        func: TypedFunc<P, R>,
        parameters: P,
        meter: &mut Meter,
    ) -> Result<Begun<R>, CallError> {
        self.give_fuel(export, 1, meter)?;
        let step = func.call_resumable(&mut self.store, parameters);
        self.settle(export, meter)?;
        Ok(match step {
            Ok(TypedResumableCall::Finished(results)) => Begun::Finished(results),
            step => Begun::Interrupted(Box::new(step)),
        })
    }

    /// Counts what a slice has spent.
    fn settle(&mut self, export: &'static str, meter: &mut Meter) -> Result<(), CallError> {
        meter.settle(&mut self.store).map_err(|error| CallError::Trap { export, error })
    }

    /// Resumes an interrupted call, after its slice has been settled.
    async fn resume<R: WasmResults>(
        &mut self,
        export: &'static str,
        mut step: Box<Step<R>>,
        meter: &mut Meter,
    ) -> Result<Stop<R>, CallError> {
        let trap = |error| CallError::Trap { export, error };
        loop {
            *step = match (*step).map_err(trap)? {
                TypedResumableCall::Finished(results) => return Ok(Stop::Finished(results)),
                TypedResumableCall::HostTrap(call) => {
                    // A typed call only lends its error, so the import is copied.
                    let error = call.host_error();
                    if let Some(import) = error.downcast_ref::<ImportCall>() {
                        return Ok(Stop::Import(*import, call));
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
            self.settle(export, meter)?;
        }
    }

    /// Allocates `len` bytes in the guest with `cabi_realloc`.
    pub(super) async fn allocate(
        &mut self,
        len: usize,
        align: u32,
        meter: &mut Meter,
    ) -> Result<u32, CallError> {
        let parameters = (0, 0, align.cast_signed(), flat_len(len));
        let ptr = self.call(shape::REALLOC.0, self.realloc, parameters, meter).await?;
        Ok(ptr.cast_unsigned())
    }

    /// Ends a slice and begins the next one. A single step in it needs `needed` units or more.
    async fn end_slice(
        &mut self,
        export: &'static str,
        needed: u64,
        meter: &mut Meter,
    ) -> Result<(), CallError> {
        meter.end_slice().await.map_err(|Overtime| overtime(export, meter))?;
        self.give_fuel(export, needed, meter)
    }

    /// Gives the store the fuel of the next slice, and at least `needed` units for a single step.
    fn give_fuel(
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

/// A block's length as a parameter. No guest can provide more than 4 GiB. The check of the returned block
/// then fails.
pub(super) fn flat_len(len: usize) -> i32 {
    u32::try_from(len).unwrap_or(u32::MAX).cast_signed()
}

/// The error for an event that has computed for longer than `limits.time`.
pub(super) fn overtime(export: &'static str, meter: &Meter) -> CallError {
    CallError::OutOfTime { export, limit: meter.time(), fuel: meter.spent() }
}
