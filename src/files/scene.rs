//! The files and folders as a call sees them: its own changes, above what a script says, above the
//! disk.

use std::io;

use bytes::Bytes;
use rustix::{
    fs::{Access, AtFlags, Dir, FileType, OFlags, accessat},
    io::Errno,
};
use wit_core::host::{FileError, FileInfo, Kind};

use super::{
    DirEntry, Failure,
    change::{Answer, Asked, What},
    folders::{Destination, InUse},
    reading,
    view::{Seen, View},
};
use crate::{convert::to_u64, sandboxed_dir::SandboxedDir};

/// What a call sees.
pub(super) struct Scene<'s> {
    pub(super) folders: &'s InUse<'s>,
    /// What the call has changed so far.
    pub(super) own: &'s View,
    /// What a script says; empty for a host that serves.
    pub(super) script: &'s View,
    /// Whether a path that no folder has may be changed.
    pub(super) takes_all: bool,
}

/// A path without links.
#[derive(Debug)]
struct Place {
    /// It begins as the actor's paths do.
    path: String,
    /// Whether the last part of the actor's path is a link.
    is_link: bool,
}

/// What is at a place.
enum Thing<'s> {
    /// A file, with its content if the disk has another one.
    File(Option<&'s Bytes>),
    /// A folder, and whether the disk may have more of it.
    Folder { on_disk: bool },
    /// Neither.
    Other,
}

impl<'s> Scene<'s> {
    /// Whether the disk knows everything.
    fn is_bare(&self) -> bool {
        self.own.is_empty() && self.script.is_empty() && !self.takes_all
    }

    /// Finds the place that a path leads to. What lies there need not exist.
    fn place(&self, path: &str) -> Result<Place, Failure> {
        let literal = || Place { path: path.to_owned(), is_link: false };
        if self.takes_all || self.script.knows(path) {
            let is_path = |part: &str| !matches!(part, "" | "." | "..") && !part.contains('\0');
            let leads_inside = path.is_empty() || path.split('/').all(is_path);
            return if leads_inside { Ok(literal()) } else { Err(Failure(FileError::NotFound)) };
        }
        let Destination::Inside { folder, path: rest, .. } = self.folders.find(path)? else {
            return Ok(literal());
        };
        if rest.is_empty() {
            return Ok(literal());
        }
        let (real, is_link) = folder.resolve(rest)?;
        let start = path.get(..path.len().saturating_sub(rest.len())).unwrap_or_default();
        let real = String::from_utf8(real).ok();
        let path = real.map_or_else(|| path.to_owned(), |real| format!("{start}{real}"));
        Ok(Place { path, is_link })
    }

    /// What is at a place; `None` if there is nothing.
    fn look(&self, place: &str) -> Result<Option<Thing<'s>>, Failure> {
        for view in [self.own, self.script] {
            match view.look(place) {
                Seen::File(content) => return Ok(Some(Thing::File(Some(content)))),
                Seen::New => return Ok(Some(Thing::Folder { on_disk: false })),
                Seen::Folder => return Ok(Some(Thing::Folder { on_disk: true })),
                Seen::Gone => return Ok(None),
                Seen::Unknown => {}
            }
        }
        Ok(match self.on_disk(place)? {
            None => None,
            Some(FileType::RegularFile) => Some(Thing::File(None)),
            Some(FileType::Directory) => Some(Thing::Folder { on_disk: true }),
            Some(_) => Some(Thing::Other),
        })
    }

    /// What the disk has at a place; `None` if it has nothing.
    pub(super) fn on_disk(&self, place: &str) -> Result<Option<FileType>, Failure> {
        if self.takes_all {
            return Ok(place.is_empty().then_some(FileType::Directory));
        }
        let Destination::Inside { folder, path, .. } = self.folders.find(place)? else {
            return Ok(Some(FileType::Directory));
        };
        if path.is_empty() {
            return Ok(Some(FileType::Directory));
        }
        match folder.kind(path) {
            Ok(kind) => Ok(Some(kind)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Answers what a call asks for. A content, and the names of a listing, have at most `limit`
    /// bytes.
    ///
    /// # Errors
    /// See [`Failure`].
    pub(super) fn answer(
        &self,
        path: &str,
        asked: &Asked,
        limit: usize,
    ) -> Result<Answer, Failure> {
        let mut answer = Answer::default();
        match asked {
            Asked::Read => answer.content = self.read(path, limit)?,
            Asked::List => (answer.entries, answer.left_out) = self.list(path, limit)?,
            Asked::Info => answer.info = self.info(path)?,
            Asked::Change(what) => {
                answer.place = self.check(path, what)?;
                if what.content().len() > limit {
                    return Err(Failure(FileError::TooLarge));
                }
            }
        }
        Ok(answer)
    }

    /// Reads a file of at most `limit` bytes.
    fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, Failure> {
        if self.is_bare() {
            return reading::read(self.folders, path, limit);
        }
        match self.look(&self.place(path)?.path)? {
            None => Err(Failure(FileError::NotFound)),
            Some(Thing::File(None)) => reading::read(self.folders, path, limit),
            Some(Thing::File(Some(content))) if content.len() > limit => {
                Err(Failure(FileError::TooLarge))
            }
            Some(Thing::File(Some(content))) => Ok(content.to_vec()),
            Some(_) => Err(Failure(FileError::WrongKind)),
        }
    }

    /// Lists a folder: see [`reading::list`].
    fn list(&self, path: &str, limit: usize) -> Result<(Vec<DirEntry>, usize), Failure> {
        if self.is_bare() {
            return reading::list(self.folders, path, limit);
        }
        let place = self.place(path)?.path;
        let on_disk = match self.look(&place)? {
            None => return Err(Failure(FileError::NotFound)),
            Some(Thing::Folder { on_disk }) => on_disk,
            Some(_) => return Err(Failure(FileError::WrongKind)),
        };
        let found = match on_disk {
            true if self.is_on_disk(&place)? => reading::list(self.folders, path, limit)?,
            _ => Default::default(),
        };
        let (mut entries, left_out) = found;
        if self.own.look(&place) != Seen::New {
            self.script.list(&place, &mut entries);
        }
        self.own.list(&place, &mut entries);
        if entries.iter().map(|entry| entry.name.len()).sum::<usize>() > limit {
            return Err(Failure(FileError::TooLarge));
        }
        Ok((entries, left_out))
    }

    /// Whether the disk has a folder at a place.
    fn is_on_disk(&self, place: &str) -> Result<bool, Failure> {
        Ok(self.on_disk(place)? == Some(FileType::Directory))
    }

    /// What is at a path.
    fn info(&self, path: &str) -> Result<FileInfo, Failure> {
        let of = |kind, size| Ok(FileInfo { kind, size });
        match self.look(&self.place(path)?.path)? {
            None => Err(Failure(FileError::NotFound)),
            Some(Thing::File(Some(content))) => of(Kind::File, to_u64(content.len())),
            Some(Thing::File(None)) => of(Kind::File, reading::size(self.folders, path)?),
            Some(Thing::Folder { .. }) => of(Kind::Folder, 0),
            Some(Thing::Other) => of(Kind::Other, 0),
        }
    }

    /// Checks a change as far as that is possible in advance. Returns its place.
    ///
    /// # Errors
    /// See [`Failure`].
    pub(super) fn check(&self, path: &str, what: &What) -> Result<String, Failure> {
        let Place { path: place, is_link } = self.place(path)?;
        let found = self.look(&place)?;
        if *what == What::CreateFolder && (found.is_some() || is_link) {
            return Err(Failure(FileError::Exists));
        }
        // What a script has given is the script's. What the call has written was checked.
        let is_above = self.takes_all || matches!(found, Some(Thing::File(Some(_))));
        if !is_above {
            self.writable(path)?;
        }
        match (what, found) {
            (What::Write(_), Some(Thing::File(None))) => {
                let (folder, rest) = self.writable(path)?;
                folder.regular(rest, OFlags::WRONLY)?;
            }
            (What::Write(_), Some(Thing::File(_))) => {}
            (What::Write(_) | What::CreateFolder, None) => self.check_new(&place, what)?,
            (_, None) => return Err(Failure(FileError::NotFound)),
            // A link is the operator's.
            (What::Delete, Some(Thing::File(_))) if !is_link => {
                if !is_above {
                    self.check_parent(&place)?;
                }
            }
            (What::DeleteFolder, Some(Thing::Folder { .. })) if !is_link => {
                self.check_empty(&place)?;
                self.check_parent(&place)?;
            }
            _ => return Err(Failure(FileError::WrongKind)),
        }
        Ok(place)
    }

    /// Checks that something new can be made at a place where nothing is.
    fn check_new(&self, place: &str, what: &What) -> Result<(), Failure> {
        let is_folder = *what == What::CreateFolder;
        match self.on_disk(place)? {
            // The old one goes only when the call is committed.
            Some(old) if (old == FileType::Directory) != is_folder => {
                let why = "a file and a folder can't take each other's place in one call";
                Err(Failure(FileError::Other(why.into())))
            }
            _ => self.check_parent(place),
        }
    }

    /// Checks that the folder around a place is there, and that the host may change what is in it.
    fn check_parent(&self, place: &str) -> Result<(), Failure> {
        if self.takes_all {
            return Ok(());
        }
        let parent = parent(place);
        match self.look(parent)? {
            None => return Err(Failure(FileError::NotFound)),
            Some(Thing::Folder { .. }) if self.is_on_disk(parent)? => {}
            Some(Thing::Folder { .. }) => return Ok(()),
            Some(_) => return Err(Failure(FileError::WrongKind)),
        }
        let Destination::Inside { folder, path, .. } = self.folders.find(parent)? else {
            return Err(Failure(FileError::WrongKind));
        };
        let mode = Access::WRITE_OK | Access::EXEC_OK;
        Ok(accessat(folder.folder(path)?, ".", mode, AtFlags::empty())?)
    }

    /// The folder of a path that may be changed, and the rest of the path.
    fn writable<'p>(&'p self, path: &'p str) -> Result<(&'p SandboxedDir, &'p str), Failure> {
        match self.folders.find(path)? {
            Destination::Inside { path: "", .. } | Destination::Names => {
                Err(Failure(FileError::WrongKind))
            }
            Destination::Inside { writable: false, .. } => Err(Failure(FileError::Denied)),
            Destination::Inside { folder, path, .. } => Ok((folder, path)),
        }
    }

    /// Checks that nothing is in a folder, except what the call has deleted.
    fn check_empty(&self, place: &str) -> Result<(), Failure> {
        let mut above = Vec::new();
        if self.own.look(place) != Seen::New {
            self.script.list(place, &mut above);
        }
        self.own.list(place, &mut above);
        if !above.is_empty() {
            return Err(Failure(FileError::NotEmpty));
        }
        let is_new = [self.own, self.script].iter().any(|view| view.look(place) == Seen::New);
        if is_new || !self.is_on_disk(place)? {
            return Ok(());
        }
        let Destination::Inside { folder, path, .. } = self.folders.find(place)? else {
            return Err(Failure(FileError::WrongKind));
        };
        for found in Dir::read_from(folder.folder(path)?)? {
            let found = found?;
            let name = found.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            let inner = str::from_utf8(name).map(|name| format!("{place}/{name}"));
            let is_gone = inner.is_ok_and(|inner| {
                [self.own, self.script].iter().any(|view| view.look(&inner) == Seen::Gone)
            });
            if !is_gone {
                return Err(Failure(FileError::NotEmpty));
            }
        }
        Ok(())
    }
}

/// The path of the folder around a place.
pub(super) fn parent(place: &str) -> &str {
    place.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// Whether this error means that a name is free. A path that leads out has another one.
fn is_missing(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::NOENT)
}
