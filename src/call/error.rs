//! Why a run of `footlight call` can't go on.

use std::{fmt, io, path::PathBuf};

use crate::{
    actor::LoadError, host::HostError, manifest::ManifestError, regular::Unread, state::StateError,
};

/// Why a run can't go on. It is the fault of who runs it, or of who wrote the manifest.
#[derive(Debug)]
#[non_exhaustive]
pub enum CallError {
    /// A step of the script is wrong.
    Step {
        /// The file and the line, or the argument.
        place: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A file can't be read.
    Read {
        /// The file.
        file: PathBuf,
        /// The cause.
        error: Unread,
    },
    /// The manifest is wrong.
    Manifest(ManifestError),
    /// The module or what the manifest names can't be opened.
    Open(Vec<HostError>),
    /// A module without a manifest can't be loaded.
    Load {
        /// The file.
        file: PathBuf,
        /// The cause.
        error: LoadError,
    },
    /// The data folder can't be read.
    Data(StateError),
    /// The expected reports are no JSON.
    Golden {
        /// The file.
        file: PathBuf,
        /// The line.
        line: usize,
        /// The cause.
        error: serde_json::Error,
    },
    /// The expected reports can't be written.
    Update {
        /// The file.
        file: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// A report differs from the expected one. The text says where.
    Different(String),
    /// The output can't be written.
    Output(io::Error),
}

impl CallError {
    /// A step is wrong.
    pub(super) fn step(place: &str, problem: impl Into<String>) -> Self {
        Self::Step { place: place.into(), problem: problem.into() }
    }

    /// Whether the command or its script is wrong, and not what it is about.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Step { .. })
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step { place, problem } => write!(f, "{place}: {problem}"),
            Self::Read { file, error } => write!(f, "{}: cannot be read: {error}", file.display()),
            Self::Manifest(error) => error.fmt(f),
            Self::Open(errors) => {
                let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
            Self::Load { file, error } => write!(f, "{}: {error}", file.display()),
            Self::Data(error) => error.fmt(f),
            Self::Golden { file, line, error } => write!(
                f,
                "{}:{line}: not JSON: {error}; `--update` writes the file anew",
                file.display()
            ),
            Self::Update { file, error } => {
                write!(f, "{}: cannot be written: {error}", file.display())
            }
            Self::Different(text) => f.write_str(text.trim_end()),
            Self::Output(error) => write!(f, "the output cannot be written: {error}"),
        }
    }
}

impl std::error::Error for CallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read { error, .. } => Some(error),
            Self::Manifest(error) => Some(error),
            Self::Load { error, .. } => Some(error),
            Self::Data(error) => Some(error),
            Self::Golden { error, .. } => Some(error),
            Self::Update { error, .. } | Self::Output(error) => Some(error),
            Self::Open(errors) => errors.first().map(|error| error as _),
            Self::Step { .. } | Self::Different(_) => None,
        }
    }
}
