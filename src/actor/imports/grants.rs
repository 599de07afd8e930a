//! Which interfaces an actor gets.

use crate::{config::Capability, interfaces::Interface};

/// The interfaces that an actor gets: all but those that a handler would give it that it does not
/// have.
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

    /// Checks that the actor may import an interface.
    ///
    /// # Errors
    /// It may not: the text says what to add to the manifest.
    pub fn allow(self, interface: &Interface) -> Result<(), &'static str> {
        let of = |capability: &&&'static Capability| capability.interfaces.contains(&interface);
        self.withheld.iter().find(of).map_or(Ok(()), |capability| Err(capability.advice))
    }
}
