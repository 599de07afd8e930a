//! What functions of both previews answer: error numbers, traps, and what that costs.

use super::BYTE;
use crate::{convert::to_u64, env::Env};

/// The result of a function that runs at once: a number, or a trap.
pub(super) type Answer = Result<u64, wasmi::Error>;

/// Error numbers of preview 1.
pub(super) mod errno {
    pub(crate) const SUCCESS: u64 = 0;
    pub(crate) const BADF: u64 = 8;
    pub(crate) const INVAL: u64 = 28;
    pub(crate) const NOSYS: u64 = 52;
    pub(crate) const SPIPE: u64 = 70;
}

/// The trap of an actor that ends its process.
pub(super) fn exited(code: u32) -> wasmi::Error {
    wasmi::Error::new(format!(
        "it wanted to exit, with code {code}; an actor answers events and never exits, so return \
         from the handler instead"
    ))
}

/// The cost of looking at a block, or at an entry of the environment.
pub(super) const BLOCK: u64 = 50;

/// The cost of telling the environment.
pub(super) fn cost_of(env: &Env) -> u64 {
    let (pairs, bytes) = (to_u64(env.pairs().len()), to_u64(env.bytes()));
    BLOCK.saturating_mul(pairs).saturating_add(BYTE.saturating_mul(bytes))
}
