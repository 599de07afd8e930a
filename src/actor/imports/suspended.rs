//! The calls of imports that do not return to the guest at once: the interpreter sees each as an
//! error of the host's.

use std::{error::Error, fmt};

use wasmi::{Val, errors::HostError};
use wit_core::host::Parameters;

use super::row::{Call, Function, Import, Step, Trap};
use crate::actor::host_calls::HostCalls;

/// The most flat parameters of any import at which the guest is suspended.
pub(super) const MAX_PARAMETERS: usize = 9;

/// A call of an import, at which the guest is suspended.
#[derive(Clone, Copy, Debug)]
pub struct ImportCall {
    /// Which one.
    pub import: &'static Import,
    /// Does what is asked for.
    function: Function,
    /// The flat parameters, with zeroes after the last.
    parameters: [u64; MAX_PARAMETERS],
}

impl ImportCall {
    /// A call with these values, which the interpreter has checked.
    pub(super) fn new(import: &'static Import, function: Function, values: &[Val]) -> Self {
        let mut parameters = [0; MAX_PARAMETERS];
        for (slot, value) in parameters.iter_mut().zip(values) {
            *slot = match value {
                Val::I32(value) => u64::from(value.cast_unsigned()),
                Val::I64(value) => value.cast_unsigned(),
                _ => 0,
            };
        }
        Self { import, function, parameters }
    }

    /// Does what is asked for, as far as that needs no waiting, and says in `cost` how many units
    /// of fuel it costs.
    ///
    /// # Errors
    /// The actor's call ends like at a trap.
    pub fn step<'h>(
        &self,
        memory: &[u8],
        host: &'h mut HostCalls,
        cost: &mut u64,
    ) -> Result<Step<'h>, Trap> {
        let parameters = Parameters::new(memory, &self.parameters);
        (self.function)(Call { parameters, host, cost })
    }
}

impl fmt::Display for ImportCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Seen where the guest can't be suspended, so that this is all that is left.
        NotHere(self.import).fmt(f)
    }
}

impl HostError for ImportCall {}

/// An import is called where it can't be.
#[derive(Clone, Copy, Debug)]
pub(super) struct NotHere(pub(super) &'static Import);

impl fmt::Display for NotHere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is called where it can't be: by what the host calls beside `init` and \
             `handle-message`",
            self.0
        )
    }
}

impl Error for NotHere {}

impl HostError for NotHere {}

/// The slice is spent, by an import that was done at once. The guest goes on in the next slice.
#[derive(Clone, Copy, Debug)]
pub struct SliceSpent;

impl fmt::Display for SliceSpent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the slice is spent")
    }
}

impl HostError for SliceSpent {}
