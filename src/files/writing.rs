//! Blocking writes of files.
//!
//! A file is replaced as a whole: its new content goes into a temporary file beside it, which is
//! renamed once all contents of the call are on disk (see `commit`). So there is always the old
//! content or the new, even after a power failure.
//!
//! Kernel files, other users' files and linked files are overwritten in place. Kernel files, such
//! as those under `/sys`, can't be replaced. For the others, a replacement would change more than
//! the content.
//!
//! No file stays open between the steps, because a call may write more files than the process may
//! have open.

use std::{
    fs::{File, Metadata},
    io::{self, Write as _},
    os::unix::fs::MetadataExt as _,
};

use rustix::{
    fs::{Access, AtFlags, Mode, OFlags, accessat, fchmod, openat, renameat, statat, unlinkat},
    io::Errno,
};
use wit_core::host::FileError;

use super::{
    Failure,
    folders::{Destination, InUse},
};
use crate::sandboxed_dir::{Identity, SandboxedDir};

/// The flags to create a temporary file.
const CREATE_FLAGS: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::CLOEXEC);

/// The place of a file to write.
pub(super) struct Target<'a> {
    /// As the actor gave it, for messages.
    requested: &'a str,
    folder: &'a SandboxedDir,
    /// The path in that folder.
    path: &'a str,
    /// The path of the file's parent folder.
    parent_path: &'a str,
    name: &'a str,
    /// `None` if there is no such file yet. Otherwise the new one gets its mode and owner.
    existing: Option<Metadata>,
}

/// Checks whether a file could be written now, without changing it.
///
/// # Errors
/// See [`Failure`].
pub(super) fn check(folders: &InUse<'_>, path: &str) -> Result<(), Failure> {
    let target = Target::find(folders, path)?;
    if target.existing.is_none() {
        accessat(&target.parent()?, ".", Access::WRITE_OK | Access::EXEC_OK, AtFlags::empty())?;
    }
    Ok(())
}

/// A new content in a temporary file beside its target. The temporary file is removed unless it has
/// replaced the target.
pub(super) struct Staged<'a> {
    folder: &'a SandboxedDir,
    /// Finds the file again to rename or remove it.
    parent_path: &'a str,
    /// Identifies the parent folder, in case it is moved.
    id: Identity,
    /// Its number among the temporary files of the same call in that folder.
    number: usize,
    /// The temporary file's name.
    name: String,
    /// Whether it has replaced the target.
    moved: bool,
}

impl<'a> Target<'a> {
    /// Finds the place that a path refers to, and checks that a file there may be written.
    pub(super) fn find(folders: &'a InUse<'_>, path: &'a str) -> Result<Self, Failure> {
        let requested = path;
        let Destination::Inside { folder, writable, path } = folders.find(path)? else {
            return Err(Failure(FileError::WrongKind));
        };
        if path.is_empty() {
            return Err(Failure(FileError::WrongKind));
        }
        if !writable {
            return Err(Failure(FileError::Denied));
        }
        let existing = match folder.regular(path, OFlags::WRONLY) {
            Ok(file) => Some(file.metadata()?),
            // Only this error means that the name is free: a path that leads out has another one.
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NOENT) => None,
            Err(error) => return Err(error.into()),
        };
        let (parent_path, name) = path.rsplit_once('/').unwrap_or(("", path));
        let target = Self { requested, folder, path, parent_path, name, existing };
        target.parent()?;
        Ok(target)
    }

    /// Opens the parent folder.
    fn parent(&self) -> io::Result<SandboxedDir> {
        self.folder.folder(self.parent_path)
    }

    /// Whether the file can be replaced without changing anything but its content.
    fn replaceable(&self, parent: &SandboxedDir) -> Result<bool, Failure> {
        let Some(existing) = &self.existing else { return Ok(true) };
        let own = statat(parent, self.name, AtFlags::SYMLINK_NOFOLLOW)?;
        // If the inodes differ, the name is a link to the file.
        Ok(own.st_ino == existing.ino() && existing.nlink() == 1)
    }

    /// The path that the actor gave.
    pub(super) fn requested(&self) -> &'a str {
        self.requested
    }

    /// Whether both are the same file, as far as it can be replaced.
    pub(super) fn is(&self, other: &Self) -> bool {
        let id = |target: &Self| target.existing.as_ref().map(|file| (file.dev(), file.ino()));
        let same_path = std::ptr::eq(self.folder, other.folder) && self.path == other.path;
        same_path || (id(self).is_some() && id(self) == id(other))
    }

    /// Writes a new content to disk, beside the file. The temporary file is called `new`, unless
    /// one of the `others` of the same call has that name. Returns `None` if the file can only be
    /// written in place.
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
        let id = parent.identity()?;
        let number =
            others.filter(|other| other.id == id).map(|other| other.number + 1).max().unwrap_or(0);
        let name = if number == 0 { new.to_owned() } else { format!("{new}.{number}") };
        let staged = make(&parent, &name).and_then(|file| {
            // From here on, a failure removes the file.
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

    /// Replaces the file by its new content. If the file can't be replaced, for instance because it
    /// is a mount point, it is overwritten.
    ///
    /// # Errors
    /// See [`Failure`].
    pub(super) fn replace(&self, staged: &mut Staged<'_>, content: &[u8]) -> Result<(), Failure> {
        let parent = self.parent()?;
        if parent.identity()? != staged.id {
            return Err(Failure(FileError::Other("its folder was moved meanwhile".into())));
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

    /// Whether this error means that an existing file can't be replaced and must be overwritten.
    fn is_in_place(&self, error: Errno) -> bool {
        let in_place = [Errno::ACCESS, Errno::PERM, Errno::NOENT, Errno::OPNOTSUPP, Errno::BUSY];
        self.existing.is_some() && in_place.contains(&error)
    }

    /// Writes the temporary file. It must be on disk before it is renamed.
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

    /// Overwrites the existing file in a single write: each write to a kernel file is a command.
    ///
    /// # Errors
    /// See [`Failure`].
    pub(super) fn overwrite(&self, content: &[u8]) -> Result<(), Failure> {
        let mut file = self.folder.regular(self.path, OFlags::WRONLY | OFlags::TRUNC)?;
        match file.write(content)? {
            all if all == content.len() => Ok(()),
            some => {
                Err(Failure(FileError::Other(format!("it took {some} of {} bytes", content.len()))))
            }
        }
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        if self.moved {
            return;
        }
        // The failure has been reported already.
        let Ok(parent) = self.folder.folder(self.parent_path) else { return };
        if parent.identity().is_ok_and(|id| id == self.id) {
            let _ = unlinkat(&parent, &*self.name, AtFlags::empty());
        }
    }
}

/// Creates a new file of this name.
fn make(parent: &SandboxedDir, new: &str) -> Result<File, Errno> {
    let mode = Mode::from_raw_mode(0o644);
    let file = match openat(parent, new, CREATE_FLAGS, mode) {
        // Left by a power failure, or put there by somebody else.
        Err(Errno::EXIST) => {
            unlinkat(parent, new, AtFlags::empty())?;
            openat(parent, new, CREATE_FLAGS, mode)?
        }
        made => made?,
    };
    Ok(file.into())
}

/// The error's number. Errors without one become `EIO`.
fn errno(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}
