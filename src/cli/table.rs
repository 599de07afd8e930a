//! The whole command line as one table. The parser, the help, the man page and the completions all
//! use it.

use super::{
    actions::ACTIONS,
    call::CALL,
    shared::{BIND, DATA, PATH, PORT, QUIET, VERBOSE},
    spec::{Argument, Arity, Completion, OptionId, OptionSpec, Subcommand, SubcommandId},
};
use crate::{features::TOOLS, languages, new::TEMPLATES};

/// What the program does.
pub(super) const ABOUT: &str = "Runs WebAssembly actors behind WebSockets";

/// The introduction of the man page.
pub(super) const DESCRIPTION: &str = "An actor is a WebAssembly module with one function, which \
    takes a client's message and the actor's state and gives back the new state and an answer. \
    Its manifest, a TOML file, says which module that is, on which port its clients connect, and \
    how much memory, time and traffic they may use.";

/// The subcommands, the most used ones first. Builds without the feature `tools` have
/// only what a board needs.
pub(super) const SUBCOMMANDS: &[Subcommand] = if TOOLS.is_built {
    &[RUN, DEV, CHECK, CALL, NEW, STATE, COMPLETIONS, MAN, HELP]
} else {
    &[RUN, CHECK, HELP]
};

/// The subcommands that need the feature `tools`.
pub(super) const OF_TOOLS: [&str; 6] =
    [DEV.name, CALL.name, NEW.name, STATE.name, COMPLETIONS.name, MAN.name];

/// `footlight run`.
const RUN: Subcommand = Subcommand {
    id: SubcommandId::Run,
    name: "run",
    about: "Load actors and serve them in one process, until Ctrl-C or TERM",
    more: "On Ctrl-C, TERM or QUIT, it lets no more clients in and closes all connections with code \
        1001. A second signal ends it at once. On HUP, it reopens the log files, and takes \
        over what has changed in the manifests and modules; sockets and states stay. A module \
        or a script in JavaScript without a manifest has the name of its file, and is at port 8080 or the next free one.",
    argument: Some(PATH),
    options: &[
        BIND,
        DATA,
        PORT,
        OptionSpec {
            id: OptionId::Threads,
            short: None,
            long: "threads",
            value: Some(("N", Completion::Nothing)),
            about: "Handle actors and connections on N threads",
            more: "[default: 1]",
        },
        VERBOSE,
        QUIET,
    ],
};

/// `footlight dev`.
const DEV: Subcommand = Subcommand {
    id: SubcommandId::Dev,
    name: "dev",
    about: "Serve an actor while you work on it, and take over changes",
    more: "It runs the `[build]` of the manifest, and again when the sources change. A new module, and \
        what has changed in the manifest, is taken over between two events; sockets and state stay. \
        Each event gets a new instance, so that an actor that relies on global variables fails here.",
    argument: Some(Argument {
        name: "PATH",
        about: "A manifest, its folder, or a module; without it, the current folder",
        arity: Arity::Optional,
        completion: Completion::Files(&["toml", "wasm", "js"]),
    }),
    options: &[
        OptionSpec {
            id: OptionId::Fresh,
            short: None,
            long: "fresh",
            value: None,
            about: "Begin with `init`, without what is stored of the actor",
            more: "(it is removed)",
        },
        OptionSpec {
            id: OptionId::KeepInstance,
            short: None,
            long: "keep-instance",
            value: None,
            about: "Let an instance handle more than one event, as `run` does",
            more: "",
        },
        BIND,
        PORT,
        DATA,
        VERBOSE,
        QUIET,
    ],
};

/// `footlight check`.
const CHECK: Subcommand = Subcommand {
    id: SubcommandId::Check,
    name: "check",
    about: "Load actors without serving them, and print a report",
    more: "It opens everything that `run` would open, and reports the same errors.",
    argument: Some(PATH),
    options: &[
        DATA,
        OptionSpec {
            id: OptionId::Json,
            short: None,
            long: "json",
            value: None,
            about: "Print one JSON array instead of text",
            more: "",
        },
    ],
};

/// `footlight new`.
const NEW: Subcommand = Subcommand {
    id: SubcommandId::New,
    name: "new",
    about: "Create a project for an actor",
    more: "The folder must not exist, or be empty. Nothing is downloaded. With --lang, it is a counter in \
        that language; the manifest says what builds it. Only Rust and JavaScript have --template.",
    argument: Some(Argument {
        name: "PATH",
        about: "The folder to create; its last part is the actor's name",
        arity: Arity::One,
        completion: Completion::Folders,
    }),
    options: &[
        OptionSpec {
            id: OptionId::Name,
            short: None,
            long: "name",
            value: Some(("NAME", Completion::Nothing)),
            about: "Give the actor this name instead",
            more: "",
        },
        OptionSpec {
            id: OptionId::Template,
            short: None,
            long: "template",
            value: Some(("TEMPLATE", Completion::Words(TEMPLATES))),
            about: "Begin with a counter, chat rooms or a dashboard",
            more: "(counter, rooms, dashboard, api; without it: a greeting)",
        },
        OptionSpec {
            id: OptionId::Lang,
            short: None,
            long: "lang",
            value: Some(("LANGUAGE", Completion::Words(languages::NAMES))),
            about: "Write the actor in this language",
            more: "(rust, javascript, c, assemblyscript, go, zig; without it: rust)",
        },
    ],
};

/// `footlight state`.
const STATE: Subcommand = Subcommand {
    id: SubcommandId::State,
    name: "state",
    about: "Show and change the state that is kept in a data folder",
    more: "The first three only read, also beside a running host. The others need a folder that no \
        host uses. JSON of `export` has text as a string, and other bytes as {\"hex\": \"00ff\"}.",
    argument: Some(Argument {
        name: "ACTION DIR",
        about: "What to do, and the folder that `run --data` has",
        arity: Arity::Actions(ACTIONS),
        completion: Completion::WordsAndFolders(&["ls", "get", "export", "import", "mv", "rm"]),
    }),
    options: &[OptionSpec {
        id: OptionId::Partial,
        short: None,
        long: "partial",
        value: None,
        about: "Read what precedes the damage in a damaged folder",
        more: "(ls, get and export only)",
    }],
};

/// `footlight completions`.
const COMPLETIONS: Subcommand = Subcommand {
    id: SubcommandId::Completions,
    name: "completions",
    about: "Print a script for a shell's completion",
    more: "Bash reads it from ~/.local/share/bash-completion/completions/footlight, fish from \
        ~/.config/fish/completions/footlight.fish, zsh from a file `_footlight` in a folder of \
        its $fpath.",
    argument: Some(Argument {
        name: "SHELL",
        about: "bash, zsh or fish",
        arity: Arity::One,
        completion: Completion::Words(SHELLS),
    }),
    options: &[],
};

/// `footlight man`.
const MAN: Subcommand = Subcommand {
    id: SubcommandId::Man,
    name: "man",
    about: "Print the manual as a man page",
    more: "To read it: `footlight man | man -l -`.",
    argument: None,
    options: &[],
};

/// `footlight help`.
const HELP: Subcommand = Subcommand {
    id: SubcommandId::Help,
    name: "help",
    about: "Print help for the program or for one command",
    more: "",
    argument: Some(Argument {
        name: "COMMAND",
        about: "The command to explain",
        arity: Arity::Optional,
        completion: Completion::Words(&[
            RUN.name,
            DEV.name,
            CHECK.name,
            CALL.name,
            NEW.name,
            STATE.name,
            COMPLETIONS.name,
            MAN.name,
            "help",
        ]),
    }),
    options: &[],
};

/// The shells that have completions.
pub(super) const SHELLS: &[&str] = &["bash", "zsh", "fish"];

/// The options of all subcommands, which also work without one.
pub(super) const GLOBAL_OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        id: OptionId::Help,
        short: Some('h'),
        long: "help",
        value: None,
        about: "Print help",
        more: "(after a command: for that command)",
    },
    OptionSpec {
        id: OptionId::Version,
        short: Some('V'),
        long: "version",
        value: None,
        about: "Print the version",
        more: "",
    },
];

/// The exit codes and their meanings.
pub(super) const EXIT_CODES: &[(&str, &str)] = &[
    ("0", "Success"),
    ("1", "An actor, a manifest, an address or a file has an error, which is printed"),
    ("2", "The command line is wrong"),
];

/// All options. Options of several subcommands occur several times.
pub(super) fn options() -> impl Iterator<Item = &'static OptionSpec> {
    GLOBAL_OPTIONS.iter().chain(SUBCOMMANDS.iter().flat_map(|subcommand| subcommand.options))
}

/// Finds a subcommand by name.
pub(super) fn subcommand(name: &str) -> Option<&'static Subcommand> {
    SUBCOMMANDS.iter().find(|subcommand| subcommand.name == name)
}

impl Subcommand {
    /// Its own options and the global ones.
    pub(super) fn all_options(&self) -> impl Iterator<Item = &'static OptionSpec> {
        self.options.iter().chain(GLOBAL_OPTIONS)
    }
}

#[cfg(all(test, feature = "tools"))]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn an_option_means_the_same_for_all_subcommands() {
        let mut names = BTreeMap::new();
        for option in options() {
            let letter = option.short.map(String::from);
            for name in letter.into_iter().chain([option.long.into()]) {
                let meaning = (option.id, option.value.is_some());
                let other = *names.entry(name).or_insert(meaning);
                assert_eq!(other, meaning, "--{}", option.long);
            }
        }
    }

    #[test]
    fn help_completes_the_names_of_all_subcommands() {
        let Some(Argument { completion: Completion::Words(words), .. }) =
            subcommand("help").unwrap().argument
        else {
            panic!("help has no words");
        };
        assert!(SUBCOMMANDS.iter().map(|subcommand| subcommand.name).eq(words.iter().copied()));
    }

    #[test]
    fn descriptions_have_no_full_stop_and_details_are_sentences() {
        let about = SUBCOMMANDS
            .iter()
            .map(|subcommand| subcommand.about)
            .chain(options().map(|option| option.about));
        for text in about {
            assert!(text.starts_with(char::is_uppercase) && !text.ends_with('.'), "{text}");
            // A completion shows it in the same line as the word.
            assert!(text.len() <= 70, "{text}");
        }
        for subcommand in SUBCOMMANDS {
            assert!(
                subcommand.more.is_empty() || subcommand.more.ends_with('.'),
                "{}",
                subcommand.more
            );
        }
    }
}
