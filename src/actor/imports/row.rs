//! A row of the table of imports, and what its function does.
//!
//! A function that suspends the guest is written in three steps:
//! 1. It lifts its parameters from [`Call::parameters`], in the order of the WIT.
//! 2. [`Call::end`] ends them. It checks the place of the result, charges for the call, and gives
//!    the host's side. So nothing happens before all that the guest passed is known to be valid.
//! 3. It does what is asked for, and gives a [`Step`], mostly the result, laid out by
//!    [`Place::lower`].

use std::{error::Error, fmt, pin::Pin};

use wasmi::{FuncType, Linker, ValType, errors::LinkerError};
use wit_core::{
    LiftError, Shape,
    host::{Area, Flat, FunctionType, Lower, LoweredResult, Parameters, Place},
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
    /// Where it is.
    pub interface: &'static Interface,
    /// Its name there.
    pub name: &'static str,
    /// What it is for, in a few words: `footlight check` shows them.
    pub role: &'static str,
    /// The shapes of the interface `websocket-server` whose modules mean this function by its
    /// name.
    pub shapes: &'static [Shape],
    /// Its flat parameters, without a pointer to where the result is wanted.
    pub params: &'static [Flat],
    /// How it is called.
    pub kind: Kind,
}

/// How an import is called.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// At once, as a function of the interpreter's. It can't enter the guest, and can't wait.
    Immediate {
        /// A result that fits a core result. One in memory would need the guest's allocator.
        result: Option<Flat>,
        /// Adds the function to a linker, under these two names.
        add: fn(&mut Linker<Guest>, &str, &str) -> Result<(), LinkerError>,
    },
    /// The guest is suspended, and goes on when the result is in its memory. There is no core
    /// result: after a tail call wasmi 2.0 writes the result that a guest is resumed with over
    /// another value of the caller's, functions included.
    Suspending {
        /// The area of the result, if there is one.
        area: Option<Area>,
        /// Does what is asked for.
        call: Function,
    },
}

/// Does what a call of an import asks for.
pub type Function = for<'h> fn(Call<'h, '_>) -> Result<Step<'h>, Trap>;

/// A call of an import, as the function of its row gets it.
pub struct Call<'h, 'm> {
    /// The parameters, to be lifted in their order.
    pub parameters: Parameters<'m, [u8]>,
    /// The host's side of the actor's call.
    pub host: &'h mut HostCalls,
    /// What the import costs, in units of fuel.
    pub(super) cost: &'m mut u64,
}

/// How far the function of a row has come.
pub enum Step<'h> {
    /// To its end.
    Done(LoweredResult),
    /// The same, with a refusal that is counted.
    Refused(LoweredResult),
    /// A client has too much to read. If its connection can write meanwhile, the function is
    /// called again; if not, this is the result.
    Full {
        /// Whose connection.
        to: ConnectionId,
        /// The result, which is a refusal.
        result: LoweredResult,
    },
    /// To where it has to wait, such as for a disk. What it needs is no longer in the guest's
    /// memory.
    Wait(Pin<Box<dyn Future<Output = Result<LoweredResult, Trap>> + Send + 'h>>),
}

/// Why an import ends the actor's call like a trap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trap {
    /// A parameter is no valid value, or the result has no room.
    Lift(LiftError),
    /// It asks for what no actor may, or for what can't be given.
    Host(String),
}

impl Kind {
    /// That of a function that suspends the guest, and gives a result of type `R`.
    pub const fn suspending<R: Lower>(call: Function) -> Self {
        Self::Suspending { area: Area::of::<R>(), call }
    }
}

impl Import {
    /// Its type.
    pub fn ty(&self) -> FunctionType {
        let (area, result) = match self.kind {
            Kind::Immediate { result, .. } => (None, result),
            Kind::Suspending { area, .. } => (area, None),
        };
        FunctionType { params: self.params, area, result }
    }

    /// Its type as the interpreter has it.
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
    /// Ends the parameters: gives the host's side, and the place for the result of type `R`, whose
    /// blocks errors call `field`. Charges for the call and its parameters, and `units` of fuel
    /// more, which are the import's own.
    ///
    /// # Errors
    /// There is no room for the result at its place. Nothing is charged then.
    pub fn end<R: Lower>(
        self,
        field: &'static str,
        units: u64,
    ) -> Result<(&'h mut HostCalls, Place<R>), LiftError> {
        let lifted = self.parameters.lifted();
        let place = self.parameters.place(field)?;
        *self.cost = fuel_cost::of_call(lifted).saturating_add(units);
        Ok((self.host, place))
    }
}

impl<'h> Step<'h> {
    /// To its end, which is a refusal if this is an error.
    pub fn done<T: Lower, E: Lower>(place: Place<Result<T, E>>, result: Result<T, E>) -> Self {
        let refused = result.is_err();
        let result = place.lower(result);
        if refused { Self::Refused(result) } else { Self::Done(result) }
    }

    /// To wait for this.
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
