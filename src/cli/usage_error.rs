//! What is wrong with a command line, and what the user probably meant.

use std::fmt;

use crate::config::nearest::nearest;

/// An invalid command line. The user's fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageError {
    /// What is wrong, in the words that are printed.
    pub(super) problem: String,
    /// The subcommand, if it is known. The error refers to its help.
    pub(super) subcommand: Option<&'static str>,
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (space, subcommand) = self.subcommand.map_or(("", ""), |subcommand| (" ", subcommand));
        write!(f, "{}\nTry `footlight{space}{subcommand} --help`.", self.problem)
    }
}

impl std::error::Error for UsageError {}

impl From<lexopt::Error> for UsageError {
    fn from(error: lexopt::Error) -> Self {
        Self { problem: error.to_string(), subcommand: None }
    }
}

/// Joins words for a sentence: `a, b or c`.
pub(super) fn list(words: impl Iterator<Item = &'static str>) -> String {
    let mut words: Vec<_> = words.collect();
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last.into() } else { [&words.join(", "), " or ", last].concat() }
}

/// An error. The parser adds the subcommand.
pub(super) fn wrong(problem: String) -> UsageError {
    UsageError { problem, subcommand: None }
}

/// What to write instead of an unknown word: the nearest of these names, or any of them.
pub(super) fn instead(word: &str, names: Vec<&'static str>) -> String {
    match nearest(word, &names) {
        Some(near) => ["did you mean `", near, "`?"].concat(),
        None => ["use ", &list(names.into_iter())].concat(),
    }
}
