//! Parts of the program that a build may leave out, by features of Cargo, and what users are told who need
//! them.

use std::fmt;

use crate::interfaces::{HTTP, HTTP_CLIENT, Interface, MQTT};

/// A part of the program that a build may leave out.
#[derive(Debug, PartialEq, Eq)]
pub struct Feature {
    /// Its name in `Cargo.toml`.
    name: &'static str,
    /// What a build without it does not have.
    what: &'static str,
    /// Whether this build has it.
    pub(crate) is_built: bool,
    /// What actors import of it.
    interfaces: &'static [&'static Interface],
}

/// The handler `http-client`.
pub(crate) const REQUESTS: Feature = Feature {
    name: "http-client",
    what: "requests to servers",
    is_built: cfg!(feature = "http-client"),
    interfaces: &[&HTTP, &HTTP_CLIENT],
};

/// The handler `mqtt`.
pub(crate) const BROKERS: Feature =
    Feature { name: "mqtt", what: "MQTT", is_built: cfg!(feature = "mqtt"), interfaces: &[&MQTT] };

/// The commands that are for developers and operators, and not for a board that only runs actors.
pub(crate) const TOOLS: Feature = Feature {
    name: "tools",
    what: "`dev`, `call`, `new`, `state`, `completions`, `man` or `check --json`",
    is_built: cfg!(feature = "tools"),
    interfaces: &[],
};

/// Whether this build has all types of handlers. The compiler then leaves out what says that one is missing.
pub(crate) const HAS_HANDLERS: bool = REQUESTS.is_built && BROKERS.is_built;

/// The part that has the imports from this module, if this build does not have it.
pub(crate) fn lacking(module: &str) -> Option<&'static Feature> {
    static ALL: [Feature; 2] = [REQUESTS, BROKERS];
    if HAS_HANDLERS {
        return None;
    }
    ALL.iter().find(|part| !part.is_built && part.interfaces.iter().any(|one| one.has(module)))
}

impl Feature {
    /// What is wrong with a build that does not have it.
    pub(crate) fn problem(&self) -> String {
        format!("this build has no {}", self.what)
    }

    /// What to do about that.
    pub(crate) fn advice(&self) -> String {
        format!("build it with `--features {}`", self.name)
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.problem(), self.advice())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use super::*;
    use crate::{
        actor::{Grants, Module},
        cli,
        limits::Limits,
    };

    #[test]
    fn an_actor_that_imports_what_this_build_lacks_loads_and_is_told_so() {
        for (part, guest) in [(REQUESTS, "asker-guide"), (BROKERS, "broker")] {
            let file = format!("{}/tests/guests/{guest}.wasm", env!("CARGO_MANIFEST_DIR"));
            let module = Module::load(Path::new(&file), &Limits::default(), Grants::ALL).unwrap();
            let notes = module.report().traps();
            let is_told = notes.iter().any(|note| note.contains(&part.to_string()));
            assert_eq!(is_told, !part.is_built, "{notes:?}");
        }
    }

    #[test]
    fn a_command_that_this_build_lacks_is_refused_with_the_feature_that_has_it() {
        for line in
            ["dev", "call a b", "new a", "state ls a", "completions zsh", "man", "check --json"]
        {
            let command = cli::parse(line.split(' ').map(Into::into));
            let refusal = command.err().map(|error| error.to_string());
            let is_told = refusal.iter().any(|text| text.starts_with(&TOOLS.to_string()));
            assert_eq!(is_told, !TOOLS.is_built, "{line}: {refusal:?}");
        }
    }
}
