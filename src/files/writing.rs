//! Writing files, waiting for the system.
//!
//! A file is replaced as a whole: its new content goes into a file beside it, which then takes
//! its name. So there is always the old content or the new, also when the power fails. Where
//! that can't be, the content is written into the file that is there: what the kernel makes up
//! (under `/sys`, for instance) can't be replaced, and of a file that has another owner, several
//! names, or a link to it, more would be replaced than its content.

use std::{
    fs::{File, Metadata},
    io::Write as _,
    os::unix::fs::MetadataExt as _,
};

use rustix::{
    fs::{Access, AtFlags, Mode, OFlags, accessat, fchmod, openat, renameat, statat, unlinkat},
    io::Errno,
};

use super::{
    Failure,
    folders::{Folders, Place, Shared},
};
use crate::folder::Folder;

/// How a file is opened that takes another's place.
const NEW: OFlags = OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::CLOEXEC);

/// Where something is to be written.
struct Target<'a> {
    /// The folder in which paths are looked up.
    folder: &'a Folder,
    /// The whole path in it.
    path: &'a str,
    /// The folder that holds the file.
    parent: Folder,
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
        accessat(&target.parent, ".", Access::WRITE_OK | Access::EXEC_OK, AtFlags::empty())?;
    }
    Ok(())
}

/// Writes a file. `new` is the name of the file that takes its place.
///
/// # Errors
/// See [`Failure`].
pub(super) fn write(
    folders: &Folders,
    path: &str,
    content: &[u8],
    new: &str,
) -> Result<(), Failure> {
    let target = Target::find(folders, path)?;
    if !target.replaceable()? {
        return target.overwrite(content);
    }
    match target.replace(content, new) {
        // Nothing can be made beside it, or it can't be moved away, for instance because it was
        // mounted: it may still be written to.
        Err(Errno::ACCESS | Errno::PERM | Errno::NOENT | Errno::OPNOTSUPP | Errno::BUSY)
            if target.existing.is_some() =>
        {
            target.overwrite(content)
        }
        done => Ok(done?),
    }
}

impl<'a> Target<'a> {
    /// Finds where a path leads, and whether a file there may be written.
    fn find(folders: &'a Folders, path: &'a str) -> Result<Self, Failure> {
        let Place::Inside(Shared { writable, folder, .. }, path) = folders.find(path)? else {
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
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        Ok(Self { folder, path, parent: folder.folder(above)?, name, existing })
    }

    /// Whether another file can take this one's place without anything else changing.
    fn replaceable(&self) -> Result<bool, Failure> {
        let Some(existing) = &self.existing else { return Ok(true) };
        let own = statat(&self.parent, self.name, AtFlags::SYMLINK_NOFOLLOW)?;
        // Else what stands under the name is a link to it.
        Ok(own.st_ino == existing.ino() && existing.nlink() == 1)
    }

    /// Lets a new file take the place of this one.
    fn replace(&self, content: &[u8], new: &str) -> Result<(), Errno> {
        let file = self.make(new)?;
        let done = self
            .fill(file, content)
            .and_then(|()| renameat(&self.parent, new, &self.parent, self.name));
        if done.is_err() {
            // It has been told already what is wrong.
            let _ = unlinkat(&self.parent, new, AtFlags::empty());
        }
        done
    }

    /// Makes the new file.
    fn make(&self, new: &str) -> Result<File, Errno> {
        let mode = Mode::from_raw_mode(0o644);
        let file = match openat(&self.parent, new, NEW, mode) {
            // Left there when the power failed, or put there by somebody else.
            Err(Errno::EXIST) => {
                unlinkat(&self.parent, new, AtFlags::empty())?;
                openat(&self.parent, new, NEW, mode)?
            }
            made => made?,
        };
        Ok(file.into())
    }

    /// Writes the new file, such that it is on the disk before it has its name.
    fn fill(&self, mut file: File, content: &[u8]) -> Result<(), Errno> {
        let errno = |error: std::io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
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
    fn overwrite(&self, content: &[u8]) -> Result<(), Failure> {
        let mut file = self.folder.regular(self.path, OFlags::WRONLY | OFlags::TRUNC)?;
        match file.write(content)? {
            all if all == content.len() => Ok(()),
            some => Err(Failure::Other(format!("it took {some} of {} bytes", content.len()))),
        }
    }
}
