//! A model of the files and folders of the courier: a second implementation of what `src/files` lets a
//! call see and do.

use std::{collections::BTreeMap, fs, path::Path};

/// The guest's paths. The last is the actor's folder itself.
pub(super) const PATHS: [&str; 6] = ["a", "b", "a/a", "a/b", "a/a/a", ""];

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A file with this many zeroes.
    File(usize),
    /// A folder.
    Folder,
}

/// Files and folders by their paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree(BTreeMap<String, Node>);

/// A change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Puts this many zeroes into a file.
    Write(usize),
    /// Deletes a file.
    Delete,
    /// Creates a folder.
    CreateFolder,
    /// Deletes an empty folder.
    DeleteFolder,
}

/// The cases of an error of `footlight:host/files`.
pub(super) const NOT_FOUND: u32 = 0;
pub(super) const WRONG_KIND: u32 = 2;
pub(super) const TOO_LARGE: u32 = 3;
pub(super) const LIMIT: u32 = 4;
const OTHER: u32 = 6;
const EXISTS: u32 = 7;
const NOT_EMPTY: u32 = 8;

impl Tree {
    /// What the disk has.
    pub(super) fn of(folder: &Path) -> Self {
        let mut tree = Self::default();
        tree.read(folder, "");
        tree
    }

    /// Adds what a folder has, whose path begins with `prefix`.
    fn read(&mut self, folder: &Path, prefix: &str) {
        for entry in fs::read_dir(folder).expect("it is there") {
            let entry = entry.expect("it can be read");
            let path = format!("{prefix}{}", entry.file_name().to_str().expect("its own name"));
            let node = if entry.file_type().expect("it has one").is_dir() {
                self.read(&entry.path(), &format!("{path}/"));
                Node::Folder
            } else {
                let content = fs::read(entry.path()).expect("it can be read");
                assert!(content.iter().all(|byte| *byte == 0), "{path}: {content:?}");
                Node::File(content.len())
            };
            self.0.insert(path, node);
        }
    }

    /// What is at a path.
    fn get(&self, path: &str) -> Option<Node> {
        if path.is_empty() { Some(Node::Folder) } else { self.0.get(path).copied() }
    }

    /// The number of entries of a folder.
    fn entries(&self, path: &str) -> usize {
        self.0.keys().filter(|inner| parent(inner) == path).count()
    }

    /// What a call finds at a path, above what is on the disk.
    fn look(&self, path: &str, disk: &Self) -> Result<Option<Node>, u32> {
        let mut above = path;
        while !above.is_empty() {
            above = parent(above);
            if matches!(disk.get(above), Some(Node::File(_))) {
                return Err(WRONG_KIND);
            }
        }
        Ok(self.get(path))
    }

    /// What is at a path.
    pub(super) fn info(&self, path: &str, disk: &Self) -> Result<Node, u32> {
        self.look(path, disk)?.ok_or(NOT_FOUND)
    }

    /// The length of a file.
    pub(super) fn len(&self, path: &str, disk: &Self) -> Result<usize, u32> {
        match self.info(path, disk)? {
            Node::File(len) => Ok(len),
            Node::Folder => Err(WRONG_KIND),
        }
    }

    /// The number of entries of a folder.
    pub(super) fn list(&self, path: &str, disk: &Self) -> Result<usize, u32> {
        match self.info(path, disk)? {
            Node::File(_) => Err(WRONG_KIND),
            Node::Folder => Ok(self.entries(path)),
        }
    }

    /// Makes a change.
    pub(super) fn change(&mut self, path: &str, change: Change, disk: &Self) -> Result<(), u32> {
        let found = self.look(path, disk)?;
        let node = match change {
            Change::Write(len) => Some(Node::File(len)),
            Change::CreateFolder => Some(Node::Folder),
            Change::Delete | Change::DeleteFolder => None,
        };
        match (change, found) {
            (Change::CreateFolder, Some(_)) => return Err(EXISTS),
            (Change::Write(_) | Change::CreateFolder, None) => {
                // The old one goes only when the call is committed.
                let is_folder = |node| node == Node::Folder;
                let old = disk.get(path).map(is_folder);
                if old.is_some_and(|old| Some(old) != node.map(is_folder)) {
                    return Err(OTHER);
                }
                match self.get(parent(path)) {
                    Some(Node::Folder) => {}
                    Some(Node::File(_)) => return Err(WRONG_KIND),
                    None => return Err(NOT_FOUND),
                }
            }
            (Change::Write(_) | Change::Delete, Some(Node::File(_))) => {}
            (Change::DeleteFolder, Some(Node::Folder)) if !path.is_empty() => {
                if self.entries(path) > 0 {
                    return Err(NOT_EMPTY);
                }
            }
            (_, Some(_)) => return Err(WRONG_KIND),
            (_, None) => return Err(NOT_FOUND),
        }
        match node {
            Some(node) => self.0.insert(path.into(), node),
            None => self.0.remove(path),
        };
        Ok(())
    }
}

/// The path of the folder around a path.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}
