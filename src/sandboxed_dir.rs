//! A folder inside of which files may be opened, and nothing outside of it, whatever a path says.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

use rustix::{
    fs::{CWD, FileType, Mode, OFlags, ResolveFlags, fstat, openat, openat2},
    io::Errno,
};

/// What every opening has: not for programs that are started, not to wait for the other end of
/// a pipe, and not to become the process's terminal.
const FLAGS: OFlags = OFlags::CLOEXEC.union(OFlags::NONBLOCK).union(OFlags::NOCTTY);
/// From so many bytes on a path is too long for Linux (`PATH_MAX`).
const TOO_LONG: usize = 4096;
/// How often a path is looked up that another program changes at the same time.
const TRIES: usize = 8;

/// An open folder. It stays the same one if it is moved or another takes its name.
///
/// A path is taken apart at `/`; one with a part that is empty, `.` or `..`, or with a zero byte,
/// leads nowhere. The kernel refuses links that lead out of the folder. Linux before 5.6 can't
/// tell, and follows none.
#[derive(Debug)]
pub struct SandboxedDir(OwnedFd);

impl SandboxedDir {
    /// Opens a folder of the system.
    ///
    /// # Errors
    /// There is none, or it may not be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(openat(CWD, path, FLAGS | OFlags::DIRECTORY, Mode::empty())?))
    }

    /// Opens a file or a folder inside, for reading.
    ///
    /// # Errors
    /// There is nothing of this name inside, or it may not be read.
    pub fn file(&self, path: &str) -> io::Result<File> {
        Ok(self.inside(path, OFlags::RDONLY)?.into())
    }

    /// Opens a regular file inside, for reading, for writing, or as `flags` say. What is not one
    /// is not opened at all, since to open a device may do something already.
    ///
    /// # Errors
    /// There is nothing of this name inside, it is no regular file (`Unsupported`), or it may not
    /// be opened.
    pub fn regular(&self, path: &str, flags: OFlags) -> io::Result<File> {
        let check = |kind| match kind {
            FileType::RegularFile => Ok(()),
            FileType::Directory => Err(io::ErrorKind::IsADirectory.into()),
            _ => Err(io::Error::from(io::ErrorKind::Unsupported)),
        };
        check(self.kind(path)?)?;
        let file = self.inside(path, flags)?;
        // Another may have taken its place meanwhile.
        check(FileType::from_raw_mode(fstat(&file)?.st_mode))?;
        Ok(file.into())
    }

    /// Opens a folder inside; the empty path is this one.
    ///
    /// # Errors
    /// There is nothing of this name inside, it is no folder, or it may not be read.
    pub fn folder(&self, path: &str) -> io::Result<Self> {
        if path.is_empty() {
            return Ok(Self(self.0.try_clone()?));
        }
        Ok(Self(self.inside(path, OFlags::RDONLY | OFlags::DIRECTORY)?))
    }

    /// What stands inside under a path. A link counts as what it leads to.
    ///
    /// # Errors
    /// There is nothing of this name inside.
    pub fn kind(&self, path: &str) -> io::Result<FileType> {
        let mode = fstat(self.inside(path, OFlags::PATH)?)?.st_mode;
        match FileType::from_raw_mode(mode) {
            // Without the kernel's help, none is followed.
            FileType::Symlink => Err(Errno::LOOP.into()),
            kind => Ok(kind),
        }
    }

    /// Opens what stands inside under a path.
    fn inside(&self, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
        let nowhere = |part: &str| matches!(part, "" | "." | "..") || part.contains('\0');
        if path.split('/').any(nowhere) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if path.len() >= TOO_LONG {
            return Err(Errno::NAMETOOLONG.into());
        }
        // What is only looked at takes no other flags.
        let more = if flags.contains(OFlags::PATH) { OFlags::CLOEXEC } else { FLAGS };
        let (flags, mode) = (flags | more, Mode::empty());
        let within = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        for _ in 0..TRIES {
            match openat2(&self.0, path, flags, mode, within) {
                Err(Errno::NOSYS | Errno::PERM) => return self.step_by_step(path, flags),
                // The kernel can't say whether a `..` in a link leads out while somebody moves
                // folders about.
                Err(Errno::AGAIN) => {}
                opened => return Ok(opened?),
            }
        }
        Err(Errno::AGAIN.into())
    }

    /// Opens without the kernel's help: one part after the other, following no link.
    fn step_by_step(&self, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut at = self.0.try_clone()?;
        for part in folders.split('/').filter(|part| !part.is_empty()) {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            at = openat(&at, part, flags, Mode::empty())?;
        }
        Ok(openat(&at, name, flags | OFlags::NOFOLLOW, Mode::empty())?)
    }
}

impl AsFd for SandboxedDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn what_is_inside_is_opened_and_nothing_else_with_or_without_the_kernels_help() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("root");
        fs::create_dir_all(root.join("a/b")).unwrap();
        for file in ["secret", "root/file", "root/a/b/file", "root/.hidden"] {
            fs::write(outer.path().join(file), file).unwrap();
        }
        symlink("../secret", root.join("out")).unwrap();
        symlink("..", root.join("up")).unwrap();
        symlink(outer.path().join("secret"), root.join("absolute")).unwrap();
        symlink("/proc/self/cwd", root.join("magic")).unwrap();
        symlink("a/b", root.join("inside")).unwrap();
        let folder = SandboxedDir::open(&root).unwrap();
        let read = |path| folder.file(path).and_then(io::read_to_string).ok();
        for path in ["file", "a/b/file", ".hidden"] {
            assert_eq!(read(path), Some(format!("root/{path}")));
            let file = File::from(folder.step_by_step(path, OFlags::RDONLY).unwrap());
            let file = io::read_to_string(file);
            assert_eq!(file.unwrap(), format!("root/{path}"));
        }
        assert_eq!(read("inside/file").as_deref(), Some("root/a/b/file"));
        assert!(folder.step_by_step("inside/file", OFlags::RDONLY).is_err());
        for path in [
            "",
            "/",
            ".",
            "..",
            "../secret",
            "a/../../secret",
            "/etc/passwd",
            "//etc/passwd",
            "a//b/file",
            "./file",
            "out",
            "up/secret",
            "absolute",
            "magic/Cargo.toml",
            "file/",
            "file\0",
            "missing",
            "a/b/missing",
        ] {
            assert_eq!(read(path), None, "{path:?}");
        }
        for path in ["out", "up/secret", "absolute", "magic/Cargo.toml"] {
            assert!(folder.step_by_step(path, OFlags::RDONLY).is_err(), "{path:?}");
        }
    }

    #[test]
    fn a_folder_that_is_missing_or_a_file_is_an_error() {
        let outer = tempfile::tempdir().unwrap();
        fs::write(outer.path().join("file"), "").unwrap();
        assert!(SandboxedDir::open(&outer.path().join("file")).is_err());
        assert!(SandboxedDir::open(&outer.path().join("missing")).is_err());
    }
}
