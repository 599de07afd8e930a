//! A folder from which files may be opened, and nothing outside of it, whatever a path says.

use std::{
    fs::File,
    io,
    os::fd::{AsFd as _, OwnedFd},
    path::Path,
};

use rustix::{
    fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2},
    io::Errno,
};

/// What every opening has: not for writing, not for programs that are started, and not to wait
/// for the other end of a pipe.
const FLAGS: OFlags =
    OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// An open folder. It stays the same one if it is moved or another takes its name.
#[derive(Debug)]
pub struct Folder(OwnedFd);

impl Folder {
    /// Opens a folder.
    ///
    /// # Errors
    /// There is none, or it may not be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(openat(CWD, path, FLAGS | OFlags::DIRECTORY, Mode::empty())?))
    }

    /// Opens a file or a folder inside. The path is taken apart at `/`; a part that is empty,
    /// or begins with a dot, is refused, and so is one with a zero byte. The kernel refuses
    /// links that lead out of the folder. Linux before 5.6 can't tell, and follows none.
    ///
    /// # Errors
    /// There is nothing of this name inside, or it may not be read.
    pub fn file(&self, path: &str) -> io::Result<File> {
        let hidden = |part: &str| part.is_empty() || part.starts_with('.') || part.contains('\0');
        if path.split('/').any(hidden) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let inside = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        match openat2(&self.0, path, FLAGS, Mode::empty(), inside) {
            Err(Errno::NOSYS | Errno::PERM) => self.step_by_step(path),
            opened => Ok(File::from(opened?)),
        }
    }

    /// Opens a file without the kernel's help: one part after the other, following no link.
    fn step_by_step(&self, path: &str) -> io::Result<File> {
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut at = self.0.as_fd().try_clone_to_owned()?;
        for part in folders.split('/').filter(|part| !part.is_empty()) {
            let flags = FLAGS | OFlags::DIRECTORY | OFlags::NOFOLLOW;
            at = openat(&at, part, flags, Mode::empty())?;
        }
        Ok(openat(&at, name, FLAGS | OFlags::NOFOLLOW, Mode::empty())?.into())
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
        fs::create_dir(root.join(".git")).unwrap();
        for file in ["secret", "root/file", "root/a/b/file", "root/.hidden", "root/.git/file"] {
            fs::write(outer.path().join(file), file).unwrap();
        }
        symlink("../secret", root.join("out")).unwrap();
        symlink("..", root.join("up")).unwrap();
        symlink(outer.path().join("secret"), root.join("absolute")).unwrap();
        symlink("/proc/self/cwd", root.join("magic")).unwrap();
        symlink("a/b", root.join("inside")).unwrap();
        let folder = Folder::open(&root).unwrap();
        let read = |path| folder.file(path).and_then(io::read_to_string).ok();
        for path in ["file", "a/b/file"] {
            assert_eq!(read(path), Some(format!("root/{path}")));
            let file = folder.step_by_step(path).and_then(io::read_to_string);
            assert_eq!(file.unwrap(), format!("root/{path}"));
        }
        assert_eq!(read("inside/file").as_deref(), Some("root/a/b/file"));
        assert!(folder.step_by_step("inside/file").is_err());
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
            ".hidden",
            ".git/file",
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
            assert!(folder.step_by_step(path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn a_folder_that_is_missing_or_a_file_is_an_error() {
        let outer = tempfile::tempdir().unwrap();
        fs::write(outer.path().join("file"), "").unwrap();
        assert!(Folder::open(&outer.path().join("file")).is_err());
        assert!(Folder::open(&outer.path().join("missing")).is_err());
    }
}
