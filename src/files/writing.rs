//! Blocking changes of files and folders.
//!
//! A file is replaced as a whole: its new content goes into a temporary file beside it, which is
//! renamed once all contents of the call are on disk (see `commit`). So there is always the old
//! content or the new, even after a power failure.
//!
//! Kernel files, other users' files and linked files are overwritten in place. Kernel files, such
//! as those under `/sys`, can't be replaced. For the others, a replacement would change more than
//! the content.
//!
//! A new folder is made under a temporary name too, and renamed. A file in a folder that the same call
//! creates goes first into the nearest folder that is there.
//!
//! No file stays open between the steps, because a call may write more files than the process may
//! have open.

use std::{
    fs::{File, Metadata},
    io::{self, Write as _},
    os::unix::fs::MetadataExt as _,
};

use rustix::{
    fs::{AtFlags, Mode, OFlags, mkdirat, openat, renameat, statat, unlinkat},
    io::Errno,
};
use wit_core::host::FileError;

use super::{
    Failure,
    folders::{Destination, InUse},
    scene::parent,
};
use crate::sandboxed_dir::{Identity, SandboxedDir};

/// The flags to create a temporary file.
const CREATE_FLAGS: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::CLOEXEC);

/// The place of a file to write, or of a folder to create.
pub(super) struct Target<'a> {
    folder: &'a SandboxedDir,
    /// The path in that folder.
    path: &'a str,
    /// The actor's path without links.
    place: &'a str,
    /// `None` if there is no such file yet. Otherwise the new one gets its mode and owner.
    existing: Option<Metadata>,
}

/// A new content in a temporary file near its target, or a new folder. It is removed unless it has
/// become the target.
pub(super) struct Staged<'a> {
    folder: &'a SandboxedDir,
    /// The path of the folder where it is, to find it again.
    at: &'a str,
    /// Identifies that folder, in case it is moved.
    id: Identity,
    /// Its number among the temporary files of the same call in that folder.
    number: usize,
    /// The temporary name.
    name: String,
    /// Whether it is a folder.
    is_folder: bool,
    /// Whether it has become the target.
    moved: bool,
}

impl<'a> Target<'a> {
    /// Finds the file or the folder of a path. `place` is the same path without links. `is_kept` says
    /// that there is a file, which gets another content.
    pub(super) fn find(
        folders: &'a InUse<'_>,
        requested: &'a str,
        place: &'a str,
        is_kept: bool,
    ) -> Result<Self, Failure> {
        // A file is written through the link that leads to it.
        let path = if is_kept { requested } else { place };
        match folders.find(path)? {
            Destination::Inside { path: "", .. } | Destination::Names => {
                Err(Failure(FileError::WrongKind))
            }
            Destination::Inside { writable: false, .. } => Err(Failure(FileError::Denied)),
            Destination::Inside { folder, path, .. } => {
                let existing = match is_kept {
                    true => Some(folder.regular(path, OFlags::WRONLY)?.metadata()?),
                    false => None,
                };
                Ok(Self { folder, path, place, existing })
            }
        }
    }

    /// The name in its folder.
    fn name(&self) -> &'a str {
        self.path.rsplit_once('/').map_or(self.path, |(_, name)| name)
    }

    /// The folder that is nearest to the place: the one around it, or if the same call creates that
    /// one, one further out. Also returns its path.
    fn near(&self) -> Result<(SandboxedDir, &'a str), Failure> {
        let mut at = parent(self.path);
        loop {
            match self.folder.folder(at) {
                Ok(folder) => return Ok((folder, at)),
                Err(error) if Errno::from_io_error(&error) != Some(Errno::NOENT) => {
                    return Err(error.into());
                }
                Err(error) if at.is_empty() => return Err(error.into()),
                Err(_) => at = parent(at),
            }
        }
    }

    /// Whether the file can be replaced without changing anything but its content.
    fn replaceable(&self, parent: &SandboxedDir) -> Result<bool, Failure> {
        let Some(existing) = &self.existing else { return Ok(true) };
        let own = statat(parent, self.name(), AtFlags::SYMLINK_NOFOLLOW)?;
        // If the inodes differ, the name is a link to the file.
        Ok(own.st_ino == existing.ino() && existing.nlink() == 1)
    }

    /// Whether both are the same file, as far as it can be replaced.
    pub(super) fn is(&self, other: &Self) -> bool {
        let id = |target: &Self| target.existing.as_ref().map(|file| (file.dev(), file.ino()));
        self.place == other.place || (id(self).is_some() && id(self) == id(other))
    }

    /// Writes a new content to disk, near the file. The temporary file is called `new`, unless
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
        let (near, at) = self.near()?;
        if !self.replaceable(&near)? {
            return Ok(None);
        }
        let (id, number, name) = free(&near, new, others)?;
        let staged = make(&near, &name).and_then(|file| {
            // From here on, a failure removes the file.
            let folder = self.folder;
            let staged = Staged { folder, at, id, number, name, is_folder: false, moved: false };
            self.fill(file, content)?;
            Ok(staged)
        });
        match staged {
            Err(error) if self.is_in_place(error) => Ok(None),
            staged => Ok(Some(staged?)),
        }
    }

    /// Makes a new folder near its place, under a temporary name like that of a file.
    ///
    /// # Errors
    /// See [`Failure`].
    pub(super) fn stage_folder<'b>(
        &self,
        new: &str,
        others: impl Iterator<Item = &'b Staged<'b>>,
    ) -> Result<Staged<'a>, Failure> {
        let (near, at) = self.near()?;
        let (id, number, name) = free(&near, new, others)?;
        let mode = Mode::from_raw_mode(0o755);
        match mkdirat(&near, &*name, mode) {
            Err(Errno::EXIST) => {
                remove_old(&near, &name)?;
                mkdirat(&near, &*name, mode)?;
            }
            made => made?,
        }
        Ok(Staged { folder: self.folder, at, id, number, name, is_folder: true, moved: false })
    }

    /// Replaces the file by its new content, or puts the new folder there. If the file can't be
    /// replaced, for instance because it is a mount point, it is overwritten.
    ///
    /// # Errors
    /// See [`Failure`].
    pub(super) fn replace(&self, staged: &mut Staged<'_>, content: &[u8]) -> Result<(), Failure> {
        let from = self.folder.folder(staged.at)?;
        if from.identity()? != staged.id {
            return Err(Failure(FileError::Other("its folder was moved meanwhile".into())));
        }
        let to = match parent(self.path) {
            around if around == staged.at => None,
            around => Some(self.folder.folder(around)?),
        };
        match renameat(&from, &*staged.name, to.as_ref().unwrap_or(&from), self.name()) {
            Ok(()) => {
                staged.moved = true;
                Ok(())
            }
            Err(error) if self.is_in_place(error) => self.overwrite(content),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes the file or the empty folder. It is no error if it is gone already.
    ///
    /// # Errors
    /// See [`Failure`].
    pub(super) fn remove(&self, is_folder: bool) -> Result<(), Failure> {
        let flags = if is_folder { AtFlags::REMOVEDIR } else { AtFlags::empty() };
        match unlinkat(&self.folder.folder(parent(self.path))?, self.name(), flags) {
            Err(Errno::NOENT) => Ok(()),
            removed => Ok(removed?),
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
            file.set_permissions(existing.permissions()).map_err(errno)?;
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
        let Ok(folder) = self.folder.folder(self.at) else { return };
        if folder.identity().is_ok_and(|id| id == self.id) {
            let flags = if self.is_folder { AtFlags::REMOVEDIR } else { AtFlags::empty() };
            let _ = unlinkat(&folder, &*self.name, flags);
        }
    }
}

/// Finds a temporary name that none of the `others` of the same call has in a folder. Also returns
/// what the folder is, and the name's number.
fn free<'b>(
    near: &SandboxedDir,
    new: &str,
    others: impl Iterator<Item = &'b Staged<'b>>,
) -> Result<(Identity, usize, String), Errno> {
    let id = near.identity()?;
    let number =
        others.filter(|other| other.id == id).map(|other| other.number + 1).max().unwrap_or(0);
    let name = if number == 0 { new.to_owned() } else { format!("{new}.{number}") };
    Ok((id, number, name))
}

/// Removes what has a temporary name: it was left by a power failure, or put there by somebody else.
fn remove_old(near: &SandboxedDir, name: &str) -> Result<(), Errno> {
    match unlinkat(near, name, AtFlags::empty()) {
        // What Linux and what POSIX says of a folder.
        Err(Errno::ISDIR | Errno::PERM) => unlinkat(near, name, AtFlags::REMOVEDIR),
        removed => removed,
    }
}

/// Creates a new file of this name.
fn make(parent: &SandboxedDir, new: &str) -> Result<File, Errno> {
    let mode = Mode::from_raw_mode(0o644);
    let file = match openat(parent, new, CREATE_FLAGS, mode) {
        Err(Errno::EXIST) => {
            remove_old(parent, new)?;
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
