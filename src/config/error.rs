//! The mistakes in a manifest, in words that help its author.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a manifest was refused: all mistakes found in it, in the order of their lines.
///
/// It is the fault of the operator, who wrote the file. Nothing here comes from an actor or a
/// client. It is printed as one line for each mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestError {
    /// Never empty.
    pub mistakes: Vec<Mistake>,
}

/// One mistake in a manifest.
///
/// Printed as `<file>:<line>: <key>: <problem>; <advice>`. Unknown parts are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mistake {
    /// The manifest's file, by the name that the user gave.
    pub file: PathBuf,
    /// Counted from 1. A missing key has the line of its table's header. `None` if the file
    /// could not be read.
    pub line: Option<usize>,
    /// The key with all its parents, such as `handlers[0].config.port`. `None` if the text is
    /// not TOML, because it has no keys then.
    pub key: Option<String>,
    /// In words that name what was found.
    pub problem: String,
    /// What to write instead. `None` if the problem says it already.
    pub advice: Option<String>,
}

impl ManifestError {
    /// The error for a file that can't be read. The `others` beside it run.
    pub(crate) fn unreadable(file: PathBuf, error: &io::Error, others: &[PathBuf]) -> Self {
        let problem = format!("cannot be read: {error}");
        let mut advice =
            "give a manifest, a folder that holds manifest.toml, or a module".to_owned();
        if !others.is_empty() {
            let names: Vec<_> = others.iter().map(|path| path.display().to_string()).collect();
            advice += &format!(", such as {}", names.join(" or "));
        } else if error.kind() == io::ErrorKind::NotFound {
            advice += "; `footlight new PATH` creates a project";
        }
        let advice = Some(advice);
        Self { mistakes: vec![Mistake { file, line: None, key: None, problem, advice }] }
    }

    /// The error for a file that is not UTF-8 in this line.
    pub(crate) fn not_text(file: PathBuf, line: usize) -> Self {
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
