//! The command line.
//!
//! # Layout
//! - `table`: all subcommands, options and arguments, with their help texts; `spec`: its types
//! - `parse`: what the user asks for
//! - `help`, `man`, `completions`: what is printed about the table's rows

mod completions;
mod help;
mod man;
mod parse;
mod spec;
mod table;
#[cfg(test)]
mod tests;

use std::{fmt, net::IpAddr, path::PathBuf};

pub use parse::parse;

/// Adds these to a text. Not inlined: that would make the program kilobytes larger.
#[inline(never)]
fn put(text: &mut String, parts: &[&str]) {
    for part in parts {
        text.push_str(part);
    }
}

/// What the user asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Serve these manifests.
    Run {
        /// Files, or folders that hold one.
        manifests: Vec<PathBuf>,
        /// The address that takes the place of the manifests'.
        bind: Option<IpAddr>,
        /// How many threads run tasks.
        threads: usize,
        /// More than 0: log more; less: log less.
        verbosity: i8,
    },
    /// Report on these manifests and modules.
    Check {
        /// Manifests, folders that hold one, or modules.
        files: Vec<PathBuf>,
        /// For machines.
        json: bool,
    },
    /// Make a project.
    New {
        /// Its folder.
        path: PathBuf,
        /// The actor's name, if it is not the folder's.
        name: Option<String>,
    },
    /// Print this: help, the version, a man page, completions.
    Print(String),
}

/// A command line that makes no sense. The user's fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageError {
    /// What is wrong.
    problem: String,
    /// The command that it was about, if there was one.
    subcommand: Option<&'static str>,
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
