//! Why a run of `footlight call` can't go on.

use std::fmt;

/// Why a run can't go on. It is the fault of who runs it, or of who wrote the manifest.
#[derive(Debug)]
pub struct CallError {
    /// The file with the line, or the argument, and what is wrong there.
    text: String,
    /// Whether the command or its script is wrong, and not what it is about.
    is_usage: bool,
}

impl CallError {
    /// A step of the script is wrong. `place` is a file with a line, or an argument.
    #[cold]
    #[inline(never)]
    pub(super) fn step(place: &str, problem: fmt::Arguments<'_>) -> Self {
        Self { text: format!("{place}: {problem}"), is_usage: true }
    }

    /// Something else is wrong: the manifest, the module, or a file.
    #[cold]
    #[inline(never)]
    pub(super) fn other(problem: fmt::Arguments<'_>) -> Self {
        Self { text: problem.to_string(), is_usage: false }
    }

    /// Whether the command or its script is wrong, and not what it is about.
    pub fn is_usage(&self) -> bool {
        self.is_usage
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for CallError {}
