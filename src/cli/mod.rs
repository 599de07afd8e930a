//! The command line.
//!
//! # Layout
//! - `table`: all subcommands and options, with their help texts; `spec`: its types
//! - `actions`: the actions of `footlight state`
//! - `parse`: parses the arguments
//! - `help`, `man`, `completions`: printed from the table

mod actions;
mod completions;
mod help;
mod man;
mod parse;
mod spec;
mod table;
#[cfg(test)]
mod tests;

use std::{fmt, net::IpAddr, path::PathBuf};

use crate::state::Action;

pub use parse::parse;

/// Appends texts. Not inlined, because that makes the program some KB larger.
#[inline(never)]
fn put(text: &mut String, parts: &[&str]) {
    for part in parts {
        text.push_str(part);
    }
}

/// A parsed command line.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// `footlight run`: serve these manifests.
    Run {
        /// Manifests, or folders with a `manifest.toml`.
        manifests: Vec<PathBuf>,
        /// Replaces the manifests' addresses.
        bind: Option<IpAddr>,
        /// The folder for the actors' state.
        data: Option<PathBuf>,
        /// How many threads run tasks.
        threads: usize,
        /// Each `-v` adds one and each `-q` takes one away. 0 logs what the manifests say.
        verbosity: i8,
    },
    /// `footlight check`: report on these manifests and modules.
    Check {
        /// Manifests, folders with a `manifest.toml`, or modules.
        files: Vec<PathBuf>,
        /// The folder for the actors' state.
        data: Option<PathBuf>,
        /// Whether to print JSON, for programs.
        json: bool,
    },
    /// `footlight new`: create a project.
    New {
        /// The folder to make.
        path: PathBuf,
        /// The actor's name, if it is not the folder's.
        name: Option<String>,
    },
    /// Show or change what is kept in a data folder.
    State {
        /// The data folder.
        dir: PathBuf,
        /// What to do.
        action: Action,
        /// Whether to read a damaged folder as far as possible.
        partial: bool,
    },
    /// Print a text: help, version, man page or completions.
    Print(String),
}

/// An invalid command line. The user's fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageError {
    /// What is wrong, in the words that are printed.
    problem: String,
    /// The subcommand, if it is known. The error refers to its help.
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
