//! The changes of files and folders that a call asks for.

use std::{mem, sync::Arc};

use bytes::Bytes;

use super::view::View;

/// A change of a file or a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// As the actor gave it. Errors and the log name it.
    pub(crate) path: String,
    pub(crate) what: What,
}

/// What becomes of the file or the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A file gets this content. It need not be there.
    Write(Bytes),
    /// A file is deleted.
    Delete,
    /// A folder is created.
    CreateFolder,
    /// An empty folder is deleted.
    DeleteFolder,
}

impl What {
    /// What a file gets; empty for other changes.
    pub(super) fn content(&self) -> &[u8] {
        match self {
            Self::Write(content) => content,
            _ => &[],
        }
    }

    /// For the log.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Write(_) => "writing",
            Self::Delete => "deleting",
            Self::CreateFolder => "creating the folder",
            Self::DeleteFolder => "deleting the folder",
        }
    }
}

/// The changes of one call, in their order. They are checked, and made when the call is committed.
#[derive(Debug, Default)]
pub struct Pending {
    pub(super) changes: Vec<Change>,
    /// What the same call sees of them. Shared with the thread that reads.
    pub(super) view: Arc<View>,
}

impl Pending {
    /// Adds a change that was checked. Its place is its path without links.
    pub(super) fn add(&mut self, place: String, change: Change) {
        Arc::make_mut(&mut self.view).apply(place, &change.what);
        self.changes.push(change);
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
