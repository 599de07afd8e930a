//! Why a call into a guest failed.

use std::{fmt, time::Duration};

use wit_core::{LiftError, LowerError, error::LiftErrorKind};

/// Why a call failed. In every case the state stays as it was.
#[derive(Debug)]
#[non_exhaustive]
pub enum CallError {
    /// The guest trapped, or a call of an import failed.
    Trap {
        /// The export that was called, for the log.
        export: &'static str,
        /// Says which trap it was.
        error: wasmi::Error,
    },
    /// The event has spent its fuel.
    OutOfFuel {
        /// The export that was called, for the log.
        export: &'static str,
        /// What the event could spend: `limits.fuel`.
        limit: u64,
    },
    /// The event has spent its time.
    OutOfTime {
        /// The export that was called, for the log.
        export: &'static str,
        /// How long the event could compute: `limits.time`.
        limit: Duration,
        /// The fuel that was spent by then. It says how fast the machine is.
        fuel: u64,
    },
    /// A single step needed more fuel than one step may use.
    TooMuchAtOnce {
        /// The export that was called, for the log.
        export: &'static str,
        /// The fuel that the step needs.
        needed: u64,
        /// The most fuel that a step may use, whatever the event has left.
        most: u64,
    },
    /// `cabi_realloc` returned a block outside the memory.
    Lower(LowerError),
    /// The result is not a valid value, or exceeds a limit.
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
            Self::Lift(error) => {
                write!(f, "its result is not valid: {error}")?;
                limit_of(error).map_or(Ok(()), |key| write!(f, "; `{key}` in the manifest"))
            }
        }
    }
}

/// The limit that a result exceeds.
fn limit_of(error: &LiftError) -> Option<&'static str> {
    let LiftErrorKind::TooLarge { .. } = error.kind else { return None };
    Some(match error.field.name {
        "state" => "limits.state",
        "reply" => "limits.reply",
        "messages" if error.field.message.is_none() => "limits.answers",
        _ if error.field.message.is_some() => "limits.answer",
        _ => "limits.response",
    })
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
