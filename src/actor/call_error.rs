//! Why a call into a guest had no result.

use std::{fmt, time::Duration};

use wit_core::{LiftError, LowerError};

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
    /// The event's fuel is spent.
    OutOfFuel {
        /// In which export.
        export: &'static str,
        /// The fuel that the event had.
        limit: u64,
    },
    /// The event has computed for as long as it may.
    OutOfTime {
        /// In which export.
        export: &'static str,
        /// How long the event might compute.
        limit: Duration,
        /// The fuel that it had spent by then.
        fuel: u64,
    },
    /// One step needed more fuel than any may, however much the event has.
    TooMuchAtOnce {
        /// In which export.
        export: &'static str,
        /// What it needed.
        needed: u64,
        /// What is allowed.
        most: u64,
    },
    /// `cabi_realloc` gave a place outside the memory.
    Lower(LowerError),
    /// The result is no valid value, or past a limit.
    Lift(LiftError),
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
            Self::OutOfTime { export, limit, fuel } => write!(
                f,
                "it computed for {limit:?} in {export}, {fuel} units of fuel; make it do less for \
                 each message, or raise `limits.time`"
            ),
            Self::TooMuchAtOnce { export, needed, most } => write!(
                f,
                "one step needed {needed} units of fuel at once in {export}, where {most} are \
                 allowed; make it grow, fill or copy less memory at once, or split a function of \
                 that many instructions outside loops"
            ),
            Self::Lower(error) => error.fmt(f),
            Self::Lift(error) => write!(f, "its result is not valid: {error}"),
        }
    }
}

impl std::error::Error for CallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Trap { error, .. } => Some(error),
            Self::Lower(error) => Some(error),
            Self::Lift(error) => Some(error),
            Self::OutOfFuel { .. } | Self::OutOfTime { .. } | Self::TooMuchAtOnce { .. } => None,
        }
    }
}
