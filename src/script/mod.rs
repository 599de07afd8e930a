//! Scripts in JavaScript: their files, before the interpreter sees them.
//!
//! A module path that ends in `.js` or `.mjs` names a script. The host reads that file and what it
//! imports, and gives them to an engine, which is an actor's module like any other: see
//! `actor/javascript`. Builds with the feature `javascript` have the engine.
//!
//! - `sources`: a script's files in memory.
//! - `imports`: finds the files that a file imports.
//! - `archive`: all files as one sequence of bytes, which is what the script's hash is of.
//! - `error`: why a script can't run.

#[cfg(feature = "javascript")]
pub mod archive;
pub mod error;
#[cfg(feature = "javascript")]
pub mod imports;
#[cfg(feature = "javascript")]
pub mod sources;

use std::path::{Path, PathBuf};

pub use error::{Refused, ScriptError};
#[cfg(feature = "javascript")]
pub use sources::Sources;

/// The most files of a script, the main one included.
pub const MAX_FILES: usize = 64;

/// Whether a path names a script, by its end.
pub(crate) fn is_script(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "js" || end == "mjs")
}

/// How paths of TypeScript end, and of JSX, which needs the same treatment.
const OF_COMPILERS: [&str; 5] = ["ts", "mts", "cts", "tsx", "jsx"];

/// Whether a path names a script that a compiler has to make JavaScript of, by its end.
pub(crate) fn needs_compiler(path: &Path) -> bool {
    path.extension().is_some_and(|end| OF_COMPILERS.iter().any(|known| end == *known))
}

/// The files that a module at this path is made of, with those that are missing: more than one if it is a
/// script of at most `limit` bytes.
pub(crate) fn files(module: &Path, limit: usize) -> Vec<PathBuf> {
    #[cfg(feature = "javascript")]
    if is_script(module) {
        return Sources::paths(module, limit);
    }
    let _ = limit;
    vec![module.to_owned()]
}
