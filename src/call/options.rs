//! What the command line asks for.

use std::path::PathBuf;

/// What the command line asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// A module, a manifest, or a folder with a `manifest.toml`.
    pub path: PathBuf,
    /// The events in the notation of the command line.
    pub words: Vec<String>,
    /// A file of JSON lines with events, which come after those of the command line.
    pub events: Option<PathBuf>,
    /// A file with the state to begin with, in place of `init`.
    pub state: Option<PathBuf>,
    /// A data folder with the state to begin with. It is only read.
    pub data: Option<PathBuf>,
    /// The time at the beginning, in milliseconds since 1970.
    pub now: Option<u64>,
    /// Decides the random numbers.
    pub seed: u64,
    /// Whether to print a JSON object for each event.
    pub json: bool,
    /// A file with the expected objects.
    pub expect: Option<PathBuf>,
    /// Whether to write that file anew.
    pub update: bool,
    /// Whether the files that the actor writes go to the disk.
    pub write: bool,
}
