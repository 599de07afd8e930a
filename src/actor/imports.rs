//! What a guest may import: `log` and `clock.now`, which are done at once, and the other functions
//! of `footlight:host`, at which the guest is suspended.
//!
//! Such a function may need the guest's allocator, which is an entry into the guest like any
//! other, or a file, which takes its time. So the call ends with [`ImportCall`] as if the function had
//! failed; `instance` does what is asked for and lets the guest go on.
//!
//! None of them has a core result, and that must stay so: wasmi 2.0 puts the result that it is
//! resumed with in the wrong place if the function was called by a tail call, over any value of the
//! caller's, functions included. So `clock.now`, which has one, is never suspended at.

use std::{collections::BTreeSet, fmt, sync::Arc};

use wasmi::{
    Caller, Extern, ExternType, FuncType, Linker, StoreLimits, Val, ValType, errors::HostError,
};
use wit_core::{
    Shape,
    host::{Flat, FunctionType, Import, Interface},
    lift, shape,
};

use super::{
    fuel_cost,
    inspect::{Item, Verdict, describe, shown, signature},
};
use crate::{config::Capability, exchange::ConnectionId, logger::ActorLog, world::World};

/// What belongs to one instance on the host's side.
pub struct Guest {
    /// How far its memory and tables may grow.
    pub limits: StoreLimits,
    /// Where its lines go.
    pub lines: Arc<ActorLog>,
    /// The most bytes of one line: `limits.log_line`.
    pub line: usize,
    /// Whose event is being handled.
    pub connection: Option<ConnectionId>,
    /// The call's time, where the guest may ask for it.
    pub time: Option<Time>,
    /// What imports that are done at once have cost beyond what the slice had left.
    pub debt: u64,
}

/// The time of a call: that at which it is first asked for.
pub struct Time {
    /// What tells it.
    world: World,
    /// In milliseconds since 1970, once it has been asked for.
    told: Option<u64>,
}

impl Time {
    /// That of a call that begins.
    pub fn of(world: World) -> Self {
        Self { world, told: None }
    }

    /// The milliseconds since 1970.
    fn now(&mut self) -> u64 {
        *self.told.get_or_insert_with(|| self.world.since_1970())
    }
}

/// The most parameters of any import.
const MAX_PARAMETERS: usize = 9;

/// A call of an import, at which the guest is suspended.
#[derive(Clone, Copy, Debug)]
pub struct ImportCall {
    /// Which one.
    pub import: Import,
    /// The flat parameters, with zeroes after the last.
    pub parameters: [u64; MAX_PARAMETERS],
}

impl fmt::Display for ImportCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Seen where the guest can't be suspended, so that this is all that is left.
        write!(
            f,
            "`{}` is called where it can't be: by what the host calls beside `init` and \
             `handle-message`",
            self.import
        )
    }
}

impl HostError for ImportCall {}

/// The slice is spent, by an import that was done at once. The guest goes on in the next slice.
#[derive(Clone, Copy, Debug)]
pub struct SliceSpent;

impl fmt::Display for SliceSpent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the slice is spent")
    }
}

impl HostError for SliceSpent {}

/// Which interfaces an actor gets: all but those that only a handler that it does not have would
/// give it.
#[derive(Clone, Copy, Debug)]
pub struct Grants<'a> {
    /// What it does not get.
    withheld: &'a [&'static Capability],
}

impl<'a> Grants<'a> {
    /// Everything there is.
    pub const ALL: Self = Self { withheld: &[] };

    /// Everything but these.
    pub fn without(withheld: &'a [&'static Capability]) -> Self {
        Self { withheld }
    }

    /// Why an interface is not granted, if it is not.
    fn withheld(self, interface: Interface) -> Option<&'static Capability> {
        self.withheld.iter().copied().find(|capability| capability.interface == interface)
    }
}

/// Adds what a module of this shape imports, as far as it is granted.
///
/// # Errors
/// A name is added twice, which would be this program's mistake.
pub fn add_to(
    linker: &mut Linker<Guest>,
    module: &wasmi::Module,
    shape: Shape,
    grants: Grants<'_>,
) -> Result<(), wasmi::Error> {
    for module in shape::RUNTIME_MODULES {
        linker.func_wrap(module, shape::LOG.0, log)?;
    }
    let mut added = BTreeSet::new();
    for import in module.imports() {
        let names = (import.module(), import.name());
        let Some(known) = Import::find(shape, names.0, names.1) else { continue };
        if grants.withheld(known.interface()).is_some() || !added.insert(names) {
            continue;
        }
        if known == Import::Now {
            linker.func_wrap(names.0, names.1, now)?;
        } else {
            let suspend = move |_: Caller<'_, Guest>, values: &[Val], _: &mut [Val]| {
                Err(wasmi::Error::host(ImportCall::new(known, values)))
            };
            linker.func_new(names.0, names.1, core_type(known.ty()), suspend)?;
        }
    }
    Ok(())
}

impl ImportCall {
    /// A call with these values, which the interpreter has checked.
    fn new(import: Import, values: &[Val]) -> Self {
        let mut parameters = [0; MAX_PARAMETERS];
        for (slot, value) in parameters.iter_mut().zip(values) {
            *slot = match value {
                Val::I32(value) => u64::from(value.cast_unsigned()),
                Val::I64(value) => value.cast_unsigned(),
                _ => 0,
            };
        }
        Self { import, parameters }
    }
}

/// A function's type as the interpreter has it.
fn core_type(ty: FunctionType) -> FuncType {
    let value = |flat: &Flat| match flat {
        Flat::I32 => ValType::I32,
        Flat::I64 => ValType::I64,
    };
    FuncType::new(ty.params.iter().map(value), ty.result.iter().map(value))
}

/// Takes fuel for what is done at once. What the slice does not have any more is owed: the next
/// settlement takes it. Code outside loops is paid for in advance, so nothing else would stop a
/// guest that calls an import there again and again. Whether the slice is spent.
fn charge(caller: &mut Caller<'_, Guest>, units: u64) -> Result<bool, wasmi::Error> {
    let left = caller.get_fuel()?;
    caller.set_fuel(left.saturating_sub(units))?;
    let debt = &mut caller.data_mut().debt;
    *debt = debt.saturating_add(units.saturating_sub(left));
    Ok(units > left)
}

/// `now: func() -> u64`: the time of the present call.
fn now(mut caller: Caller<'_, Guest>) -> Result<u64, wasmi::Error> {
    let not_here = || wasmi::Error::host(ImportCall::new(Import::Now, &[]));
    let now = caller.data_mut().time.as_mut().ok_or_else(not_here)?.now();
    // Its result is in the way of ending the slice here. See above.
    charge(&mut caller, fuel_cost::NOW)?;
    Ok(now)
}

/// `log: func(msg: string)`: a line in the host's log, marked as the actor's.
fn log(mut caller: Caller<'_, Guest>, ptr: u32, len: u32) -> Result<(), wasmi::Error> {
    let Some(Extern::Memory(memory)) = caller.get_export(shape::MEMORY) else {
        return Err(wasmi::Error::new("`log` was called, but no memory is exported"));
    };
    let guest = caller.data();
    let (text, more) = lift::prefix(memory.data(&caller), "msg", ptr, len, guest.line)
        .map_err(|error| wasmi::Error::new(format!("in a call of `log`, {error}")))?;
    let bytes = text.len();
    match more {
        0 => guest.lines.guest(guest.connection, format_args!("{text}")),
        _ => guest.lines.guest(guest.connection, format_args!("{text}… ({more} bytes more)")),
    }
    let spent = charge(&mut caller, fuel_cost::of_line(bytes))?;
    if spent { Err(wasmi::Error::host(SliceSpent)) } else { Ok(()) }
}

/// Looks at every import of a module of this shape, if that is known.
pub fn judge(module: &wasmi::Module, shape: Option<Shape>, grants: Grants<'_>) -> Vec<Item> {
    let items = module.imports().map(|import| {
        let (from, name) = (import.module(), import.name());
        let verdict = if shape::RUNTIME_MODULES.contains(&from) && name == shape::LOG.0 {
            judge_log(import.ty())
        } else {
            // Without a shape the module does not run anyhow; any will do.
            match Import::find(shape.unwrap_or(Shape::Guide), from, name) {
                Some(known) => judge_known(known, import.ty(), grants),
                None => Verdict::Wrong(advice(from, name)),
            }
        };
        Item::new(&format!("{from}.{name}"), import.ty(), verdict)
    });
    items.collect()
}

/// What becomes of `log`.
fn judge_log(ty: &ExternType) -> Verdict {
    match ty {
        ExternType::Func(found) if signature(found) == Some(shape::LOG.1) => {
            Verdict::Used("writes to the host's log")
        }
        _ => Verdict::Wrong(format!(
            "its type is {}, but `log` takes a string: {}; rebuild the actor with bindings made \
             from this project's WIT files",
            describe(ty),
            shape::LOG.1
        )),
    }
}

/// What becomes of a function of `footlight:host`.
fn judge_known(known: Import, ty: &ExternType, grants: Grants<'_>) -> Verdict {
    let expected = core_type(known.ty());
    let fits = matches!(ty, ExternType::Func(ty)
        if ty.params() == expected.params() && ty.results() == expected.results());
    if !fits {
        return Verdict::Wrong(format!(
            "its type is {}, but `{known}` is {}; rebuild the actor with bindings made from this \
             project's WIT files",
            describe(ty),
            known.ty()
        ));
    }
    if let Some(capability) = grants.withheld(known.interface()) {
        return Verdict::Wrong(capability.advice.into());
    }
    Verdict::Used(known.role())
}

/// Why the host has no such import, and what to do.
fn advice(module: &str, name: &str) -> String {
    if module.starts_with("wasi_snapshot_preview1") || module.starts_with("wasi:") {
        "this host offers no WASI; build the actor for wasm32-unknown-unknown, leave out what needs \
         sockets or the environment, and take the clock, random bytes and files from \
         `footlight:host`"
            .into()
    } else if module.starts_with("footlight:host/") {
        let modules = Interface::ALL.map(|interface| format!("`{}`", interface.module()));
        format!(
            "this host has no such function; it has {}: build the actor with this project's \
             wit/host",
            modules.join(", ")
        )
    } else if module.starts_with("ntwk:theater/") || module.starts_with("theater:simple/") {
        let runtime = shape::RUNTIME_MODULES.map(|module| format!("`{module}.{}`", shape::LOG.0));
        format!(
            "of Theater's imports this host offers only {}, and `read-file` of its `filesystem`; \
             remove the call",
            runtime.join(" and ")
        )
    } else if module.contains("wbindgen") || module == "wbg" {
        "wasm-bindgen's glue needs a browser; look for a dependency with a feature such as `js` \
         or `wasmbind` and turn it off"
            .into()
    } else if module == "env" {
        format!(
            "the linker left `{}` undefined; link the library that has it, or remove the call \
             (AssemblyScript: compile with --use abort=)",
            shown(name)
        )
    } else {
        "this host has nothing of this name; remove the call".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_import_at_which_the_guest_is_suspended_has_a_core_result() {
        for import in Import::ALL {
            assert_eq!(import.ty().result.is_some(), import == Import::Now, "{import}");
            assert!(import.ty().params.len() <= MAX_PARAMETERS, "{import}");
        }
    }
}
