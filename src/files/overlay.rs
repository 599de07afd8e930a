//! Files that take the place of those on the disk, so that an actor can be called without its real
//! files.

use std::mem;

use wit_core::host::{FileError, Kind};

use super::{DirEntry, Failure, Write};
use crate::lock::Lock;

/// Files by the paths that the actor uses for them. What the actor writes is kept here. They are few, so
/// a list does.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    /// Whether a path that no folder has may be written: the actor has no manifest that says more.
    takes_all: bool,
    /// Whether what the actor writes goes to the disk, too.
    to_disk: bool,
    /// Shared with the threads that read and write.
    inner: Lock<Inner>,
}

/// What the lock protects.
#[derive(Debug, Default)]
struct Inner {
    /// The content of each file; `None` for one that is not there.
    files: Vec<(String, Option<Vec<u8>>)>,
    /// What was written since the last look.
    written: Vec<Write>,
}

impl Inner {
    /// A file; `None` if only the disk knows it.
    fn get(&self, path: &str) -> Option<&Option<Vec<u8>>> {
        self.files.iter().find(|(other, _)| other == path).map(|(_, content)| content)
    }

    /// Gives a file a content.
    fn set(&mut self, path: String, content: Option<Vec<u8>>) {
        match self.files.iter_mut().find(|(other, _)| *other == path) {
            Some((_, old)) => *old = content,
            None => self.files.push((path, content)),
        }
    }
}

impl Overlay {
    /// No files yet.
    pub(crate) fn new(takes_all: bool, to_disk: bool) -> Self {
        Self { takes_all, to_disk, inner: Lock::default() }
    }

    /// Gives a file a content. With `None` it is not there.
    pub(crate) fn set(&self, path: String, content: Option<Vec<u8>>) {
        self.inner.lock().set(path, content);
    }

    /// What was written since the last call of this function.
    pub(crate) fn take_written(&self) -> Vec<Write> {
        mem::take(&mut self.inner.lock().written)
    }

    /// The content of a file, of at most `limit` bytes; `None` if only the disk knows.
    pub(super) fn read(&self, path: &str, limit: usize) -> Option<Result<Vec<u8>, Failure>> {
        Some(match self.inner.lock().get(path)? {
            None => Err(Failure(FileError::NotFound)),
            Some(content) if content.len() > limit => Err(Failure(FileError::TooLarge)),
            Some(content) => Ok(content.clone()),
        })
    }

    /// Whether a file may be written whatever the disk says.
    pub(super) fn takes(&self, path: &str) -> bool {
        let is_there = matches!(self.inner.lock().get(path), Some(Some(_)));
        !self.to_disk && (self.takes_all || is_there)
    }

    /// A folder's entries, from those that the disk has, or its failure. The second part of both is
    /// how many names were left out.
    pub(super) fn list(
        &self,
        path: &str,
        found: Result<(Vec<DirEntry>, usize), Failure>,
    ) -> Result<(Vec<DirEntry>, usize), Failure> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let inner = self.inner.lock();
        let within = inner.files.iter().filter_map(|(path, content)| {
            let rest = path.strip_prefix(&prefix)?;
            let (name, kind) = match rest.split_once('/') {
                Some((folder, _)) => (folder, Kind::Folder),
                None => (rest, Kind::File),
            };
            Some((name, kind, content.is_some()))
        });
        let is_folder = within.clone().any(|(_, _, is_there)| is_there);
        let (mut entries, left_out) = match found {
            Err(_) if is_folder => Default::default(),
            found => found?,
        };
        // The entries are in the order of their names.
        for (name, kind, is_there) in within {
            let place = entries.partition_point(|entry: &DirEntry| *entry.name < *name);
            let is_known = entries.get(place).is_some_and(|entry| entry.name == name);
            if is_there && !is_known {
                entries.insert(place, DirEntry { name: name.to_owned(), kind });
            } else if !is_there && is_known && kind == Kind::File {
                entries.remove(place);
            }
        }
        Ok((entries, left_out))
    }

    /// Those of a call's writes that go to the disk.
    pub(super) fn to_disk<'w>(&self, writes: &'w [Write]) -> &'w [Write] {
        if self.to_disk { writes } else { &[] }
    }

    /// Keeps what a call has written, once it is committed.
    pub(super) fn keep(&self, writes: Vec<Write>) {
        let mut inner = self.inner.lock();
        for Write { path, content } in &writes {
            inner.set(path.clone(), Some(content.clone()));
        }
        inner.written.extend(writes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: Result<(Vec<DirEntry>, usize), Failure>) -> Vec<String> {
        list.unwrap().0.into_iter().map(|entry| entry.name).collect()
    }

    #[test]
    fn a_file_is_what_was_given_or_written_last_and_the_disk_has_the_others() {
        let overlay = Overlay::default();
        overlay.set("a".into(), Some(b"given".into()));
        overlay.set("gone".into(), None);
        assert_eq!(overlay.read("a", 5), Some(Ok(b"given".into())));
        assert_eq!(overlay.read("a", 4), Some(Err(Failure(FileError::TooLarge))));
        assert_eq!(overlay.read("gone", 5), Some(Err(Failure(FileError::NotFound))));
        assert_eq!(overlay.read("b", 5), None);
        let write = |path: &str| vec![Write { path: path.into(), content: b"new".into() }];
        assert!(overlay.to_disk(&write("a")).is_empty());
        assert_eq!(Overlay::new(false, true).to_disk(&write("a")).len(), 1);
        overlay.keep(write("b"));
        assert_eq!(overlay.read("b", 5), Some(Ok(b"new".into())));
        assert_eq!(overlay.take_written().len(), 1);
        assert!(overlay.take_written().is_empty());
    }

    #[test]
    fn a_folder_lists_the_files_of_the_disk_and_those_above_them() {
        let overlay = Overlay::default();
        let disk = || {
            let entry = |name: &str| DirEntry { name: name.into(), kind: Kind::File };
            Ok((vec![entry("b"), entry("c")], 0))
        };
        let missing = || Err(Failure(FileError::NotFound));
        assert_eq!(names(overlay.list("", disk())), ["b", "c"]);
        assert_eq!(overlay.list("", missing()).unwrap_err(), Failure(FileError::NotFound));
        for (path, content) in [("c", None), ("a", Some(vec![])), ("d/e", Some(vec![]))] {
            overlay.set(path.into(), content);
        }
        assert_eq!(names(overlay.list("", disk())), ["a", "b", "d"]);
        assert_eq!(names(overlay.list("", missing())), ["a", "d"]);
        assert_eq!(names(overlay.list("d", missing())), ["e"]);
    }
}
