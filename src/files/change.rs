//! What a call asks for: to look at its folders, or to change them.

use bytes::Bytes;
use wit_core::host::FileInfo;

use super::DirEntry;

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

/// What a call asks for.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// The content of a file.
    Read,
    /// The entries of a folder, sorted by name. The empty path is the actor's folder itself. Names
    /// that are not UTF-8 are left out, because no path could name them.
    List,
    /// What is at a path.
    Info,
    /// A change, which is checked now.
    Change(What),
}

impl Asked {
    /// For the log.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Read => "reading",
            Self::List => "listing",
            Self::Info => "looking at",
            Self::Change(what) => what.name(),
        }
    }
}

/// The answer. What was not asked for is empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) content: Vec<u8>,
    pub(crate) entries: Vec<DirEntry>,
    /// How many names were left out of the entries.
    pub(super) left_out: usize,
    pub(crate) info: FileInfo,
    /// The path without links of what is to be changed.
    pub(super) place: String,
}
