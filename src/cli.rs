//! The command line.

use std::{ffi::OsString, fmt, net::IpAddr, path::PathBuf};

use lexopt::prelude::*;

/// What is printed for `--help`.
pub const HELP: &str = "\
Runs WebAssembly actors behind WebSockets.

Usage: footlight run [OPTIONS] MANIFEST...
       footlight check [--json] MANIFEST|WASM...

Commands:
  run      Load the actors and serve them in one process, until Ctrl-C or TERM
  check    Load the actors without serving, and print what was found

A MANIFEST is a file, or a folder that holds a manifest.toml.

Options of run:
      --bind ADDRESS  Listen on this IP address instead of the manifests'
                      (0.0.0.0: on every network; 127.0.0.1: this machine only)
      --threads N     Handle actors and connections on N threads [default: 1]

Options of check:
      --json          Print one JSON array instead of text

Options:
  -v, --verbose       Log more: -v debug, -vv also what the libraries say
  -q, --quiet         Log less: -q warnings, -qq errors
  -h, --help          Print this
  -V, --version       Print the version

Exit codes:
  0  everything went well
  1  an actor, a manifest or an address is at fault; standard error says which
  2  the command line is at fault
";

/// The most threads that can be asked for.
const MOST_THREADS: usize = 64;

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
    /// Print [`HELP`].
    Help,
    /// Print the version.
    Version,
}

/// A command line that makes no sense. The user's fault.
#[derive(Debug)]
pub struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nTry `footlight --help`.", self.0)
    }
}

impl std::error::Error for UsageError {}

impl From<lexopt::Error> for UsageError {
    fn from(error: lexopt::Error) -> Self {
        Self(error.to_string())
    }
}

/// Reads the command line, without the program's name.
///
/// # Errors
/// What is wrong with it, for the user.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, UsageError> {
    let mut parser = lexopt::Parser::from_args(args);
    let mut name = None;
    let mut paths = Vec::new();
    let (mut bind, mut threads, mut json) = (None, None, false);
    let mut verbosity = 0i8;
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Command::Help),
            Short('V') | Long("version") => return Ok(Command::Version),
            Short('v') | Long("verbose") => verbosity = verbosity.saturating_add(1),
            Short('q') | Long("quiet") => verbosity = verbosity.saturating_sub(1),
            Long("json") => json = true,
            Long("bind") => bind = Some(address(&parser.value()?.string()?)?),
            Long("threads") => threads = Some(number(&parser.value()?.string()?)?),
            Value(value) if name.is_none() => name = Some(value.string()?),
            Value(value) => paths.push(PathBuf::from(value)),
            other => return Err(other.unexpected().into()),
        }
    }
    let name = name.ok_or_else(|| UsageError("no command was given: run or check".into()))?;
    if paths.is_empty() && matches!(name.as_str(), "run" | "check") {
        return Err(UsageError(format!("`footlight {name}` needs the path of a manifest")));
    }
    match name.as_str() {
        "run" if json => Err(UsageError("--json is an option of `footlight check`".into())),
        "run" => {
            Ok(Command::Run { manifests: paths, bind, threads: threads.unwrap_or(1), verbosity })
        }
        "check" if bind.is_some() || threads.is_some() => {
            Err(UsageError("--bind and --threads are options of `footlight run`".into()))
        }
        "check" => Ok(Command::Check { files: paths, json }),
        other => Err(UsageError(format!("there is no command {other:?}: use run or check"))),
    }
}

/// An IP address, without a port: ports are in the manifests.
fn address(value: &str) -> Result<IpAddr, UsageError> {
    value.parse().map_err(|_| {
        UsageError(format!(
            "--bind {value}: not an IP address; write one without a port, such as 0.0.0.0"
        ))
    })
}

/// A number of threads.
fn number(value: &str) -> Result<usize, UsageError> {
    let number = value.parse().ok().filter(|number| (1..=MOST_THREADS).contains(number));
    number.ok_or_else(|| {
        UsageError(format!("--threads {value}: write a number from 1 to {MOST_THREADS}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn options_may_stand_before_and_after_the_paths() {
        let expected = Command::Run {
            manifests: vec!["a".into(), "b/m.toml".into()],
            bind: Some([0, 0, 0, 0].into()),
            threads: 4,
            verbosity: 2,
        };
        assert_eq!(parsed("run a b/m.toml -vv --bind 0.0.0.0 --threads=4").unwrap(), expected);
        assert_eq!(parsed("-v --threads 4 run --bind=0.0.0.0 a b/m.toml -v").unwrap(), expected);
    }

    #[test]
    fn help_and_version_win_over_everything_after_them() {
        assert_eq!(parsed("--help").unwrap(), Command::Help);
        assert_eq!(parsed("run -h nonsense").unwrap(), Command::Help);
        assert_eq!(parsed("-V").unwrap(), Command::Version);
    }

    #[test]
    fn each_mistake_says_what_to_write() {
        for (line, part) in [
            ("", "no command was given"),
            ("serve x", "there is no command \"serve\""),
            ("run", "needs the path of a manifest"),
            ("check", "needs the path of a manifest"),
            ("run x --json", "option of `footlight check`"),
            ("check x --threads 2", "options of `footlight run`"),
            ("run x --bind localhost", "not an IP address"),
            ("run x --bind 0.0.0.0:80", "without a port"),
            ("run x --threads 0", "a number from 1 to 64"),
            ("run x --threads 65", "a number from 1 to 64"),
            ("run x --port 80", "invalid option '--port'"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(part), "{line}: {error}");
        }
    }
}
