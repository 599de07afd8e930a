//! A folder that no path can escape from.

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

/// The flags for every open: don't pass it on to other programs, don't wait for a pipe's other end,
/// don't make it the process's terminal.
const FLAGS: OFlags = OFlags::CLOEXEC.union(OFlags::NONBLOCK).union(OFlags::NOCTTY);
/// Linux refuses paths of this many bytes and more (`PATH_MAX`).
const TOO_LONG: usize = 4096;
/// How often to retry a lookup while another program renames folders.
const TRIES: usize = 8;

/// An open folder. It stays the same folder even if it is moved or replaced.
///
/// A path that contains a zero byte or an empty part, `.` or `..` is not found. The kernel refuses
/// links that lead out of the folder. Linux before 5.6 can't check that, so no link is followed
/// there.
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

    /// Opens a file or a folder inside, for reading.
    ///
    /// # Errors
    /// It does not exist inside, or may not be read.
    pub(crate) fn file(&self, path: &str) -> io::Result<File> {
        Ok(self.inside(path, OFlags::RDONLY)?.into())
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
        let file = self.inside(path, flags)?;
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
        Ok(Self(self.inside(path, OFlags::RDONLY | OFlags::DIRECTORY)?))
    }

    /// The kind of what is at a path inside. Links are followed.
    ///
    /// # Errors
    /// It does not exist inside.
    pub(crate) fn kind(&self, path: &str) -> io::Result<FileType> {
        let mode = fstat(self.inside(path, OFlags::PATH)?)?.st_mode;
        match FileType::from_raw_mode(mode) {
            // An old kernel does not follow links, so this is one.
            FileType::Symlink => Err(Errno::LOOP.into()),
            kind => Ok(kind),
        }
    }

    /// Opens what is at a path inside.
    fn inside(&self, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
        let nowhere = |part: &str| matches!(part, "" | "." | "..") || part.contains('\0');
        if path.split('/').any(nowhere) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if path.len() >= TOO_LONG {
            return Err(Errno::NAMETOOLONG.into());
        }
        // `PATH` allows no other flags.
        let more = if flags.contains(OFlags::PATH) { OFlags::CLOEXEC } else { FLAGS };
        let (flags, mode) = (flags | more, Mode::empty());
        let within = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        for _ in 0..TRIES {
            match openat2(&self.0, path, flags, mode, within) {
                Err(Errno::NOSYS | Errno::PERM) => return self.step_by_step(path, flags),
                // While another program moves folders, the kernel can't decide whether a `..` in a
                // link leads out.
                Err(Errno::AGAIN) => {}
                opened => return Ok(opened?),
            }
        }
        Err(Errno::AGAIN.into())
    }

    /// Opens a path on old kernels: part by part, without following links.
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
    fn only_what_is_inside_is_opened_with_or_without_openat2() {
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
