//! Why a script can't run.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::io::Errno;

use super::{MAX_FILES, needs_compiler};

/// Why a script can't run. It is the fault of its author, or of the operator who named it.
#[derive(Debug)]
#[non_exhaustive]
pub enum ScriptError {
    /// This build has no engine for scripts.
    NoEngine,
    /// It is TypeScript or JSX, which the engine does not know.
    NeedsCompiler(PathBuf),
    /// The main file, or its folder, can't be read.
    Io(io::Error),
    /// The main file's name is not UTF-8.
    Name,
    /// An imported file can't be read.
    Import {
        /// Which file imports it.
        from: String,
        /// Its path, relative to the script's folder.
        path: String,
        /// The reason. `EXDEV` if the path leads out of the script's folder.
        error: io::Error,
    },
    /// There are more than [`MAX_FILES`] files, or too many that are missing.
    TooMany,
    /// All files have too many bytes together.
    TooLarge {
        /// In bytes: `limits.module`.
        limit: usize,
    },
    /// The engine has refused it, or its top level has thrown.
    Refused(Box<Refused>),
    /// Its top level has computed for longer than `limits.time`.
    Time(Duration),
    /// Its top level has used up `limits.fuel`.
    Fuel(u64),
    /// The engine has failed. This is its last word.
    Engine(String),
    /// The copy of a script in the data folder can't be used, for this reason.
    Archive(&'static str),
}

/// A mistake in a script, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The file's path, relative to the script's folder; empty if the mistake has no place.
    pub file: String,
    /// The line, from 1; 0 if it is not known.
    pub line: u32,
    /// The column, from 1, in UTF-16 code units; 0 if it is not known.
    pub column: u32,
    /// The line itself; empty if it is not known.
    pub text: String,
    /// The class and the message, such as `SyntaxError: unexpected token`.
    pub message: String,
    /// The calls that led there, one in each line; empty if there were none.
    pub stack: String,
    /// What its top level has logged before.
    pub log: Vec<String>,
}

impl ScriptError {
    /// The error with the script's main file, or with the file that has the mistake.
    pub(crate) fn of(&self, main: &Path) -> String {
        match self {
            Self::Refused(refused) if !refused.file.is_empty() => {
                let path = main.with_file_name(&refused.file);
                let place = [refused.line, refused.column].into_iter().take_while(|part| *part > 0);
                let place: String = place.map(|part| format!(":{part}")).collect();
                format!("{}{place}: {refused}", path.display())
            }
            error => format!("{}: {error}", main.display()),
        }
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEngine => f.write_str(
                "is JavaScript, and this build of footlight runs WebAssembly only; use a released package, or \
                 build it with `cargo build --release --features javascript`",
            ),
            Self::NeedsCompiler(file) => {
                let (from, to) = (file.display(), file.with_extension("js"));
                let to = to.display();
                write!(
                    f,
                    "is no JavaScript yet, and this host compiles nothing; make JavaScript of it and of all that it \
                     imports, for instance with `npx esbuild {from} --bundle --format=esm --outfile={to}`, and name \
                     {to} instead"
                )
            }
            Self::Io(error) => write!(f, "cannot be read: {error}"),
            Self::Name => f.write_str("its name is not UTF-8; give the file another name"),
            Self::Import { from, path, error } => {
                write!(f, "it imports {path} (in {from}), which ")?;
                if Errno::from_io_error(error) == Some(Errno::XDEV) {
                    f.write_str("leads out of the script's folder; copy the file into the folder")
                } else {
                    write!(f, "cannot be read: {error}")
                }
            }
            Self::TooMany => write!(
                f,
                "it has more than {MAX_FILES} files with those that it imports; join some of them"
            ),
            Self::TooLarge { limit } => write!(
                f,
                "it is past the limit of {limit} bytes with the files that it imports; remove some, or raise \
                 `limits.module` in the manifest"
            ),
            Self::Refused(refused) => refused.fmt(f),
            Self::Time(limit) => write!(
                f,
                "its top level has computed for longer than {limit:?}; do less there, or raise `limits.time` in \
                 the manifest"
            ),
            Self::Fuel(limit) => write!(
                f,
                "its top level has used up its {limit} units of fuel; do less there, or raise `limits.fuel` in \
                 the manifest"
            ),
            Self::Engine(why) => {
                write!(f, "the engine failed while it ran the top level; do less there: {why}")
            }
            Self::Archive(why) => write!(f, "the copy of the script {why}"),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, text, message, stack, log, .. } = self;
        f.write_str(message)?;
        if !text.is_empty() {
            write!(f, ": `{text}`")?;
        }
        if needs_compiler(Path::new(file)) {
            f.write_str(
                "; this file is no JavaScript yet, and this host compiles nothing: make one file of all with \
                 `npx esbuild --bundle --format=esm`",
            )?;
        }
        // The first call is where the mistake is, which stands there already.
        let calls: Vec<_> = stack.lines().map(str::trim).skip(1).collect();
        if !calls.is_empty() {
            write!(f, "; called {}", calls.join(", "))?;
        }
        if !log.is_empty() {
            write!(f, "; it had logged: {}", log.join(" | "))?;
        }
        Ok(())
    }
}

impl std::error::Error for ScriptError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) | Self::Import { error, .. } => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_told_with_all_that_is_known_of_it() {
        let mut refused = Refused {
            file: "lib/a.js".into(),
            line: 3,
            column: 5,
            text: "null.x".into(),
            message: "TypeError: no".into(),
            stack: "at inner (lib/a.js:3:5)\n  at main.js:9:1\n".into(),
            log: vec!["a".into(), "b".into()],
        };
        let of = |refused| ScriptError::Refused(Box::new(refused)).of(Path::new("x/main.js"));
        assert_eq!(
            of(refused.clone()),
            "x/lib/a.js:3:5: TypeError: no: `null.x`; called at main.js:9:1; it had logged: a | b"
        );
        (refused.column, refused.text, refused.stack, refused.log) = Default::default();
        assert_eq!(of(refused.clone()), "x/lib/a.js:3: TypeError: no");
        refused.file = String::new();
        assert_eq!(of(refused), "x/main.js: TypeError: no");
    }
}
