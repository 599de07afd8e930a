//! The folder of the log: its files, its lock, its modes.

use std::{
    fs::File,
    hash::{BuildHasher as _, RandomState},
    io,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{
        AtFlags, CWD, FileType, FlockOperation, Mode, OFlags, Stat, chownat, fchmod, flock, fstat,
        fsync, mkdirat, openat, renameat, statat, unlinkat,
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
pub(crate) const NAME: &str = "store";
/// Its name while it is made. It gets the other one when it is complete, so there is never a part of
/// one.
const UNFINISHED: &str = "store.new";
/// The names of the two files.
const LOGS: [&str; 2] = ["log-a", "log-b"];
/// The file whose lock says that a process has the folder open.
const LOCK: &str = "lock";
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

/// What went wrong with which path.
type Failure = (PathBuf, io::Error);

impl Folder {
    /// Opens or makes `dir/store`, and locks it. `dir` must exist.
    ///
    /// # Errors
    /// See [`OpenErrorKind`].
    pub fn open(dir: &Path) -> Result<(Self, [RealFile; 2]), OpenError> {
        let path = dir.join(NAME);
        let fail = |kind| OpenError { folder: path.clone(), kind };
        let io = |(path, error)| fail(OpenErrorKind::Io { path, error });
        if !is_there(&path) {
            let parent = opened(dir, OFlags::RDONLY | OFlags::DIRECTORY).map_err(io)?;
            if !lock(&parent).map_err(|error| io((dir.into(), error)))? {
                return Err(fail(OpenErrorKind::Locked));
            }
            // Another process may have made it before this one had the lock.
            if !is_there(&path) {
                make(dir, &parent).map_err(io)?;
            }
        }
        let folder = opened(&path, OFlags::RDONLY | OFlags::DIRECTORY).map_err(io)?;
        close_to_others(&folder).map_err(|error| fail(OpenErrorKind::NotOurs(error)))?;
        let locked = opened(&path.join(LOCK), OFlags::RDWR | OFlags::CREATE).map_err(io)?;
        if !lock(&locked).map_err(|error| io((path.join(LOCK), error)))? {
            return Err(fail(OpenErrorKind::Locked));
        }
        let file = |name| {
            let path = path.join(name);
            let file = opened(&path, OFlags::RDWR)?;
            settled(file).map_err(|error| (path, error))
        };
        let [a, b] = LOGS;
        let files = [file(a).map_err(io)?, file(b).map_err(io)?];
        Ok((Self { path, _lock: locked }, files))
    }

    /// Opens the files of `dir/store` for reading only, without the lock.
    ///
    /// # Errors
    /// See [`OpenErrorKind`].
    pub(crate) fn peek(dir: &Path) -> Result<[RealFile; 2], OpenError> {
        let path = dir.join(NAME);
        let file = |name| {
            let file = opened(&path.join(name), OFlags::RDONLY);
            let kind = |(path, error)| OpenErrorKind::Io { path, error };
            file.map(RealFile::new)
                .map_err(|failure| OpenError { folder: path.clone(), kind: kind(failure) })
        };
        let [a, b] = LOGS;
        Ok([file(a)?, file(b)?])
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

/// Whether there is anything at this path. What it is, and what is wrong with it, shows when it is opened.
fn is_there(path: &Path) -> bool {
    !matches!(statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW), Err(Errno::NOENT))
}

fn opened(path: &Path, flags: OFlags) -> Result<File, Failure> {
    let file = openat(CWD, path, flags | FLAGS, Mode::RUSR | Mode::WUSR);
    file.map(File::from).map_err(|error| (path.into(), error.into()))
}

/// Locks an open file or folder. Returns whether nobody else has it locked.
fn lock(file: &File) -> io::Result<bool> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Takes from other users what they may do with the folder.
fn close_to_others(folder: &File) -> io::Result<()> {
    let mode = Mode::from_raw_mode(fstat(folder)?.st_mode);
    if mode.intersects(Mode::RWXG | Mode::RWXO) {
        fchmod(folder, Mode::RWXU)?;
    }
    Ok(())
}

/// Opens a log's file, which must be a regular one.
fn settled(file: File) -> io::Result<RealFile> {
    if FileType::from_raw_mode(fstat(&file)?.st_mode) != FileType::RegularFile {
        return Err(io::Error::other("this is not a regular file"));
    }
    RealFile::settle(file)
}

/// Makes the folder in `parent`, whose path is `dir`. If it fails, nothing remains.
fn make(dir: &Path, parent: &File) -> Result<(), Failure> {
    let made = remove(dir, parent).and_then(|()| fill(dir, parent));
    if made.is_err() {
        // The error that came first says more.
        let _ = remove(dir, parent);
    }
    made
}

/// Removes what an earlier process has left unfinished.
fn remove(dir: &Path, parent: &File) -> Result<(), Failure> {
    let path = dir.join(UNFINISHED);
    let gone = |result| match result {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err((path.clone(), io::Error::from(error))),
    };
    for name in LOGS.into_iter().chain([LOCK]) {
        gone(unlinkat(parent, Path::new(UNFINISHED).join(name), AtFlags::empty()))?;
    }
    gone(unlinkat(parent, UNFINISHED, AtFlags::REMOVEDIR))
}

fn fill(dir: &Path, parent: &File) -> Result<(), Failure> {
    let path = dir.join(UNFINISHED);
    let because = |error: Errno| (path.clone(), io::Error::from(error));
    mkdirat(parent, UNFINISHED, Mode::RWXU).map_err(because)?;
    // The process's mask may have taken some of the mode away.
    let folder = opened(&path, OFlags::RDONLY | OFlags::DIRECTORY)?;
    fchmod(&folder, Mode::RWXU).map_err(because)?;
    let file = |name| opened(&path.join(name), OFlags::RDWR | OFlags::CREATE | OFlags::EXCL);
    let [a, b] = LOGS;
    let files = [file(a)?, file(b)?].map(RealFile::new);
    creation::create(files, random_salt(), Sizes::default())
        .map_err(|error| (path.clone(), error))?;
    file(LOCK)?;
    give(parent).map_err(because)?;
    fsync(&folder).map_err(because)?;
    renameat(parent, UNFINISHED, parent, NAME).map_err(because)?;
    fsync(parent).map_err(|error| (dir.into(), error.into()))
}

/// Gives what root has made to the user who owns the folder around it.
fn give(parent: &File) -> Result<(), Errno> {
    let Stat { st_uid, st_gid, .. } = fstat(parent)?;
    if !geteuid().is_root() || st_uid == 0 {
        return Ok(());
    }
    let (user, group) = (Uid::from_raw(st_uid), Gid::from_raw(st_gid));
    for name in LOGS.into_iter().chain([LOCK, ""]) {
        let path = Path::new(UNFINISHED).join(name);
        chownat(parent, path, Some(user), Some(group), AtFlags::SYMLINK_NOFOLLOW)?;
    }
    Ok(())
}

/// A random number that nobody can foresee: the system seeds std's hashers.
fn random_salt() -> u64 {
    RandomState::new().hash_one(0)
}
