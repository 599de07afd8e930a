//! All that can stand on the command line, written down once: what is parsed, what the help, the
//! man page and the shells' completions say.

/// A command, the word after the program's name.
pub(super) struct Verb {
    /// What the parser knows it by.
    pub(super) act: Act,
    /// As it is typed.
    pub(super) name: &'static str,
    /// What it does, in a line without a full stop.
    pub(super) about: &'static str,
    /// What else is to be known. Whole sentences; may be empty.
    pub(super) more: &'static str,
    /// What follows it.
    pub(super) argument: Option<Argument>,
    /// Those that it alone has, or shares with some. All have [`GENERAL`].
    pub(super) options: &'static [Opt],
}

/// What follows a command, options aside.
pub(super) struct Argument {
    /// What it is called, in capitals.
    pub(super) name: &'static str,
    /// What it is, in a line without a full stop.
    pub(super) about: &'static str,
    /// How often it may stand there.
    pub(super) times: Times,
    /// What a shell offers.
    pub(super) offer: Offer,
}

/// How often an argument may be given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    /// Once, or not at all.
    Optional,
    /// Once.
    One,
    /// Once or more.
    Many,
}

/// An option.
pub(super) struct Opt {
    /// What the parser knows it by.
    pub(super) id: Id,
    /// Its letter, if it has one.
    pub(super) short: Option<char>,
    /// Its word, without the dashes.
    pub(super) long: &'static str,
    /// What its value is called, in capitals, and what a shell offers for it.
    pub(super) value: Option<(&'static str, Offer)>,
    /// What it does, in a line without a full stop.
    pub(super) about: &'static str,
    /// What stands after that, where there is room: not in completions. May be empty.
    pub(super) more: &'static str,
}

/// What a shell offers to complete.
pub(super) enum Offer {
    /// Nothing: only the user knows.
    Nothing,
    /// These words.
    Words(&'static [&'static str]),
    /// Folders, and files that end so.
    Files(&'static [&'static str]),
    /// Folders.
    Folders,
}

/// The commands, for the parser: it has an arm for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Run,
    Check,
    New,
    Completions,
    Man,
    Help,
}

/// The options, likewise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Id {
    Bind,
    Help,
    Json,
    Name,
    Quiet,
    Threads,
    Verbose,
    Version,
}

/// What the program is.
pub(super) const ABOUT: &str = "Runs WebAssembly actors behind WebSockets";

/// What somebody who reads the manual should know first.
pub(super) const DESCRIPTION: &str = "An actor is a WebAssembly module with one function, which \
    takes a client's message and the actor's state and gives back the new state and an answer. \
    Its manifest, a TOML file, says which module that is, on which port its clients connect, and \
    how much memory, time and traffic they may use.";

/// The commands, those first that are used most.
pub(super) const VERBS: &[Verb] = &[
    Verb {
        act: Act::Run,
        name: "run",
        about: "Load actors and serve them in one process, until Ctrl-C or TERM",
        more: "On Ctrl-C, TERM or QUIT no more clients are let in, and those that are there get a \
            close frame 1001. A second signal ends at once. On HUP the log files are opened anew.",
        argument: Some(Argument {
            name: "MANIFEST",
            about: "A manifest, or a folder that holds a manifest.toml",
            times: Times::Many,
            offer: Offer::Files(&["toml"]),
        }),
        options: &[
            Opt {
                id: Id::Bind,
                short: None,
                long: "bind",
                value: Some(("ADDRESS", Offer::Words(&["0.0.0.0", "127.0.0.1"]))),
                about: "Listen on this IP address instead of the manifests'",
                more: "(0.0.0.0: on every network; 127.0.0.1: this machine only)",
            },
            Opt {
                id: Id::Threads,
                short: None,
                long: "threads",
                value: Some(("N", Offer::Nothing)),
                about: "Handle actors and connections on N threads",
                more: "[default: 1]",
            },
            Opt {
                id: Id::Verbose,
                short: Some('v'),
                long: "verbose",
                value: None,
                about: "Log more",
                more: "(-v debug, -vv also what the libraries say)",
            },
            Opt {
                id: Id::Quiet,
                short: Some('q'),
                long: "quiet",
                value: None,
                about: "Log less",
                more: "(-q warnings, -qq errors)",
            },
        ],
    },
    Verb {
        act: Act::Check,
        name: "check",
        about: "Load actors without serving them, and print what was found",
        more: "It opens what `run` would open, and says what `run` would say of it.",
        argument: Some(Argument {
            name: "MANIFEST|WASM",
            about: "A manifest, a folder that holds a manifest.toml, or a module",
            times: Times::Many,
            offer: Offer::Files(&["toml", "wasm"]),
        }),
        options: &[Opt {
            id: Id::Json,
            short: None,
            long: "json",
            value: None,
            about: "Print one JSON array instead of text",
            more: "",
        }],
    },
    Verb {
        act: Act::New,
        name: "new",
        about: "Make the project of an actor in Rust",
        more: "The folder must not exist yet, or be empty. What is made builds with \
            `cargo build --release`; nothing is fetched before that.",
        argument: Some(Argument {
            name: "PATH",
            about: "The folder to make; its last part is the actor's name",
            times: Times::One,
            offer: Offer::Folders,
        }),
        options: &[Opt {
            id: Id::Name,
            short: None,
            long: "name",
            value: Some(("NAME", Offer::Nothing)),
            about: "Give the actor this name instead",
            more: "",
        }],
    },
    Verb {
        act: Act::Completions,
        name: "completions",
        about: "Print what makes a shell complete this command line",
        more: "Bash reads it from ~/.local/share/bash-completion/completions/footlight, fish from \
            ~/.config/fish/completions/footlight.fish, zsh from a file `_footlight` in a folder of \
            its $fpath.",
        argument: Some(Argument {
            name: "SHELL",
            about: "bash, zsh or fish",
            times: Times::One,
            offer: Offer::Words(SHELLS),
        }),
        options: &[],
    },
    Verb {
        act: Act::Man,
        name: "man",
        about: "Print the manual as a man page",
        more: "To read it: `footlight man | man -l -`.",
        argument: None,
        options: &[],
    },
    Verb {
        act: Act::Help,
        name: "help",
        about: "Print help, also of one command",
        more: "",
        argument: Some(Argument {
            name: "COMMAND",
            about: "The command to explain",
            times: Times::Optional,
            offer: Offer::Words(&["run", "check", "new", "completions", "man", "help"]),
        }),
        options: &[],
    },
];

/// The shells that completions can be made for.
pub(super) const SHELLS: &[&str] = &["bash", "zsh", "fish"];

/// The options of every command, and of none.
pub(super) const GENERAL: &[Opt] = &[
    Opt {
        id: Id::Help,
        short: Some('h'),
        long: "help",
        value: None,
        about: "Print help",
        more: "(after a command: that command's)",
    },
    Opt {
        id: Id::Version,
        short: Some('V'),
        long: "version",
        value: None,
        about: "Print the version",
        more: "",
    },
];

/// What the process ends with.
pub(super) const EXIT_CODES: &[(&str, &str)] = &[
    ("0", "Everything went well"),
    ("1", "An actor, a manifest, an address or a file is at fault, and it says which"),
    ("2", "The command line is at fault"),
];

/// Every option, those of several commands several times.
pub(super) fn options() -> impl Iterator<Item = &'static Opt> {
    GENERAL.iter().chain(VERBS.iter().flat_map(|verb| verb.options))
}

/// The command of this name.
pub(super) fn verb(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.name == name)
}

impl Opt {
    /// How it is given, such as `-v, --verbose` or `--bind ADDRESS`.
    pub(super) fn names(&self) -> String {
        let mut names = String::new();
        if let Some(letter) = self.short {
            names = ["-", letter.encode_utf8(&mut [0; 4]), ", "].concat();
        }
        names += "--";
        names += self.long;
        if let Some((value, _)) = &self.value {
            names.push(' ');
            names += value;
        }
        names
    }
}

impl Verb {
    /// Its own options, and those that all have.
    pub(super) fn all_options(&self) -> impl Iterator<Item = &'static Opt> {
        self.options.iter().chain(GENERAL)
    }

    /// How it is used, such as `footlight run [OPTIONS] MANIFEST...`.
    pub(super) fn usage(&self) -> String {
        let mut usage = String::from("footlight ");
        usage += self.name;
        if !self.options.is_empty() {
            usage += " [OPTIONS]";
        }
        if let Some(argument) = &self.argument {
            let (before, after) = match argument.times {
                Times::Optional => (" [", "]"),
                Times::One => (" ", ""),
                Times::Many => (" ", "..."),
            };
            usage += before;
            usage += argument.name;
            usage += after;
        }
        usage
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_name_means_one_option_wherever_it_stands() {
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
    fn the_words_that_are_offered_for_a_command_are_the_commands() {
        let Some(Argument { offer: Offer::Words(words), .. }) = verb("help").unwrap().argument
        else {
            panic!("help has no words");
        };
        assert!(VERBS.iter().map(|verb| verb.name).eq(words.iter().copied()));
    }

    #[test]
    fn lines_are_lines_and_sentences_are_sentences() {
        let about = VERBS.iter().map(|verb| verb.about).chain(options().map(|option| option.about));
        for text in about {
            assert!(text.starts_with(char::is_uppercase) && !text.ends_with('.'), "{text}");
            // A completion's line has to stand beside the word.
            assert!(text.len() <= 70, "{text}");
        }
        for verb in VERBS {
            assert!(verb.more.is_empty() || verb.more.ends_with('.'), "{}", verb.more);
        }
    }
}
