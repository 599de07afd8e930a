//! What is wrong with a manifest, said so that its author can mend it.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a manifest was refused: every mistake found in it, in the order of its lines.
///
/// The one to blame is the operator, who wrote the file; nothing here comes from an actor or
/// a client. Printed, it is one line per mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestError {
    /// At least one.
    pub mistakes: Vec<Mistake>,
}

/// One mistake in a manifest.
///
/// Printed as `<file>:<line>: <key>: <problem>; <advice>`, without the parts that are not
/// known.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mistake {
    /// The manifest, as it was named by who asked for it.
    pub file: PathBuf,
    /// Counted from 1. `None` where the file could not be read at all. For a key that is
    /// missing, the line of the header of its table.
    pub line: Option<usize>,
    /// The key with all its parents, such as `handlers[0].config.port`. `None` where the
    /// text is not TOML, so that keys mean nothing.
    pub key: Option<String>,
    /// What is wrong.
    pub problem: String,
    /// What to write instead. `None` where the problem says it already.
    pub advice: Option<String>,
}

impl ManifestError {
    /// The error for a file whose text could not be had.
    pub fn unreadable(file: PathBuf, error: &io::Error) -> Self {
        let problem = format!("cannot be read: {error}");
        let advice = Some("give a manifest, or a folder that holds manifest.toml".to_owned());
        Self { mistakes: vec![Mistake { file, line: None, key: None, problem, advice }] }
    }

    /// The error for a file that is text up to some line only.
    pub fn not_text(file: PathBuf, line: usize) -> Self {
        let problem = "not TOML: not UTF-8 text".to_owned();
        let advice = Some("save the file as UTF-8".to_owned());
        Self { mistakes: vec![Mistake { file, line: Some(line), key: None, problem, advice }] }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ": {key}")?;
        }
        write!(f, ": {}", self.problem)?;
        if let Some(advice) = &self.advice {
            write!(f, "; {advice}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.mistakes.iter().enumerate() {
            let before = if index == 0 { "" } else { "\n" };
            write!(f, "{before}{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ManifestError {}
