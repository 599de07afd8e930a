//! The actors of the host, by name.

use std::{collections::BTreeMap, sync::Arc};

use crate::{exchange::ActorHandle, lock::Lock};

/// The actors of the host, by name. It is complete before the first actor starts, so that actors
/// can find each other from the beginning.
pub(super) struct Directory(Lock<BTreeMap<Arc<str>, Arc<ActorHandle>>>);

impl Directory {
    /// A directory of these actors. Their names must differ.
    pub(super) fn new(actors: impl IntoIterator<Item = Arc<ActorHandle>>) -> Self {
        let by_name = actors.into_iter().map(|actor| (actor.name.clone(), actor));
        Self(Lock::new(by_name.collect()))
    }

    /// The actor with this name.
    pub(super) fn get(&self, name: &str) -> Option<Arc<ActorHandle>> {
        self.0.lock().get(name).cloned()
    }

    /// Adds an actor, which no other one has the name of.
    pub(super) fn add(&self, actor: Arc<ActorHandle>) {
        self.0.lock().insert(actor.name.clone(), actor);
    }

    /// Removes an actor that could not be started, or that ends.
    pub(super) fn remove(&self, name: &str) {
        self.0.lock().remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn an_actor_is_found_by_its_name_until_it_is_left_out() {
        let actor = |name: &str| Arc::new(ActorHandle::new(name.into(), Limits::default()));
        let directory = Directory::new([actor("one"), actor("other")]);
        let found = |name| directory.get(name).map(|actor| actor.name.to_string());
        assert_eq!(found("one").as_deref(), Some("one"));
        assert_eq!(found("third"), None);
        directory.remove("one");
        assert_eq!((found("one"), found("other").as_deref()), (None, Some("other")));
    }
}
