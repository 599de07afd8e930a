//! The folder of the log: its files, its lock, its modes.

use std::{
    fs::File,
    hash::{BuildHasher as _, RandomState},
    io,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{
        AtFlags, CWD, FlockOperation, Mode, OFlags, Stat, chownat, fchmod, flock, fstat, fsync,
        mkdirat, openat, renameat, statat, unlinkat,
    },
    io::Errno,
    process::{Gid, Uid, geteuid},
};

use crate::{
    creation,
    file::RealFile,
    log_error::LogError,
    open_error::{OpenError, OpenErrorKind},
    spare::Sizes,
};

/// The folder's name.
pub const NAME: &str = "store";
/// The file whose lock says that a process has the folder open, from the folder around it.
pub const LOCK: &str = "store/lock";
/// The two logs, and that file.
const FILES: [&str; 3] = ["store/log-a", "store/log-b", LOCK];
/// The folder while it is made. It gets the other name when it is complete, so there is never a part of
/// one.
const UNFINISHED: &str = "store.new";
/// The files in it.
const UNFINISHED_FILES: [&str; 3] = ["store.new/log-a", "store.new/log-b", "store.new/lock"];
/// Flags for every open: no link at the end, no waiting, and nothing for other programs.
const FLAGS: OFlags =
    OFlags::CLOEXEC.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// The folder with its lock. Another process can't open it before this is dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// An open file with a lock. The system releases it when the process ends, however it does.
    _lock: File,
}

impl Folder {
    /// Opens or makes `dir/store`, and locks it. `dir` must exist.
    ///
    /// # Errors
    /// See [`OpenErrorKind`].
    pub fn open(dir: &Path) -> Result<(Self, [RealFile; 2]), OpenError> {
        let opened = open(dir).map_err(|kind| inside(dir, kind));
        opened.map(|(lock, files)| (Self { path: dir.join(NAME), _lock: lock }, files))
    }

    /// Opens the files of `dir/store` for reading only, without the lock. A file that is missing has no
    /// bytes, so that the other one can be read.
    ///
    /// # Errors
    /// See [`OpenErrorKind`].
    pub(crate) fn peek(dir: &Path) -> Result<[RealFile; 2], OpenError> {
        let [a, b, _] = FILES;
        let both = parent(dir).and_then(|parent| {
            let file = |name| {
                let file = match opened(&parent, name, OFlags::RDONLY) {
                    Err(OpenErrorKind::Io { error, .. })
                        if error.kind() == io::ErrorKind::NotFound && !is_absent(&parent) =>
                    {
                        File::open("/dev/null").map_err(|error| at(name, error))
                    }
                    file => file,
                };
                file.map(RealFile::new)
            };
            Ok([file(a)?, file(b)?])
        });
        both.map_err(|kind| inside(dir, kind))
    }

    /// Its path: that of `store`.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Says in which folder the log can't be opened.
    #[must_use]
    pub fn unreadable(&self, error: LogError) -> OpenError {
        OpenError { folder: self.path.clone(), kind: OpenErrorKind::Log(error) }
    }
}

/// The error whose path begins in `dir`.
fn inside(dir: &Path, mut kind: OpenErrorKind) -> OpenError {
    if let OpenErrorKind::Io { path, .. } = &mut kind {
        *path = dir.join(&path);
    }
    OpenError { folder: dir.join(NAME), kind }
}

/// The error of what is at this path in the folder around ours.
fn at(path: &str, error: impl Into<io::Error>) -> OpenErrorKind {
    OpenErrorKind::Io { path: path.into(), error: error.into() }
}

/// Opens or makes the folder. Returns its lock and its logs.
fn open(dir: &Path) -> Result<(File, [RealFile; 2]), OpenErrorKind> {
    let parent = parent(dir)?;
    if is_absent(&parent) {
        // Another process may have made it before this one has the lock.
        lock(&parent, "")?;
        if is_absent(&parent) {
            make(&parent)?;
        }
    }
    let folder = opened(&parent, NAME, OFlags::RDONLY | OFlags::DIRECTORY)?;
    close_to_others(&folder).map_err(|error| OpenErrorKind::NotOurs(error.into()))?;
    let [a, b, locked] = FILES;
    let lock_file = opened(&parent, locked, OFlags::RDWR | OFlags::CREATE)?;
    lock(&lock_file, locked)?;
    let file = |name| {
        let file = opened(&parent, name, OFlags::RDWR)?;
        // Somebody may have removed the lock's file while another process has its lock.
        lock(&file, name)?;
        RealFile::settle(file).map_err(|error| at(name, error))
    };
    let files = [file(a)?, file(b)?];
    Ok((lock_file, files))
}

/// Opens the folder around ours.
fn parent(dir: &Path) -> Result<File, OpenErrorKind> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(CWD, dir, flags, Mode::empty()).map(File::from).map_err(|error| at("", error))
}

/// Whether there is nothing at the folder's path. What is wrong with something shows when it is opened.
fn is_absent(parent: &File) -> bool {
    matches!(statat(parent, NAME, AtFlags::SYMLINK_NOFOLLOW), Err(Errno::NOENT))
}

fn opened(parent: &File, name: &str, flags: OFlags) -> Result<File, OpenErrorKind> {
    let file = openat(parent, name, flags | FLAGS, Mode::RUSR | Mode::WUSR);
    file.map(File::from).map_err(|error| at(name, error))
}

/// Locks an open file or folder.
fn lock(file: &File, name: &str) -> Result<(), OpenErrorKind> {
    flock(file, FlockOperation::NonBlockingLockExclusive).map_err(|error| match error {
        Errno::WOULDBLOCK => OpenErrorKind::Locked,
        error => at(name, error),
    })
}

/// Takes from other users what they may do with the folder.
fn close_to_others(folder: &File) -> Result<(), Errno> {
    let mode = Mode::from_raw_mode(fstat(folder)?.st_mode);
    if mode.intersects(Mode::RWXG | Mode::RWXO) {
        fchmod(folder, Mode::RWXU)?;
    }
    Ok(())
}

/// Makes the folder. If it fails, nothing remains.
fn make(parent: &File) -> Result<(), OpenErrorKind> {
    let made = remove(parent).and_then(|()| fill(parent));
    if made.is_err() {
        // The error that came first says more.
        let _ = remove(parent);
    }
    made
}

/// Removes what an earlier process has left unfinished.
fn remove(parent: &File) -> Result<(), OpenErrorKind> {
    let files = UNFINISHED_FILES.map(|name| (name, AtFlags::empty()));
    for (name, flags) in files.into_iter().chain([(UNFINISHED, AtFlags::REMOVEDIR)]) {
        match unlinkat(parent, name, flags) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(at(name, error)),
        }
    }
    Ok(())
}

fn fill(parent: &File) -> Result<(), OpenErrorKind> {
    let because = |error: Errno| at(UNFINISHED, error);
    mkdirat(parent, UNFINISHED, Mode::RWXU).map_err(because)?;
    // The process's mask may have taken some of the mode away.
    let folder = opened(parent, UNFINISHED, OFlags::RDONLY | OFlags::DIRECTORY)?;
    fchmod(&folder, Mode::RWXU).map_err(because)?;
    let file = |name| opened(parent, name, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL);
    let [a, b, lock] = UNFINISHED_FILES;
    let files = [file(a)?, file(b)?].map(RealFile::new);
    creation::create(files, random_salt(), Sizes::default())
        .map_err(|error| at(UNFINISHED, error))?;
    file(lock)?;
    give(parent).map_err(because)?;
    fsync(&folder).map_err(because)?;
    renameat(parent, UNFINISHED, parent, NAME).map_err(because)?;
    fsync(parent).map_err(|error| at("", error))
}

/// Gives what root has made to the user who owns the folder around it.
fn give(parent: &File) -> Result<(), Errno> {
    let Stat { st_uid, st_gid, .. } = fstat(parent)?;
    if !geteuid().is_root() || st_uid == 0 {
        return Ok(());
    }
    let (user, group) = (Uid::from_raw(st_uid), Gid::from_raw(st_gid));
    for name in UNFINISHED_FILES.into_iter().chain([UNFINISHED]) {
        chownat(parent, name, Some(user), Some(group), AtFlags::SYMLINK_NOFOLLOW)?;
    }
    Ok(())
}

/// A random number that nobody can foresee: the system seeds std's hashers.
fn random_salt() -> u64 {
    RandomState::new().hash_one(0)
}
