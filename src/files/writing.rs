//! Writing a file, waiting for the system.
//!
//! A file is replaced as a whole: its new content goes into a file staged it, which takes its name
//! when all of the call's are there (see `commit`). So there is always the old content or the new,
//! also when the power fails. Where that can't be, the content is written into the file that is
//! there: what the kernel makes up (under `/sys`, for instance) can't be replaced, and of a file
//! that has another owner, several names, or a link to it, more would be replaced than its content.
//!
//! Nothing stays open from one step to the next: a call may write more files than the process may
//! have open.

use std::{
    fs::{File, Metadata},
    io::{self, Write as _},
    os::unix::fs::MetadataExt as _,
};

use rustix::{
    fs::{
        Access, AtFlags, Mode, OFlags, accessat, fchmod, fstat, openat, renameat, statat, unlinkat,
    },
    io::Errno,
};

use super::{
    Failure,
    folders::{Destination, Folders, Shared},
};
use crate::sandboxed_dir::SandboxedDir;

/// How a file is opened that takes another's place.
const CREATE_FLAGS: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::CLOEXEC);

/// Where something is to be written.
pub(super) struct Target<'a> {
    /// The path that the actor gave.
    requested: &'a str,
    /// The folder in which paths are looked up.
    folder: &'a SandboxedDir,
    /// The whole path in it.
    path: &'a str,
    /// The path of the folder that holds the file.
    parent_path: &'a str,
    /// The file's name there.
    name: &'a str,
    /// The file, if there is one.
    existing: Option<Metadata>,
}

/// Looks whether a file could be written now. It is not touched.
///
/// # Errors
/// See [`Failure`].
pub(super) fn check(folders: &Folders, path: &str) -> Result<(), Failure> {
    let target = Target::find(folders, path)?;
    if target.existing.is_none() {
        accessat(&target.parent()?, ".", Access::WRITE_OK | Access::EXEC_OK, AtFlags::empty())?;
    }
    Ok(())
}

/// A new content that waits staged the file whose place it is to take. It is removed if it does not.
pub(super) struct Staged<'a> {
    /// The folder in which paths are looked up.
    folder: &'a SandboxedDir,
    /// The path of the folder that holds both.
    parent_path: &'a str,
    /// What tells that folder from every other.
    id: DirId,
    /// Its number among those of the same call that are in that folder.
    number: usize,
    /// Its name.
    name: String,
    /// Whether it has taken its place.
    moved: bool,
}

/// What tells a file or a folder from every other: device and inode.
type DirId = (u64, u64);

impl<'a> Target<'a> {
    /// Finds where a path leads, and whether a file there may be written.
    pub(super) fn find(folders: &'a Folders, path: &'a str) -> Result<Self, Failure> {
        let requested = path;
        let Destination::Inside(Shared { writable, folder, .. }, path) = folders.find(path)? else {
            return Err(Failure::WrongKind);
        };
        if path.is_empty() {
            return Err(Failure::WrongKind);
        }
        if !writable {
            return Err(Failure::Denied);
        }
        let existing = match folder.regular(path, OFlags::WRONLY) {
            Ok(file) => Some(file.metadata()?),
            // Only this means that the name is free: a path that leads out is not found either.
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NOENT) => None,
            Err(error) => return Err(error.into()),
        };
        let (parent_path, name) = path.rsplit_once('/').unwrap_or(("", path));
        let target = Self { requested, folder, path, parent_path, name, existing };
        target.parent()?;
        Ok(target)
    }

    /// Opens the folder that holds the file.
    fn parent(&self) -> io::Result<SandboxedDir> {
        self.folder.folder(self.parent_path)
    }

    /// Whether another file can take this one's place without anything else changing.
    fn replaceable(&self, parent: &SandboxedDir) -> Result<bool, Failure> {
        let Some(existing) = &self.existing else { return Ok(true) };
        let own = statat(parent, self.name, AtFlags::SYMLINK_NOFOLLOW)?;
        // Else what stands under the name is a link to it.
        Ok(own.st_ino == existing.ino() && existing.nlink() == 1)
    }

    /// The path that the actor gave.
    pub(super) fn requested(&self) -> &'a str {
        self.requested
    }

    /// Whether what is written here and there is the same file, as far as it is one that can be
    /// replaced.
    pub(super) fn is(&self, other: &Self) -> bool {
        let id = |target: &Self| target.existing.as_ref().map(|file| (file.dev(), file.ino()));
        let same_path = std::ptr::eq(self.folder, other.folder) && self.path == other.path;
        same_path || (id(self).is_some() && id(self) == id(other))
    }

    /// Writes a new content staged the file, onto the disk. `new` is the name for it, unless one
    /// of the `others` of the same call has that already. `None` if the file can only be written
    /// in place.
    ///
    /// # Errors
    /// See [`Failure`].
    pub(super) fn stage<'b>(
        &self,
        content: &[u8],
        new: &str,
        others: impl Iterator<Item = &'b Staged<'b>>,
    ) -> Result<Option<Staged<'a>>, Failure> {
        let parent = self.parent()?;
        if !self.replaceable(&parent)? {
            return Ok(None);
        }
        let id = dir_id(&parent)?;
        let number =
            others.filter(|other| other.id == id).map(|other| other.number + 1).max().unwrap_or(0);
        let name = if number == 0 { new.to_owned() } else { format!("{new}.{number}") };
        let staged = make(&parent, &name).and_then(|file| {
            // From here on it is removed when something goes wrong.
            let Self { folder, parent_path, .. } = *self;
            let staged = Staged { folder, parent_path, id, number, name, moved: false };
            self.fill(file, content)?;
            Ok(staged)
        });
        match staged {
            Err(error) if self.is_in_place(error) => Ok(None),
            staged => Ok(Some(staged?)),
        }
    }

    /// Lets a new content take the file's place. Where it can't be moved away, for instance because
    /// it was mounted, it may still be written to.
    ///
    /// # Errors
    /// See [`Failure`].
    pub(super) fn replace(&self, staged: &mut Staged<'_>, content: &[u8]) -> Result<(), Failure> {
        let parent = self.parent()?;
        if dir_id(&parent)? != staged.id {
            return Err(Failure::Other("its folder was moved meanwhile".into()));
        }
        match renameat(&parent, &*staged.name, &parent, self.name) {
            Ok(()) => {
                staged.moved = true;
                Ok(())
            }
            Err(error) if self.is_in_place(error) => self.overwrite(content),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether this error says that nothing can be made staged a file that is there, or can take
    /// its place, so that the file itself is to be written to.
    fn is_in_place(&self, error: Errno) -> bool {
        let in_place = [Errno::ACCESS, Errno::PERM, Errno::NOENT, Errno::OPNOTSUPP, Errno::BUSY];
        self.existing.is_some() && in_place.contains(&error)
    }

    /// Writes the new file, such that it is on the disk before it has its name.
    fn fill(&self, mut file: File, content: &[u8]) -> Result<(), Errno> {
        let errno = |error: io::Error| errno(&error);
        if let Some(existing) = &self.existing {
            let made = file.metadata().map_err(errno)?;
            if (made.uid(), made.gid()) != (existing.uid(), existing.gid()) {
                return Err(Errno::PERM);
            }
            fchmod(&file, Mode::from_raw_mode(existing.mode()))?;
        }
        file.write_all(content).map_err(errno)?;
        file.sync_all().map_err(errno)
    }

    /// Writes into the file that is there, all at once: where the kernel makes a file up, every
    /// writing is a command.
    ///
    /// # Errors
    /// See [`Failure`].
    pub(super) fn overwrite(&self, content: &[u8]) -> Result<(), Failure> {
        let mut file = self.folder.regular(self.path, OFlags::WRONLY | OFlags::TRUNC)?;
        match file.write(content)? {
            all if all == content.len() => Ok(()),
            some => Err(Failure::Other(format!("it took {some} of {} bytes", content.len()))),
        }
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        if self.moved {
            return;
        }
        // It has been told already what is wrong.
        let Ok(parent) = self.folder.folder(self.parent_path) else { return };
        if dir_id(&parent).is_ok_and(|id| id == self.id) {
            let _ = unlinkat(&parent, &*self.name, AtFlags::empty());
        }
    }
}

/// Makes a new file of this name.
fn make(parent: &SandboxedDir, new: &str) -> Result<File, Errno> {
    let mode = Mode::from_raw_mode(0o644);
    let file = match openat(parent, new, CREATE_FLAGS, mode) {
        // Left there when the power failed, or put there by somebody else.
        Err(Errno::EXIST) => {
            unlinkat(parent, new, AtFlags::empty())?;
            openat(parent, new, CREATE_FLAGS, mode)?
        }
        made => made?,
    };
    Ok(file.into())
}

/// What tells a folder from every other.
fn dir_id(folder: &SandboxedDir) -> Result<DirId, Errno> {
    let found = fstat(folder)?;
    Ok((found.st_dev, found.st_ino))
}

/// The number of an error, for those that have none too.
fn errno(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}
