//! A folder that no path can escape from.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

use rustix::{
    fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, openat, readlinkat, stat, statat},
    io::Errno,
};

use crate::platform::{self, LOOK};

/// The flags for every open: don't pass it on to other programs, don't wait for a pipe's other end,
/// don't make it the process's terminal.
const FLAGS: OFlags = OFlags::CLOEXEC.union(OFlags::NONBLOCK).union(OFlags::NOCTTY);
/// The flags to open a folder on the way to a path's end.
const ON_THE_WAY: OFlags =
    LOOK.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// Linux refuses paths of this many bytes and more (`PATH_MAX`).
const TOO_LONG: usize = 4096;
/// The longest name of a file or a folder, in bytes (`NAME_MAX`).
const LONGEST_NAME: usize = 255;
/// The most links on the way of a path, as in Linux.
const MAX_LINKS: usize = 40;
/// The most steps on the way of a path. Each `..` in a link walks the way to it again.
const MAX_STEPS: usize = 10_000;

/// What a file or a folder is, by whatever name: its device and its inode.
pub(crate) type Identity = (u64, u64);

/// An open folder. It stays the same folder even if it is moved or replaced.
///
/// A path that contains a zero byte or an empty part, `.` or `..` is not found. Links are followed
/// if they stay inside. A link with an absolute path leads out, wherever that path is.
///
/// The links are read here, part by part, and not by the kernel. So it is known through which names
/// a path really leads, and all kernels behave alike.
#[derive(Debug)]
pub(crate) struct SandboxedDir(OwnedFd);

impl SandboxedDir {
    /// Opens a folder by its path in the file system.
    ///
    /// # Errors
    /// It does not exist, or may not be read.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(openat(CWD, path, FLAGS | OFlags::DIRECTORY, Mode::empty())?))
    }

    /// Opens a file or a folder inside, for reading. A name that begins with a dot is not found. This
    /// holds for the names in links, too.
    ///
    /// # Errors
    /// It does not exist inside, is hidden, or may not be read.
    pub(crate) fn visible(&self, path: &str) -> io::Result<File> {
        Ok(self.inside(path, OFlags::RDONLY, false)?.into())
    }

    /// Opens a regular file inside, with these `flags`. Anything else is not opened at all, because
    /// opening a device may have an effect.
    ///
    /// # Errors
    /// It does not exist inside, is not a regular file (`Unsupported`), or may not be opened.
    pub(crate) fn regular(&self, path: &str, flags: OFlags) -> io::Result<File> {
        let check = |kind| match kind {
            FileType::RegularFile => Ok(()),
            FileType::Directory => Err(io::ErrorKind::IsADirectory.into()),
            _ => Err(io::Error::from(io::ErrorKind::Unsupported)),
        };
        check(self.kind(path)?)?;
        let file = self.inside(path, flags, true)?;
        // Checked again, because another file may have replaced it.
        check(FileType::from_raw_mode(fstat(&file)?.st_mode))?;
        Ok(file.into())
    }

    /// Opens a folder inside. The empty path is this folder.
    ///
    /// # Errors
    /// It does not exist inside, is not a folder, or may not be read.
    pub(crate) fn folder(&self, path: &str) -> io::Result<Self> {
        if path.is_empty() {
            return Ok(Self(self.0.try_clone()?));
        }
        Ok(Self(self.inside(path, OFlags::RDONLY | OFlags::DIRECTORY, true)?))
    }

    /// The kind of what is at a path inside. Links are followed.
    ///
    /// # Errors
    /// It does not exist inside.
    pub(crate) fn kind(&self, path: &str) -> io::Result<FileType> {
        Ok(FileType::from_raw_mode(fstat(self.inside(path, LOOK, true)?)?.st_mode))
    }

    /// The size of what is at a path inside, in bytes. Links are followed.
    ///
    /// # Errors
    /// It does not exist inside.
    pub(crate) fn size(&self, path: &str) -> io::Result<u64> {
        let size = fstat(self.inside(path, LOOK, true)?)?.st_size;
        Ok(u64::try_from(size).unwrap_or_default())
    }

    /// The path at which something inside really is: no part of it is a link. What is missing at the
    /// end of the path is kept as it is. Also returns whether the path's last part is a link. A link
    /// to nothing is its own place.
    ///
    /// # Errors
    /// It does not lead inside.
    pub(crate) fn resolve(&self, path: &str) -> io::Result<(Vec<u8>, bool)> {
        let mut way = Way::default();
        let Way { behind, ahead, link, .. } = match self.walk(path, LOOK, true, &mut way) {
            Ok(_) => return Ok((way.behind.join(&b'/'), way.link.is_some())),
            Err(error) if Errno::from_io_error(&error) != Some(Errno::NOENT) => return Err(error),
            Err(error) if way.is_of_link && way.link.is_none() => return Err(error),
            Err(_) => way,
        };
        if let Some(link) = link {
            return Ok((link.join(&b'/'), true));
        }
        if ahead.iter().any(|name| name.len() > LONGEST_NAME) {
            return Err(Errno::NAMETOOLONG.into());
        }
        let parts: Vec<_> = behind.into_iter().chain(ahead.into_iter().rev()).collect();
        Ok((parts.join(&b'/'), false))
    }

    /// What this folder is.
    ///
    /// # Errors
    /// The disk has failed.
    pub(crate) fn identity(&self) -> Result<Identity, Errno> {
        Ok(identity(&fstat(&self.0)?))
    }

    /// What this folder is, and then what all folders around it are.
    ///
    /// # Errors
    /// A folder may not be looked at.
    pub(crate) fn around(&self) -> io::Result<Vec<Identity>> {
        let root = identity(&stat("/")?);
        let mut all = vec![self.identity()?];
        let mut path = String::from("..");
        loop {
            let next = identity(&statat(&self.0, &*path, AtFlags::empty())?);
            // The root is around itself.
            if next == root && all.last() == Some(&root) {
                return Ok(all);
            }
            all.push(next);
            path += "/..";
        }
    }

    /// Opens what is at a path inside. `hidden` allows names that begin with a dot.
    fn inside(&self, path: &str, flags: OFlags, hidden: bool) -> io::Result<OwnedFd> {
        self.walk(path, flags, hidden, &mut Way::default())
    }

    /// The same, and leaves the way there, or to the part that can't be opened.
    fn walk(&self, path: &str, flags: OFlags, hidden: bool, way: &mut Way) -> io::Result<OwnedFd> {
        let nowhere = |part: &str| matches!(part, "" | "." | "..") || part.contains('\0');
        if path.split('/').any(nowhere) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if path.len() >= TOO_LONG {
            return Err(Errno::NAMETOOLONG.into());
        }
        // On Linux, `PATH` allows few other flags.
        let more = if flags.contains(LOOK) { OFlags::CLOEXEC } else { FLAGS };
        let flags = flags | more | OFlags::NOFOLLOW;
        let Way { behind, ahead, is_of_link, link } = way;
        add(ahead, path.as_bytes());
        let mut at: Option<OwnedFd> = None;
        // How many parts were ahead at the last link of the path itself. The parts above these are
        // of links.
        let (mut links, mut own) = (0, usize::MAX);
        for _ in 0..MAX_STEPS {
            let name = ahead.pop().unwrap_or_else(|| b".".to_vec());
            let is_last = ahead.is_empty();
            *is_of_link = ahead.len() >= own;
            let folder = at.as_ref().unwrap_or(&self.0).as_fd();
            match &*name {
                b"." if is_last => return Ok(openat(folder, ".", flags, Mode::empty())?),
                b"." => continue,
                // The folder around `at` may have changed, so the way is walked again.
                b".." => {
                    behind.pop().ok_or(Errno::XDEV)?;
                    ahead.extend(behind.drain(..).rev());
                    at = None;
                    continue;
                }
                [b'.', ..] if !hidden => return Err(io::ErrorKind::NotFound.into()),
                _ => {}
            }
            let how = if is_last { flags } else { ON_THE_WAY };
            let opened = openat(folder, &*name, how, Mode::empty());
            let may_be_link = match opened {
                Ok(_) => is_last && flags.contains(LOOK),
                Err(error) => matches!(error, Errno::LOOP | Errno::NOTDIR),
            };
            if may_be_link && let Ok(target) = readlinkat(folder, &*name, Vec::new()) {
                links += 1;
                if links > MAX_LINKS {
                    return Err(Errno::LOOP.into());
                }
                if target.as_bytes().starts_with(b"/") {
                    return Err(Errno::XDEV.into());
                }
                if !*is_of_link {
                    own = ahead.len();
                    *link = is_last.then(|| behind.iter().cloned().chain([name]).collect());
                }
                add(ahead, target.as_bytes());
                continue;
            }
            let opened = match opened {
                Ok(opened) => opened,
                Err(error) => {
                    ahead.push(name);
                    return Err(error.into());
                }
            };
            behind.push(name);
            if is_last {
                return Ok(opened);
            }
            at = Some(opened);
        }
        Err(Errno::LOOP.into())
    }
}

/// The way of a path inside a folder.
#[derive(Default)]
struct Way {
    /// The parts from the folder to where it is, none of which is a link.
    behind: Vec<Vec<u8>>,
    /// The parts that follow. The next one is the last.
    ahead: Vec<Vec<u8>>,
    /// Whether the part at which it is comes from a link.
    is_of_link: bool,
    /// Where the path's last part is, if that is a link.
    link: Option<Vec<Vec<u8>>>,
}

/// Adds the parts of a path, the first one last. After a `/` at its end there must be a folder.
fn add(ahead: &mut Vec<Vec<u8>>, path: &[u8]) {
    if path.ends_with(b"/") {
        ahead.push(b".".to_vec());
    }
    let parts = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty());
    ahead.extend(parts.rev().map(<[u8]>::to_vec));
}

/// What a file or a folder is.
fn identity(found: &Stat) -> Identity {
    (platform::device(found), found.st_ino)
}

impl AsFd for SandboxedDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests;
