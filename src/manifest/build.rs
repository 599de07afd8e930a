//! The manifest's `[build]`: how `footlight dev` makes the actor's module. `run` ignores it.

use std::path::{Path, PathBuf};

use crate::config::Table;

/// The longest command, in bytes.
const MAX_COMMAND: usize = 1024;
/// The most paths to watch.
const MAX_PATHS: usize = 64;

/// How to make the actor's module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// Run by the shell, in the manifest's folder.
    pub command: String,
    /// The files and folders whose changes lead to another build, joined to the manifest's folder.
    /// Default `src` and `Cargo.toml`.
    pub watch: Vec<PathBuf>,
}

impl Build {
    /// Reads `[build]` of the manifest `file`.
    pub(super) fn read(mut table: Table<'_>, file: &Path) -> Option<Self> {
        const COMMAND: &str = "write command = \"cargo build --release\"";
        const WATCH: &str = "write a list of files and folders such as [\"src\"]";
        let command = table.require("command", COMMAND);
        let watch = table.get("watch");
        let folder = file.parent().unwrap_or(Path::new(""));
        let watch = match &watch {
            None => ["src", "Cargo.toml"].map(|path| folder.join(path)).into(),
            Some(value) => {
                match value.items().filter(|items| (1..=MAX_PATHS).contains(&items.len())) {
                    Some(items) => items.iter().filter_map(|item| item.path()).collect(),
                    None => {
                        value.refuse_as(&format!("a list of 1 to {MAX_PATHS} paths"), WATCH);
                        Vec::new()
                    }
                }
            }
        };
        table.finish();
        let command = command?;
        let text = command.string()?;
        if text.trim().is_empty() || text.len() > MAX_COMMAND || text.contains('\0') {
            command.refuse_as("a command", format!("{COMMAND}, of at most {MAX_COMMAND} bytes"));
            return None;
        }
        Some(Self { command: text.to_owned(), watch })
    }
}
