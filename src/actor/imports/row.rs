//! A row of the table of imports, and the steps of its function.
//!
//! A function that suspends the guest has three steps:
//! 1. It lifts its parameters from [`Call::parameters`], in the order of the WIT.
//! 2. It calls [`Call::end`], which checks the place of the result, charges for the call, and
//!    returns the host's side. So everything that the guest passed is known to be valid before
//!    anything happens.
//! 3. It does its work and returns a [`Step`]. This is mostly the result, laid out by
//!    [`ResultSlot::lower`].

use std::{error::Error, fmt, pin::Pin};

use wasmi::{Caller, FuncType, Linker, ValType, errors::LinkerError};
use wit_core::{
    LiftError, Shape,
    host::{Area, Flat, FunctionType, Lower, LoweredResult, Parameters, ResultSlot},
};

use super::guest::Guest;
use crate::{
    actor::{fuel_cost, host_calls::HostCalls},
    exchange::ConnectionId,
    interfaces::Interface,
};

/// A function that an actor may import.
#[derive(Clone, Copy, Debug)]
pub struct Import {
    /// Where it belongs: the guest imports it by the interface's name and its own.
    pub interface: &'static Interface,
    /// As the WIT spells it.
    pub name: &'static str,
    /// What it does, in a few words. `footlight check` prints them.
    pub role: &'static str,
    /// The shapes of the interface `websocket-server` whose modules mean this function by its name.
    pub shapes: &'static [Shape],
    /// Its flat parameters, without the pointer to the result.
    pub params: &'static [Flat],
    /// How it is called.
    pub kind: Kind,
}

/// A row for a function that modules of every shape may import.
pub const fn row(
    interface: &'static Interface,
    name: &'static str,
    role: &'static str,
    params: &'static [Flat],
    kind: Kind,
) -> Import {
    Import { interface, name, role, shapes: &Shape::ALL, params, kind }
}

/// How an import is called.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Runs at once, inside the interpreter. It can't enter the guest, and can't wait.
    Immediate {
        /// A result that fits into a core result. A result in memory would need the guest's
        /// allocator.
        result: Option<Flat>,
        /// Adds the function to a linker, under these two names.
        add: fn(&mut Linker<Guest>, &str, &str) -> Result<(), LinkerError>,
    },
    /// The same, with its flat parameters and its result as numbers. It is smaller in the program, and
    /// slower to call.
    AtOnce {
        /// A result that fits into a core result.
        result: Option<Flat>,
        /// Does the work.
        run: Run,
    },
    /// Does nothing. The host's log says so once.
    Unsupported {
        /// The error number that it returns.
        answer: u64,
    },
    /// Suspends the guest until the result is in its memory. It has no core result: after a tail
    /// call, wasmi 2.0 writes the resumed result over another value of the caller, which may be a
    /// function reference.
    Suspending {
        /// The area in memory for the result, if there is one.
        area: Option<Area>,
        /// Does the work.
        call: Function,
    },
}

/// The function of a row that runs at once. Its result is 0 if the type has none.
pub type Run = fn(&mut Caller<'_, Guest>, &[u64]) -> Result<u64, wasmi::Error>;

/// The function of a row.
pub type Function = for<'h> fn(Call<'h, '_>) -> Result<Step<'h>, Trap>;

/// A call of an import, as its function gets it.
pub struct Call<'h, 'm> {
    /// The guest's parameters. Lift them in the order of the WIT.
    pub parameters: Parameters<'m, [u8]>,
    /// What the import reads and changes.
    pub host: &'h mut HostCalls,
    /// Add to it what the import costs in fuel.
    pub(super) cost: &'m mut u64,
}

/// The result of a row's function.
pub enum Step<'h> {
    /// The import has finished.
    Done(LoweredResult),
    /// The import has finished with a refusal, which is counted.
    Refused(LoweredResult),
    /// A client has too much to read. If its connection can write meanwhile, the function is called
    /// again. Otherwise this is the result.
    Full {
        /// The client that is slow.
        to: ConnectionId,
        /// What the guest gets if the client can't be waited for.
        result: LoweredResult,
    },
    /// The import has to wait, for example for a disk. It has copied what it needs out of the
    /// guest's memory.
    Wait(Pin<Box<dyn Future<Output = Result<LoweredResult, Trap>> + Send + 'h>>),
}

/// Why an import ends the actor's call with a trap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trap {
    /// A parameter is invalid, or the result has no room.
    Lift(LiftError),
    /// No actor may do this, or the host can't provide it.
    Host(String),
}

impl Kind {
    /// A function that suspends the guest, and returns a result of type `R`.
    pub(crate) const fn suspending<R: Lower>(call: Function) -> Self {
        Self::Suspending { area: Area::of::<R>(), call }
    }
}

impl Import {
    /// The function's core type.
    pub fn ty(&self) -> FunctionType {
        let (area, result) = match self.kind {
            Kind::Immediate { result, .. } | Kind::AtOnce { result, .. } => (None, result),
            Kind::Unsupported { .. } => (None, Some(Flat::I32)),
            Kind::Suspending { area, .. } => (area, None),
        };
        FunctionType { params: self.params, area, result }
    }

    /// The function's type for the interpreter.
    pub(super) fn core_type(&self) -> FuncType {
        let value = |flat| match flat {
            Flat::I32 => ValType::I32,
            Flat::I64 => ValType::I64,
        };
        let ty = self.ty();
        let params: Vec<_> = ty.params().map(value).collect();
        FuncType::new(params, ty.result.map(value))
    }
}

impl fmt::Display for Import {
    /// The interface's name and the function's: `connections.send`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.interface.name, self.name)
    }
}

impl<'h> Call<'h, '_> {
    /// Ends the parameters. Returns the host's side, and the place for the result of type `R`.
    /// Errors about blocks of the result name `field`. Charges for the call and its parameters, and
    /// `units` for the import itself.
    ///
    /// # Errors
    /// The result has no room at its place. Nothing is charged then.
    pub fn end<R: Lower>(
        self,
        field: &'static str,
        units: u64,
    ) -> Result<(&'h mut HostCalls, ResultSlot<R>), LiftError> {
        let lifted = self.parameters.lifted();
        let place = self.parameters.place(field)?;
        *self.cost = fuel_cost::of_call(lifted).saturating_add(units);
        Ok((self.host, place))
    }
}

impl<'h> Step<'h> {
    /// Finishes with a result. An error is a refusal.
    pub fn done<T: Lower, E: Lower>(place: ResultSlot<Result<T, E>>, result: Result<T, E>) -> Self {
        let refused = result.is_err();
        let result = place.lower(result);
        if refused { Self::Refused(result) } else { Self::Done(result) }
    }

    /// Waits for this future.
    pub fn wait(future: impl Future<Output = Result<LoweredResult, Trap>> + Send + 'h) -> Self {
        Self::Wait(Box::pin(future))
    }
}

impl From<LiftError> for Trap {
    fn from(error: LiftError) -> Self {
        Self::Lift(error)
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lift(error) => error.fmt(f),
            Self::Host(text) => f.write_str(text),
        }
    }
}

impl Error for Trap {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Lift(error) => Some(error),
            Self::Host(_) => None,
        }
    }
}
