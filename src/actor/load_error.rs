//! Why the host can't run a file as an actor.

use std::{fmt, path::Path};

use super::{component::ComponentError, inspect::Report, rejected::Rejected, verdict::fit};
use crate::script::ScriptError;

/// The host shows at most this many characters of the interpreter's error about a module.
const MAX_ERROR: usize = 400;

/// Why the host can't run a file as an actor. It is the fault of the actor's author, or of
/// the operator who named the file.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// The file can't be read.
    Io(std::io::Error),
    /// The file is larger than `limits.module`, and was not read.
    TooLarge {
        /// In bytes.
        size: u64,
        /// In bytes: `limits.module`.
        limit: usize,
    },
    /// The file is neither a module nor a component with a module that can run.
    Format(ComponentError),
    /// The module is invalid, or uses a WebAssembly feature that this host does not have.
    Invalid(wasmi::Error),
    /// The module is valid, but would harm the host.
    Rejected(Rejected),
    /// The module is valid, but is not an actor of this interface.
    Unfit(Box<Report>),
    /// It is a script, and can't run.
    Script(Box<ScriptError>),
}

impl LoadError {
    /// The error with the file that it is about, which a mistake in a script names with its line.
    pub(crate) fn of(&self, file: &Path) -> String {
        match self {
            Self::Script(error) => error.of(file),
            error => format!("{}: {error}", file.display()),
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot be read: {error}"),
            Self::TooLarge { size, limit } => write!(
                f,
                "is {size} bytes long, past the limit of {limit}; strip it, or raise \
                 `limits.module` in the manifest"
            ),
            Self::Format(error) => error.fmt(f),
            Self::Script(error) => error.fmt(f),
            Self::Invalid(error) => write!(
                f,
                "is not valid, or uses WebAssembly features that this host does not have: {}",
                fit(&error.to_string(), MAX_ERROR)
            ),
            Self::Rejected(forbidden) => write!(
                f,
                "is not valid, or uses WebAssembly features that this host does not have: \
                 {forbidden}"
            ),
            Self::Unfit(report) => {
                // A module may have thousands of problems. The first ones are enough to start with.
                let problems: Vec<_> = report.problems().take(8).collect();
                write!(f, "can't run here: {}", problems.join("; also: "))?;
                match report.problems().count().checked_sub(problems.len()) {
                    Some(more @ 1..) => write!(f, "; and {more} more"),
                    _ => Ok(()),
                }
            }
        }
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Invalid(error) => Some(error),
            Self::Rejected(error) => Some(error),
            Self::Format(error) => Some(error),
            Self::Script(error) => Some(error),
            Self::TooLarge { .. } | Self::Unfit(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::error::Error as _;

    use super::*;
    use crate::{
        actor::{Grants, Module},
        limits::Limits,
    };

    #[test]
    fn an_error_of_a_file_has_its_cause() {
        let cause = |bytes: &[u8]| {
            let error = Module::compile(bytes, &Limits::default(), Grants::ALL).err().unwrap();
            error.source().map(ToString::to_string)
        };
        assert_eq!(cause(b"no module"), Some(ComponentError::NotWasm.to_string()));
        assert!(cause(b"\0asm\x01\0\0\0\x01").is_some(), "the interpreter's error");
        let grow = "(module (table 1 funcref)
            (func (drop (table.grow 0 (ref.null func) (i32.const 1)))))";
        assert!(cause(&wat::parse_str(grow).unwrap()).unwrap().contains("`table.grow`"));
        let missing = Module::load(Path::new("/nowhere"), &Limits::default(), Grants::ALL);
        assert!(missing.err().unwrap().source().unwrap().is::<std::io::Error>());
    }
}
