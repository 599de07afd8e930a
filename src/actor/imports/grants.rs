//! Which interfaces an actor gets.

use crate::manifest::Manifest;

/// The interfaces that an actor gets and not every actor gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// The manifest has a handler of type `filesystem`.
    pub files: bool,
}

/// What an interface needs, so that an actor may import it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: every actor gets it.
    Nothing,
    /// A folder: [`Grants::files`].
    Files,
}

impl Grants {
    /// Everything there is.
    pub const ALL: Self = Self { files: true };

    /// What a manifest grants.
    pub fn of(manifest: &Manifest) -> Self {
        Self { files: !manifest.folders.is_empty() }
    }

    /// Checks that an actor with these grants may import an interface with such needs.
    ///
    /// # Errors
    /// It may not: the text says what to add to the manifest.
    pub fn allow(self, needs: Needs) -> Result<(), &'static str> {
        match needs {
            Needs::Files if !self.files => Err(
                "the manifest grants no files; add [[handlers]] with type = \"filesystem\" and \
                 config = { path = \"…\" }, the folder that the actor may read",
            ),
            Needs::Nothing | Needs::Files => Ok(()),
        }
    }
}
