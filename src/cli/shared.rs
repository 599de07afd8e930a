//! The options and arguments that several subcommands have.

use super::spec::{Argument, Arity, Completion, OptionId, OptionSpec};

/// The option of the subcommands that use the data folder.
pub(super) const DATA: OptionSpec = OptionSpec {
    id: OptionId::Data,
    short: None,
    long: "data",
    value: Some(("DIR", Completion::Folders)),
    about: "Keep the actors' state in this folder",
    more: "(without it: in systemd's StateDirectory=, or only in memory)",
};

/// The argument of the subcommands that load actors.
pub(super) const PATH: Argument = Argument {
    name: "PATH",
    about: "A manifest, a folder with a manifest.toml, or a module; `.` if there is none",
    arity: Arity::Any,
    completion: Completion::Files(&["toml", "wasm", "js"]),
};

/// The option that replaces addresses.
pub(super) const BIND: OptionSpec = OptionSpec {
    id: OptionId::Bind,
    short: None,
    long: "bind",
    value: Some(("ADDRESS", Completion::Words(&["0.0.0.0", "127.0.0.1"]))),
    about: "Listen on this IP address, whatever the manifests say",
    more: "(0.0.0.0: on every network; 127.0.0.1: this machine only)",
};

/// The option that replaces a port.
pub(super) const PORT: OptionSpec = OptionSpec {
    id: OptionId::Port,
    short: None,
    long: "port",
    value: Some(("N", Completion::Nothing)),
    about: "Listen on this port, whatever the manifest says",
    more: "(if there is one listener; 0: a free one)",
};

/// The option for more lines in the log.
pub(super) const VERBOSE: OptionSpec = OptionSpec {
    id: OptionId::Verbose,
    short: Some('v'),
    long: "verbose",
    value: None,
    about: "Log more",
    more: "(-v debug, -vv trace and the libraries' lines)",
};

/// The option for fewer lines.
pub(super) const QUIET: OptionSpec = OptionSpec {
    id: OptionId::Quiet,
    short: Some('q'),
    long: "quiet",
    value: None,
    about: "Log less",
    more: "(-q warnings, -qq errors)",
};
