//! The folders of one actor, and which of them a path refers to.

use std::{cell::OnceCell, fmt, io, path::PathBuf, sync::Arc};

use wit_core::host::FileError;

use super::{Failure, config::SharedFolder};
use crate::{
    named_folder::{Forbidden, NamedFolder},
    sandboxed_dir::SandboxedDir,
};

/// The folders of one actor.
#[derive(Debug, Default)]
pub struct Folders(Vec<Shared>);

/// One folder.
#[derive(Debug)]
struct Shared {
    /// The first part of each path to it; `None` if it is the only folder.
    name: Option<String>,
    /// Whether the actor may write, from the manifest.
    writable: bool,
    folder: NamedFolder,
}

/// The folders during one operation. Each is opened once, when it is needed. So an operation stays
/// in one folder even if another one replaces it meanwhile.
pub(super) struct InUse<'a> {
    folders: &'a Folders,
    /// In the order of the folders; empty if a folder was not needed so far.
    opened: Vec<OnceCell<SandboxedDir>>,
}

/// What a path refers to.
#[derive(Debug)]
pub(super) enum Destination<'a> {
    /// The list of the folders' names.
    Names,
    /// A path in one of the folders.
    Inside {
        folder: &'a SandboxedDir,
        /// Whether the actor may write.
        writable: bool,
        path: &'a str,
    },
}

/// Why a folder can't be opened. The operator's fault.
#[derive(Debug)]
pub struct FolderError {
    /// Its path, for the operator.
    pub(crate) folder: PathBuf,
    error: io::Error,
}

impl Folders {
    /// Checks that the folders that the manifest names can be opened now.
    ///
    /// # Errors
    /// All folders that do not exist, or may not be read.
    pub fn open(folders: &[SharedFolder]) -> Result<Self, Vec<FolderError>> {
        let (mut opened, mut errors) = (Vec::new(), Vec::new());
        for SharedFolder { path, writable, name } in folders.iter().cloned() {
            match NamedFolder::new(path) {
                Ok(folder) => opened.push(Shared { name, writable, folder }),
                Err((folder, error)) => errors.push(FolderError { folder, error }),
            }
        }
        if errors.is_empty() { Ok(Self(opened)) } else { Err(errors) }
    }

    /// Sets what the actor may not reach from now on.
    pub(crate) fn keep_away_from(&self, forbidden: &Arc<Forbidden>) {
        self.0.iter().for_each(|shared| shared.folder.keep_away_from(forbidden));
    }

    /// Whether a path is in a folder that may not be written.
    pub(super) fn is_read_only(&self, path: &str) -> bool {
        let shared = self.index(path).and_then(|(index, _)| self.0.get(index));
        shared.is_some_and(|shared| !shared.writable)
    }

    /// Whether paths begin in the only folder, and do not name it.
    fn is_single(&self) -> bool {
        matches!(self.0.as_slice(), [Shared { name: None, .. }])
    }

    /// The folder of a path, by its index, and the path in it.
    fn index<'a>(&self, path: &'a str) -> Option<(usize, &'a str)> {
        if self.is_single() {
            return Some((0, path));
        }
        let (name, rest) = match path.split_once('/') {
            // Without this, `name/` would refer to the folder itself.
            Some((_, "")) => return None,
            Some((name, rest)) => (name, rest),
            None => (path, ""),
        };
        let index = self.0.iter().position(|shared| shared.name.as_deref() == Some(name))?;
        Some((index, rest))
    }

    /// Begins an operation.
    pub(super) fn begin(&self) -> InUse<'_> {
        InUse { folders: self, opened: self.0.iter().map(|_| OnceCell::new()).collect() }
    }
}

impl InUse<'_> {
    /// The names of the folders, sorted. They are what an actor with several folders finds at the
    /// empty path.
    pub(super) fn names(&self) -> Vec<String> {
        let names = self.folders.0.iter().filter_map(|shared| shared.name.clone());
        let mut names: Vec<_> = names.collect();
        names.sort_unstable();
        names
    }

    /// Finds the folder that a path refers to.
    ///
    /// # Errors
    /// No folder has this name, or what is there now can't be opened.
    pub(super) fn find<'a>(&'a self, path: &'a str) -> Result<Destination<'a>, Failure> {
        if path.is_empty() && !self.folders.is_single() {
            return Ok(Destination::Names);
        }
        let (index, rest) = self.folders.index(path).ok_or(Failure(FileError::NotFound))?;
        self.inside(index, rest)
    }

    /// A path in the folder with this index.
    fn inside<'a>(&'a self, index: usize, path: &'a str) -> Result<Destination<'a>, Failure> {
        let found = self.folders.0.get(index).zip(self.opened.get(index));
        let (shared, opened) = found.ok_or(Failure(FileError::NotFound))?;
        let folder = match opened.get() {
            Some(folder) => folder,
            None => {
                let folder = shared.folder.open()?;
                opened.get_or_init(|| folder)
            }
        };
        Ok(Destination::Inside { folder, writable: shared.writable, path })
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

impl std::error::Error for FolderError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::Arc};

    use smol::block_on;
    use wit_core::host::Kind;

    use super::*;
    use crate::files::{
        DirEntry, Pending,
        tests::{check, files, shared},
    };

    #[test]
    fn a_folder_that_is_not_writable_is_only_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "content").unwrap();
        let stats = Arc::default();
        let files = files(&[shared(folder.path(), false, None)], 100, &stats);
        for path in ["file", "new"] {
            assert_eq!(check(&files, path, 1), Err(Failure(FileError::Denied)));
            assert_eq!(
                block_on(files.write(path.into(), b"x".to_vec())),
                Err(Failure(FileError::Denied))
            );
        }
        assert_eq!(block_on(files.read("file", &Pending::default())).unwrap(), b"content");
        assert_eq!(block_on(files.list("", &Pending::default())).unwrap().len(), 1);
    }

    #[test]
    fn the_first_part_of_a_path_chooses_among_folders_that_have_names() {
        let outer = tempfile::tempdir().unwrap();
        for name in ["one", "two"] {
            fs::create_dir(outer.path().join(name)).unwrap();
            fs::write(outer.path().join(name).join("file"), name).unwrap();
        }
        let folders = [
            shared(outer.path().join("two"), true, Some("second")),
            shared(outer.path().join("one"), false, Some("first")),
        ];
        let stats = Arc::default();
        let files = files(&folders, 11, &stats);
        let folder = |name: &str| DirEntry { name: name.into(), kind: Kind::Folder };
        assert_eq!(
            block_on(files.list("", &Pending::default())),
            Ok(vec![folder("first"), folder("second")])
        );
        assert_eq!(block_on(files.list("first", &Pending::default())).unwrap().len(), 1);
        assert_eq!(block_on(files.read("first/file", &Pending::default())).unwrap(), b"one");
        assert_eq!(block_on(files.read("second/file", &Pending::default())).unwrap(), b"two");
        assert_eq!(block_on(files.write("second/file".into(), b"new".into())), Ok(()));
        assert_eq!(fs::read(outer.path().join("two/file")).unwrap(), b"new");
        for (path, expected) in [
            ("", Failure(FileError::WrongKind)),
            ("first", Failure(FileError::WrongKind)),
            ("first/", Failure(FileError::NotFound)),
            ("third", Failure(FileError::NotFound)),
            ("file", Failure(FileError::NotFound)),
            ("/first/file", Failure(FileError::NotFound)),
            ("first/../second/file", Failure(FileError::NotFound)),
            ("first/../../two/file", Failure(FileError::NotFound)),
        ] {
            assert_eq!(block_on(files.read(path, &Pending::default())), Err(expected), "{path}");
        }
        for path in ["first/", "/", "third"] {
            assert_eq!(
                block_on(files.list(path, &Pending::default())),
                Err(Failure(FileError::NotFound)),
                "{path}"
            );
        }
        assert_eq!(check(&files, "first/file", 1), Err(Failure(FileError::Denied)));
        assert_eq!(check(&files, "first", 1), Err(Failure(FileError::WrongKind)));
        assert_eq!(check(&files, "third", 1), Err(Failure(FileError::NotFound)));
    }

    #[test]
    fn an_actor_without_a_folder_finds_nothing() {
        let stats = Arc::default();
        let files = files(&[], 100, &stats);
        assert_eq!(block_on(files.list("", &Pending::default())), Ok(Vec::new()));
        assert_eq!(
            block_on(files.read("file", &Pending::default())),
            Err(Failure(FileError::NotFound))
        );
        assert_eq!(check(&files, "file", 1), Err(Failure(FileError::NotFound)));
    }

    #[test]
    fn every_folder_that_cannot_be_opened_is_named() {
        let outer = tempfile::tempdir().unwrap();
        let [file, missing] = ["file", "missing"].map(|name| outer.path().join(name));
        fs::write(&file, "").unwrap();
        let folders = [(&file, "a"), (&outer.path().into(), "b"), (&missing, "c")]
            .map(|(path, name)| shared(path, false, Some(name)));
        let expected = |path: &std::path::Path, why: &str| {
            format!(
                "{}: cannot be opened: {why}; `path` of a `filesystem` handler must name a folder, \
                 relative to its manifest",
                path.display()
            )
        };
        let errors: Vec<_> =
            Folders::open(&folders).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(
            errors,
            [
                expected(&file, "Not a directory (os error 20)"),
                expected(&missing, "No such file or directory (os error 2)"),
            ]
        );
    }
}
