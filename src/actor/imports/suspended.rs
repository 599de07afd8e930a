//! Calls of imports that suspend the guest. The interpreter sees each of them as an error of the
//! host.

use std::{error::Error, fmt};

use wasmi::{Val, errors::HostError};
use wit_core::host::Parameters;

use super::row::{Call, Function, Import, Step, Trap};
use crate::actor::host_calls::HostCalls;

/// The most flat parameters of any suspending import.
pub(super) const MAX_PARAMETERS: usize = 17;

/// A call of an import that suspends the guest.
#[derive(Clone, Copy, Debug)]
pub struct ImportCall {
    /// Says what the call is, for fuel and errors.
    pub import: &'static Import,
    /// Does the work.
    function: Function,
    /// As the guest passed them, padded with zeroes.
    parameters: [u64; MAX_PARAMETERS],
}

impl ImportCall {
    /// Makes a call from values that the interpreter has checked.
    pub(super) fn new(import: &'static Import, function: Function, values: &[Val]) -> Self {
        let mut parameters = [0; MAX_PARAMETERS];
        flat(values, &mut parameters);
        Self { import, function, parameters }
    }

    /// Runs the import up to the point where it has to wait. Sets `cost` to its fuel.
    ///
    /// # Errors
    /// The actor's call ends as with a trap.
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

/// Flat parameters as numbers.
pub(super) fn flat(values: &[Val], parameters: &mut [u64; MAX_PARAMETERS]) {
    for (slot, value) in parameters.iter_mut().zip(values) {
        *slot = match value {
            Val::I32(value) => u64::from(value.cast_unsigned()),
            Val::I64(value) => value.cast_unsigned(),
            _ => 0,
        };
    }
}

impl fmt::Display for ImportCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // This is shown only if the guest could not be suspended.
        NotHere(self.import).fmt(f)
    }
}

impl HostError for ImportCall {}

/// An import was called where the guest can't be suspended.
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

/// An immediate import has used up the slice. The guest goes on in the next one.
#[derive(Clone, Copy, Debug)]
pub struct SliceSpent;

impl fmt::Display for SliceSpent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the slice is spent")
    }
}

impl HostError for SliceSpent {}
