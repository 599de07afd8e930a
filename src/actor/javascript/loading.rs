//! Gives a script to the engine, in an instance that has no other use.
//!
//! The engine runs the script's top level, which may compute for `limits.time` and have `limits.memory`. It
//! calls no import: there is no event yet.

use std::{thread, time::Duration};

use wasmi::{
    Error, Func, Instance, Linker, Memory, Store, TypedResumableCall, WasmParams, WasmResults,
};
use wit_core::shape;

use super::{
    image::Image,
    outcome::{self, Info},
};
use crate::{
    actor::{imports::Growth, meter::processor_time, translated::Translated},
    executor::STACK,
    limits::Limits,
    script::{ScriptError, Sources},
};

/// The export that takes a script.
const LOAD: &str = "footlight:script/load@0.1.0#load";
/// What frees its result.
const LOAD_POST: &str = "cabi_post_footlight:script/load@0.1.0#load";
/// The bytes of a file in the list of files: a path and a content, each with its address and its length.
const FILE: u32 = 16;

/// Has the engine load a script. Returns what it says, and its memory.
///
/// # Errors
/// See [`ScriptError`].
pub(super) fn load(
    engine: &Translated,
    sources: &Sources,
    limits: &Limits,
) -> Result<(Info, Image), ScriptError> {
    // The interpreter needs a stack of a known size.
    let thread = thread::Builder::new().name("footlight-load".into()).stack_size(STACK);
    thread::scope(|scope| {
        let work = || Loading::new(engine, limits)?.run(sources);
        let thread = thread.spawn_scoped(scope, work).map_err(ScriptError::Io)?;
        thread.join().unwrap_or_else(|_| Err(ScriptError::Engine("the host panicked".into())))
    })
}

/// An instance of the engine that loads a script.
struct Loading<'l> {
    store: Store<Growth>,
    instance: Instance,
    memory: Memory,
    /// The size of its stack in bytes.
    stack: usize,
    limits: &'l Limits,
    /// The processor time of this thread at the beginning.
    began: Duration,
    /// The fuel that is left.
    fuel: u64,
}

impl<'l> Loading<'l> {
    fn new(engine: &Translated, limits: &'l Limits) -> Result<Self, ScriptError> {
        let mut store = Store::new(engine.module.engine(), Growth::new(limits));
        store.limiter(|growth| growth);
        let mut linker = Linker::new(engine.module.engine());
        for import in engine.module.imports() {
            let Some(ty) = import.ty().func() else { continue };
            let name = format!("`{}.{}` was called", import.module(), import.name());
            let refuse = move |_: wasmi::Caller<'_, Growth>, _: &[_], _: &mut [_]| {
                Err(Error::new(name.clone()))
            };
            let refuse = Func::new(&mut store, ty.clone(), refuse);
            let defined = linker.define(import.module(), import.name(), refuse);
            defined.map_err(|error| ScriptError::Engine(error.to_string()))?;
        }
        let instance = linker.instantiate_and_start(&mut store, &engine.module).map_err(failed)?;
        let memory = instance.get_memory(&store, shape::MEMORY);
        let memory = memory.ok_or_else(|| failed(Error::new("it has no memory")))?;
        let (began, fuel) = (processor_time(), limits.fuel.unwrap_or(u64::MAX));
        let stack = engine.stack.and_then(|stack| usize::try_from(stack).ok()).unwrap_or_default();
        Ok(Self { store, instance, memory, stack, limits, began, fuel })
    }

    fn run(mut self, sources: &Sources) -> Result<(Info, Image), ScriptError> {
        let fresh = self.memory.data(&self.store).get(self.stack..).unwrap_or_default().to_vec();
        let count = u32::try_from(sources.files.len()).unwrap_or(u32::MAX);
        let list = self.room(count.saturating_mul(FILE), 4)?;
        let mut words = Vec::new();
        for (path, content) in &sources.files {
            for bytes in [path.as_bytes(), content] {
                let (at, len) = self.place(bytes)?;
                words.extend([at.to_le_bytes(), len.to_le_bytes()].concat());
            }
        }
        self.write(list, &words)?;
        let main = sources.files.first().map_or("", |(main, _)| main);
        let (main, len) = self.place(main.as_bytes())?;
        let at: u32 = self.call(LOAD, (list, count, main, len))?;
        let outcome = outcome::read(self.memory.data(&self.store), at);
        let info = outcome.ok_or_else(|| ScriptError::Engine("its answer is invalid".into()))?;
        let info = info.map_err(|refused| ScriptError::Refused(Box::new(refused)))?;
        self.call::<_, ()>(LOAD_POST, at)?;
        Ok((info, Image::of(self.memory.data(&self.store), &fresh, self.stack)))
    }

    /// Copies bytes into the engine's memory. Returns their address and their length.
    fn place(&mut self, bytes: &[u8]) -> Result<(u32, u32), ScriptError> {
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let at = self.room(len, 1)?;
        self.write(at, bytes)?;
        Ok((at, len))
    }

    /// Has the engine make room. An empty one is anywhere.
    fn room(&mut self, len: u32, align: u32) -> Result<u32, ScriptError> {
        if len == 0 { Ok(align) } else { self.call(shape::REALLOC.0, (0_u32, 0_u32, align, len)) }
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), ScriptError> {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        let written = self.memory.write(&mut self.store, at, bytes);
        written.map_err(|error| ScriptError::Engine(error.to_string()))
    }

    /// Calls an export, in slices: the interpreter takes native stack until a slice ends.
    fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        export: &str,
        parameters: P,
    ) -> Result<R, ScriptError> {
        let function = self.instance.get_typed_func::<P, R>(&self.store, export).map_err(failed)?;
        self.begin_slice(1)?;
        let mut step = function.call_resumable(&mut self.store, parameters);
        loop {
            let left = self.store.get_fuel().map_err(failed)?;
            self.fuel = self.fuel.saturating_add(left);
            match step.map_err(failed)? {
                TypedResumableCall::Finished(results) => return Ok(results),
                TypedResumableCall::HostTrap(call) => {
                    return Err(ScriptError::Engine(call.host_error().to_string()));
                }
                TypedResumableCall::OutOfFuel(call) => {
                    if processor_time().saturating_sub(self.began) > self.limits.time {
                        return Err(ScriptError::Time(self.limits.time));
                    }
                    self.begin_slice(call.required_fuel())?;
                    step = call.resume(&mut self.store);
                }
            }
        }
    }

    /// Gives the engine the fuel of a slice, of which one step needs this much.
    fn begin_slice(&mut self, needed: u64) -> Result<(), ScriptError> {
        let slice = self.limits.slice.max(needed).min(self.fuel);
        if slice < needed {
            return Err(ScriptError::Fuel(self.limits.fuel.unwrap_or(u64::MAX)));
        }
        self.fuel -= slice;
        self.store.set_fuel(slice).map_err(failed)
    }
}

/// The engine has failed.
fn failed(error: Error) -> ScriptError {
    ScriptError::Engine(error.to_string())
}
