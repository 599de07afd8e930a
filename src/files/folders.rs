//! The folders of one actor, opened, and which of them a path means.

use std::{fmt, io, path::PathBuf};

use super::Failure;
use crate::{folder::Folder, manifest::SharedFolder};

/// The folders of one actor.
#[derive(Debug, Default)]
pub struct Folders(Vec<Shared>);

/// One folder.
#[derive(Debug)]
pub(super) struct Shared {
    /// What a path to it begins with; `None` if it is the only one.
    name: Option<String>,
    /// Whether the actor may write.
    pub(super) writable: bool,
    /// The folder itself.
    pub(super) folder: Folder,
}

/// What a path means.
#[derive(Debug)]
pub(super) enum Place<'a> {
    /// Where the names of the folders are.
    Names,
    /// The path in one of them.
    Inside(&'a Shared, &'a str),
}

/// Why a folder can't be opened. The operator's fault.
#[derive(Debug)]
pub struct FolderError {
    /// The folder.
    pub folder: PathBuf,
    /// Why.
    pub error: io::Error,
}

impl Folders {
    /// Opens what the manifest names.
    ///
    /// # Errors
    /// A folder is not there, or may not be read.
    pub fn open(folders: &[SharedFolder]) -> Result<Self, FolderError> {
        let open = |shared: &SharedFolder| {
            let SharedFolder { path, writable, name } = shared.clone();
            let folder =
                Folder::open(&path).map_err(|error| FolderError { folder: path, error })?;
            Ok(Shared { name, writable, folder })
        };
        folders.iter().map(open).collect::<Result<_, _>>().map(Self)
    }

    /// The names that stand where no folder has been chosen yet, in their order.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.0.iter().filter_map(|shared| shared.name.clone()).collect();
        names.sort_unstable();
        names
    }

    /// What a path means.
    ///
    /// # Errors
    /// No folder has such a name.
    pub(super) fn find<'a>(&'a self, path: &'a str) -> Result<Place<'a>, Failure> {
        if let [shared @ Shared { name: None, .. }] = self.0.as_slice() {
            return Ok(Place::Inside(shared, path));
        }
        if path.is_empty() {
            return Ok(Place::Names);
        }
        let (name, rest) = match path.split_once('/') {
            // Else the path would be that of the folder itself, and is not.
            Some((_, "")) => return Err(Failure::NotFound),
            Some((name, rest)) => (name, rest),
            None => (path, ""),
        };
        let shared = self.0.iter().find(|shared| shared.name.as_deref() == Some(name));
        shared.map(|shared| Place::Inside(shared, rest)).ok_or(Failure::NotFound)
    }
}

impl fmt::Display for FolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: cannot be opened: {}; `path` of a `filesystem` handler must name a folder, \
             relative to its manifest",
            self.folder.display(),
            self.error
        )
    }
}

impl std::error::Error for FolderError {}
