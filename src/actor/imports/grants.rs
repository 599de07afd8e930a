//! Decides which interfaces an actor may import.

use crate::{config::Capability, interfaces::Interface};

/// The interfaces that an actor may import. Some interfaces come with a handler. An actor may
/// import them only if its manifest has that handler.
#[derive(Clone, Copy, Debug)]
pub struct Grants<'a> {
    /// The capabilities whose handlers the manifest does not have.
    missing: &'a [&'static Capability],
}

impl<'a> Grants<'a> {
    /// All interfaces.
    pub const ALL: Self = Self { missing: &[] };

    /// All interfaces except those of these capabilities.
    pub fn without(missing: &'a [&'static Capability]) -> Self {
        Self { missing }
    }

    /// Checks that the actor may import an interface.
    ///
    /// # Errors
    /// The actor may not import it. The text says what to add to the manifest.
    pub fn allow(self, interface: &Interface) -> Result<(), &'static str> {
        let of = |capability: &&&'static Capability| capability.interfaces.contains(&interface);
        self.missing.iter().find(of).map_or(Ok(()), |capability| Err(capability.advice))
    }
}
