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
    /// By name.
    entries: BTreeMap<Arc<str>, Entry>,
}

/// What is known of one name.
#[derive(Default)]
struct Entry {
    /// The actor, while it is there.
    actor: Option<Arc<ActorHandle>>,
    /// What it has sent to others, if its manifest lets it send.
    sends: Option<Weak<dyn Sends>>,
    /// The actor whose reply it waits for. There are no circles.
    waits: Option<Arc<str>>,
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
    pub fn new(actors: impl IntoIterator<Item = Arc<ActorHandle>>) -> Self {
        let new = Self::default();
        actors.into_iter().for_each(|actor| new.insert(actor));
        new
    }

    /// The actor with this name.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<ActorHandle>> {
        self.0.lock().entries.get(name)?.actor.clone()
    }

    /// Adds an actor, which no other one has the name of. It gets the messages that wait for it.
    pub fn add(&self, actor: Arc<ActorHandle>) {
        let name = actor.name.clone();
        self.insert(actor);
        self.came(&name);
    }

    /// Does so before anybody can have sent it a message.
    fn insert(&self, actor: Arc<ActorHandle>) {
        self.change(&actor.name.clone(), |entry| entry.actor = Some(actor));
    }

    /// Changes what is known of a name.
    fn change(&self, name: &Arc<str>, change: impl FnOnce(&mut Entry)) {
        change(self.0.lock().entries.entry(name.clone()).or_default());
    }

    /// Removes an actor that could not be started, or that ends.
    pub fn remove(&self, name: &str) {
        let mut inner = self.0.lock();
        // What it has sent may be under way, and its name stays for the next actor that has it.
        let removed = inner.entries.get_mut(name).and_then(|entry| entry.actor.take());
        drop(inner);
        drop(removed);
    }

    /// Adds what an actor sends to others.
    pub(crate) fn register(&self, name: &Arc<str>, sends: Weak<dyn Sends>) {
        self.change(name, |entry| entry.sends = Some(sends));
    }

    /// Tells all senders that this actor takes messages now.
    pub fn came(&self, name: &str) {
        let senders = |entry: &Entry| entry.sends.as_ref().and_then(Weak::upgrade);
        let present: Vec<_> = self.0.lock().entries.values().filter_map(senders).collect();
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
            next = inner.entries.get(name).and_then(|entry| entry.waits.as_ref());
        }
        inner.entries.entry(waiting.clone()).or_default().waits = Some(to.clone());
        Ok(Wait { directory: self, waiting: waiting.clone() })
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.directory.change(&self.waiting, |entry| entry.waits = None);
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
