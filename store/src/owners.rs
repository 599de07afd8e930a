//! All owners that have a handle, or that have something left to write.

use crate::owner_state::{Durability, OwnerState};

/// The number of an owner. It is used again once nothing of the owner is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnerId(usize);

/// The owners by number. A number without an owner is free.
#[derive(Debug, Default)]
pub(crate) struct Owners(Vec<Option<OwnerState>>);

impl Owners {
    /// The owner called `name`. A host looks for it once, so no index is worth its memory.
    pub(crate) fn find(&self, name: &str) -> Option<OwnerId> {
        let same = |owner: &OwnerState| *owner.name == *name;
        self.0.iter().position(|owner| owner.as_ref().is_some_and(same)).map(OwnerId)
    }

    /// Adds an owner with one handle.
    pub(crate) fn add(&mut self, name: &str, durability: Durability) -> OwnerId {
        let owner = Some(OwnerState::new(name.into(), durability));
        let free = self.0.iter().position(Option::is_none);
        match free.and_then(|free| self.0.get_mut(free)) {
            Some(place) => *place = owner,
            None => self.0.push(owner),
        }
        OwnerId(free.unwrap_or(self.0.len() - 1))
    }

    pub(crate) fn get(&self, id: OwnerId) -> Option<&OwnerState> {
        self.0.get(id.0)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, id: OwnerId) -> Option<&mut OwnerState> {
        self.0.get_mut(id.0)?.as_mut()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &OwnerState> {
        self.0.iter().flatten()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut OwnerState> {
        self.0.iter_mut().flatten()
    }

    /// Forgets an owner without a handle, if nothing of it has to be written.
    pub(crate) fn forget_if_done(&mut self, id: OwnerId) {
        if let Some(place) = self.0.get_mut(id.0) {
            place.take_if(|owner| owner.handles == 0 && owner.is_idle());
        }
    }
}
