//! Files that take the place of those on the disk, so that an actor can be called without its real
//! files.

use std::{mem, sync::Arc};

use bytes::Bytes;

use super::{
    Change, Pending,
    view::{Node, View},
};
use crate::lock::Lock;

/// Files and folders by the paths that the actor uses for them. What the actor changes is kept here.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    /// Whether a path that no folder has may be written: the actor has no manifest that says more.
    pub(super) takes_all: bool,
    /// Whether what the actor changes goes to the disk, too.
    pub(super) to_disk: bool,
    /// Shared with the threads that read and write.
    inner: Lock<Inner>,
}

/// What the lock protects.
#[derive(Debug, Default)]
struct Inner {
    view: Arc<View>,
    /// What was changed since the last look.
    changes: Vec<Change>,
}

/// What a script says about a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// There is a file with this content.
    File(Vec<u8>),
    /// There is a folder, with nothing in it so far.
    Folder,
    /// There is nothing.
    Nothing,
}

impl Overlay {
    /// No files yet.
    pub(crate) fn new(takes_all: bool, to_disk: bool) -> Self {
        Self { takes_all, to_disk, inner: Lock::default() }
    }

    /// Says what is at a path.
    pub(crate) fn set(&self, path: String, given: Given) {
        let node = match given {
            Given::File(content) => Node::File(Bytes::from(content)),
            Given::Folder => Node::Folder,
            Given::Nothing => Node::Gone,
        };
        Arc::make_mut(&mut self.inner.lock().view).set(path, node);
    }

    /// What was changed since the last call of this function.
    pub(crate) fn take_changes(&self) -> Vec<Change> {
        mem::take(&mut self.inner.lock().changes)
    }

    /// What it says now.
    pub(super) fn view(&self) -> Arc<View> {
        self.inner.lock().view.clone()
    }

    /// Those of a call's changes that go to the disk.
    pub(super) fn to_disk<'c>(&self, changes: &'c [Change]) -> &'c [Change] {
        if self.to_disk { changes } else { &[] }
    }

    /// Keeps what a call has changed, once it is committed.
    pub(super) fn keep(&self, Pending { changes, view }: Pending) {
        let mut inner = self.inner.lock();
        Arc::make_mut(&mut inner.view).add(&view);
        inner.changes.extend(changes);
    }
}
