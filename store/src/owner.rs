//! The handle of one owner: the only one who changes what is stored under its name.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use crate::{
    changes::Changes,
    contents::Contents,
    owners::OwnerId,
    shared::Shared,
    ticket::{Failed, Ticket},
};

/// The handle of an owner. It does not keep the store open. Dropping it drops nothing that it has
/// handed over.
#[derive(Debug)]
pub struct Owner {
    shared: Arc<Shared>,
    name: Box<str>,
    id: OwnerId,
}

impl Owner {
    pub(crate) fn new(shared: Arc<Shared>, name: &str, id: OwnerId) -> Self {
        Self { shared, name: name.into(), id }
    }

    /// What is on the disk. It does not wait for the disk, and the values share their bytes.
    #[must_use]
    pub fn contents(&self) -> Contents {
        self.shared.image().owner(&self.name).cloned().unwrap_or_default()
    }

    /// Hands over what one event changes. It never waits for the disk. The ticket that it returns is
    /// reached when the changes are durable. After a failure it ignores the changes until
    /// [`Owner::poll_recovered`] was ready, and their ticket is never reached.
    pub fn commit(&self, changes: Changes) -> Ticket {
        let mut desk = self.shared.desk();
        desk.stats.commits += 1;
        let (ticket, first) = desk.queue.commit(self.id, changes, Instant::now());
        if let Some(owner) = desk.queue.owner(self.id).filter(|owner| owner.is_crowded()) {
            // If the thread has it, the next commit tries again.
            if let Some(image) = self.shared.try_image() {
                let contents = image.owner(&self.name);
                owner.prune(|key| contents.is_some_and(|there| there.keys.contains_key(key)));
            }
        }
        drop(desk);
        if first {
            self.shared.call_thread();
        }
        ticket
    }

    /// Ready with the highest ticket that is reached, once that is at least `wanted`.
    ///
    /// A relaxed owner's tickets are reached when they are handed out. One task can wait: a later call
    /// replaces whom an earlier one would have woken.
    ///
    /// # Errors
    /// The changes are lost, and so are all later ones. This owner goes on only after
    /// [`Owner::poll_recovered`].
    pub fn poll_durable(
        &self,
        wanted: Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Ticket, Failed>> {
        let mut waker = Some(cx.waker().clone());
        let mut desk = self.shared.desk();
        let over = desk.queue.over().cloned();
        match desk.queue.owner(self.id) {
            Some(owner) => owner.poll_durable(wanted, over.as_ref(), &mut waker),
            None => Poll::Pending,
        }
    }

    /// The highest ticket that is reached.
    ///
    /// # Errors
    /// Those of [`Owner::poll_durable`].
    pub fn durable(&self) -> Result<Ticket, Failed> {
        let mut desk = self.shared.desk();
        let over = desk.queue.over().cloned();
        desk.queue
            .owner(self.id)
            .map_or(Ok(Ticket::default()), |owner| owner.durable(over.as_ref()))
    }

    /// After a failure: ready once the store can store again. Then the owner goes on from
    /// [`Owner::contents`], and tickets from before mean nothing any more. Never ready if the store has
    /// ended. Ready at once if there was no failure.
    pub fn poll_recovered(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut waker = Some(cx.waker().clone());
        let mut desk = self.shared.desk();
        let can_store = desk.queue.trouble().is_none();
        match desk.queue.owner(self.id) {
            Some(owner) => owner.poll_recovered(can_store, &mut waker),
            None => Poll::Pending,
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // The wakers are dropped after the lock.
        let _wakers = self.shared.desk().queue.drop_handle(self.id);
    }
}
