//! The actors of the host, by name: who is there, who sends to others, and who waits for whom.

use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
};

use super::{actor_handle::ActorHandle, receipt::Sends};
use crate::lock::Lock;

/// The actors of the host, by name. It is complete before the first actor starts, so that actors
/// can find each other from the beginning.
#[derive(Default)]
pub struct Directory(Lock<Inner>);

/// What the lock protects.
#[derive(Default)]
struct Inner {
    actors: BTreeMap<Arc<str>, Arc<ActorHandle>>,
    /// What each actor has sent to others, if its manifest lets it send.
    senders: BTreeMap<Arc<str>, Weak<dyn Sends>>,
    /// For each actor that waits for another one's reply: that one. There are no circles.
    waits: BTreeMap<Arc<str>, Arc<str>>,
}

/// An actor's wait for another one's reply. It ends when this is dropped.
pub(crate) struct Wait<'d> {
    directory: &'d Directory,
    waiting: Arc<str>,
}

/// The actor that is asked waits itself, directly or through others, for the one that asks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Circle;

impl Directory {
    /// A directory of these actors. Their names must differ.
    pub(crate) fn new(actors: impl IntoIterator<Item = Arc<ActorHandle>>) -> Self {
        let by_name = actors.into_iter().map(|actor| (actor.name.clone(), actor));
        Self(Lock::new(Inner { actors: by_name.collect(), ..Inner::default() }))
    }

    /// The actor with this name.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<ActorHandle>> {
        self.0.lock().actors.get(name).cloned()
    }

    /// Adds an actor, which no other one has the name of. It gets the messages that wait for it.
    pub(crate) fn add(&self, actor: Arc<ActorHandle>) {
        let name = actor.name.clone();
        self.0.lock().actors.insert(name.clone(), actor);
        self.came(&name);
    }

    /// Removes an actor that could not be started, or that ends.
    pub(crate) fn remove(&self, name: &str) {
        self.0.lock().actors.remove(name);
    }

    /// Adds what an actor sends to others.
    pub(crate) fn register(&self, name: &Arc<str>, sends: Weak<dyn Sends>) {
        self.0.lock().senders.insert(name.clone(), sends);
    }

    /// Tells all senders that this actor takes messages now.
    pub(crate) fn came(&self, name: &str) {
        let mut present = Vec::new();
        self.0.lock().senders.retain(|_, sends| {
            let sends = sends.upgrade();
            let is_there = sends.is_some();
            present.extend(sends);
            is_there
        });
        // Without the lock, because senders look up their receivers.
        present.iter().for_each(|sends| sends.offer(name));
    }

    /// Notes that an actor waits for another one's reply.
    ///
    /// # Errors
    /// They would wait for each other. An actor waits for one other at most, so all that wait in the
    /// circle are found on one way.
    pub(crate) fn wait(&self, waiting: &Arc<str>, to: &Arc<str>) -> Result<Wait<'_>, Circle> {
        let mut inner = self.0.lock();
        let mut next = Some(to);
        while let Some(name) = next {
            if name == waiting {
                return Err(Circle);
            }
            next = inner.waits.get(name);
        }
        inner.waits.insert(waiting.clone(), to.clone());
        Ok(Wait { directory: self, waiting: waiting.clone() })
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.directory.0.lock().waits.remove(&self.waiting);
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

    #[test]
    fn a_wait_in_a_circle_is_refused_however_long_the_circle_is() {
        let directory = Directory::default();
        let names: Vec<Arc<str>> = (0..100).map(|number| number.to_string().into()).collect();
        let wait = |from: usize, to: usize| directory.wait(&names[from], &names[to]);
        assert_eq!(wait(0, 0).err(), Some(Circle), "itself");
        let waits: Vec<_> = (0..99).map(|from| wait(from, from + 1).ok().unwrap()).collect();
        for to in 0..99 {
            assert_eq!(wait(99, to).err(), Some(Circle), "{to}");
        }
        drop(waits);
        assert!(wait(99, 0).is_ok(), "nobody waits any more");
    }
}
