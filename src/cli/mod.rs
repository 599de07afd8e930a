//! The command line.
//!
//! # Layout
//! - `table`: all subcommands and options, with their help texts; `spec`: its types
//! - `actions`: the actions of `footlight state`; `call`: the row of `footlight call`
//! - `parse`: parses the arguments; `usage_error`: what is wrong with them
//! - `help`, `man`, `completions`: printed from the table

mod actions;
mod call;
mod completions;
mod help;
mod man;
mod parse;
mod shared;
mod spec;
mod table;
#[cfg(all(test, feature = "tools"))]
mod tests;
mod usage_error;

use std::{net::IpAddr, path::PathBuf};

use crate::{call::Call, state::Action};

pub use parse::parse;
pub use usage_error::UsageError;

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
        /// Manifests, folders with a `manifest.toml`, or modules.
        manifests: Vec<PathBuf>,
        /// Replaces the manifests' addresses.
        bind: Option<IpAddr>,
        /// Replaces the port of the only listener.
        port: Option<u16>,
        /// The folder for the actors' state.
        data: Option<PathBuf>,
        /// How many threads run tasks.
        threads: usize,
        /// Each `-v` adds one and each `-q` takes one away. 0 logs what the manifests say.
        verbosity: i8,
    },
    /// `footlight dev`: serve this actor, and take over what changes.
    Dev {
        /// A manifest, or a folder with a `manifest.toml`.
        path: PathBuf,
        /// Replaces the manifest's addresses.
        bind: Option<IpAddr>,
        /// Replaces the port of the only listener.
        port: Option<u16>,
        /// The folder for the actor's state.
        data: Option<PathBuf>,
        /// Whether to begin without what is stored of the actor.
        fresh: bool,
        /// Whether an instance may handle more than one event.
        keep_instance: bool,
        /// As that of `Run`.
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
    /// `footlight call`: give events to an actor, and show what they do.
    Call(Call),
    /// `footlight new`: create a project.
    New {
        /// The folder to make.
        path: PathBuf,
        /// The actor's name, if it is not the folder's.
        name: Option<String>,
        /// The template, if it is not the plain one.
        template: Option<String>,
        /// The language, if it is named.
        lang: Option<String>,
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
