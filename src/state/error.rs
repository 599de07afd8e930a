//! Why `footlight state` could not do something. It is the operator's fault, or that of the disk.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use footlight_store::{LOCK, LogError, OpenError, OpenErrorKind};

use super::{holder, json::Mistake};
use crate::{regular::Unread, storage::data_folder::STORE};

/// Why `footlight state` could not do something.
#[derive(Debug)]
#[non_exhaustive]
pub enum StateError {
    /// There is no store in the folder.
    NoStore {
        /// The data folder.
        dir: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// Another process has the folder.
    Held {
        /// The data folder.
        dir: PathBuf,
        /// The process, if it is known.
        by: Option<String>,
    },
    /// The folder can't be opened or read.
    Open(OpenError),
    /// Nothing is stored of this actor.
    NoActor {
        /// The data folder.
        dir: PathBuf,
        /// The actor.
        name: String,
        /// The actors with something stored.
        there: Vec<String>,
    },
    /// The actor has no state, or no such key.
    NoValue {
        /// The actor.
        name: String,
        /// The key; `None` for the state.
        key: Option<String>,
    },
    /// The new name has something stored already.
    Taken {
        /// The data folder.
        dir: PathBuf,
        /// The name.
        name: String,
    },
    /// No actor can have this name.
    Name {
        /// The name.
        name: String,
    },
    /// The JSON can't be read from its file.
    Read {
        /// The file.
        file: PathBuf,
        /// The cause.
        error: Unread,
    },
    /// The JSON has a mistake.
    Json {
        /// The file.
        file: PathBuf,
        /// The mistake.
        mistake: Mistake,
    },
    /// The folder can't be written.
    Write {
        /// The data folder.
        dir: PathBuf,
        /// The cause.
        error: io::Error,
        /// Whether the change is stored all the same.
        stored: bool,
    },
}

impl StateError {
    /// The data folder can't be opened.
    pub(super) fn open(dir: &Path, error: OpenError) -> Self {
        match error.kind {
            OpenErrorKind::Locked => {
                let by = holder::of(&dir.join(LOCK));
                Self::Held { dir: dir.into(), by }
            }
            _ => Self::Open(error),
        }
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoStore { dir, error } => write!(
                f,
                "{}: has no `{STORE}`: {error}; give the folder that `footlight run --data` has",
                dir.display()
            ),
            Self::Held { dir, by } => write!(
                f,
                "{}: {} has it open; stop the host first, or use `export`, which works meanwhile",
                dir.display(),
                by.as_deref().unwrap_or("another process")
            ),
            Self::Open(error) => {
                error.fmt(f)?;
                if let OpenErrorKind::Log(LogError::Damaged { .. }) = error.kind {
                    f.write_str(". `export --partial` exports what precedes the damage")?;
                }
                Ok(())
            }
            Self::NoActor { dir, name, there } => {
                write!(f, "{}: nothing is stored of `{name}`; ", dir.display())?;
                match there.is_empty() {
                    true => f.write_str("nothing is stored at all"),
                    false => write!(f, "there are `{}`", there.join("`, `")),
                }
            }
            Self::NoValue { name, key: None } => write!(f, "{name}: has no state stored"),
            Self::NoValue { name, key: Some(key) } => write!(f, "{name}: has no key {key:?}"),
            Self::Taken { dir, name } => write!(
                f,
                "{}: `{name}` has something stored already; use another name, or forget what \
                 it has with `rm` first",
                dir.display()
            ),
            Self::Name { name } => write!(
                f,
                "{name:?}: an actor can't have this name; it has 1 to 64 ASCII letters, digits, \
                 `-`, `_` and `.`, and does not begin with `.`"
            ),
            Self::Read { file, error } => write!(f, "{}: cannot be read: {error}", file.display()),
            Self::Json { file, mistake: Mistake(mistake) } => {
                write!(f, "{}: {mistake}", file.display())
            }
            Self::Write { dir, error, stored: false } => {
                write!(f, "{}: cannot be written: {error}; nothing is changed", dir.display())
            }
            Self::Write { dir, error, stored: true } => write!(
                f,
                "{}: the change is stored, but the folder could not be closed: {error}",
                dir.display()
            ),
        }
    }
}

impl std::error::Error for StateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoStore { error, .. } | Self::Write { error, .. } => Some(error),
            Self::Open(error) => Some(error),
            Self::Read { error, .. } => Some(error),
            Self::Held { .. }
            | Self::NoActor { .. }
            | Self::NoValue { .. }
            | Self::Taken { .. }
            | Self::Name { .. }
            | Self::Json { .. } => None,
        }
    }
}
