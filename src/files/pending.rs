//! The changes of one call, until it is committed.

use std::{mem, sync::Arc};

use super::{change::Change, view::View};

/// The changes of one call, in their order. They are checked, and made when the call is committed.
#[derive(Debug, Default)]
pub struct Pending {
    pub(super) changes: Vec<Change>,
    /// What the same call sees of them, if there are some. Shared with the thread that reads.
    pub(super) view: Option<Arc<View>>,
}

impl Pending {
    /// Adds a change that was checked. Its place is its path without links.
    pub(super) fn add(&mut self, place: String, change: Change) {
        Arc::make_mut(self.view.get_or_insert_default()).apply(place, &change.what);
        self.changes.push(change);
    }

    /// What the same call sees of them.
    pub(super) fn view(&self) -> Arc<View> {
        self.view.clone().unwrap_or_default()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Takes all changes. There are none afterwards.
    pub(crate) fn take(&mut self) -> Self {
        mem::take(self)
    }
}
