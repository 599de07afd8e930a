//! The types of the command line's table.

/// A subcommand: the word after the program's name.
pub(super) struct Subcommand {
    /// What the parser matches on.
    pub(super) id: SubcommandId,
    /// What the user types.
    pub(super) name: &'static str,
    /// What it does, in a line without a full stop.
    pub(super) about: &'static str,
    /// More about it, in whole sentences; may be empty.
    pub(super) more: &'static str,
    /// `None` if it has no argument.
    pub(super) argument: Option<Argument>,
    /// Its own options. All subcommands also have `GLOBAL_OPTIONS`.
    pub(super) options: &'static [OptionSpec],
}

/// A subcommand's argument.
pub(super) struct Argument {
    /// Its name, in capitals.
    pub(super) name: &'static str,
    /// What it is, in a line without a full stop.
    pub(super) about: &'static str,
    /// How many there may be, which the parser checks.
    pub(super) arity: Arity,
    pub(super) completion: Completion,
}

/// How often an argument may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arity {
    /// Once or not at all.
    Optional,
    /// Exactly once.
    One,
    /// Any number of times. None stands for `.`, the current folder.
    Any,
    /// Once or more.
    Many,
    /// One of these actions, with arguments of its own.
    Actions(&'static [ActionSpec]),
}

/// An action: the word after the name of a subcommand that has several.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ActionSpec {
    /// Identifies it in the parser.
    pub(super) id: ActionId,
    /// Its name.
    pub(super) name: &'static str,
    /// Its arguments, as help shows them.
    pub(super) arguments: &'static str,
    /// How many arguments it has at least.
    pub(super) least: usize,
    /// How many arguments it has at most.
    pub(super) most: usize,
    /// What it does, in a line without a full stop.
    pub(super) about: &'static str,
}

/// An option.
pub(super) struct OptionSpec {
    /// What the parser matches on.
    pub(super) id: OptionId,
    /// The letter after one dash. `None` if it has none.
    pub(super) short: Option<char>,
    /// What the user types after two dashes.
    pub(super) long: &'static str,
    /// Its value's name, in capitals, and how a shell completes it. `None` if it has no value.
    pub(super) value: Option<(&'static str, Completion)>,
    /// What it does, in a line without a full stop.
    pub(super) about: &'static str,
    /// More about it, in help and man page but not in completions; may be empty.
    pub(super) more: &'static str,
}

/// How a shell completes a word.
pub(super) enum Completion {
    /// Not at all: only the user knows.
    Nothing,
    /// With these words.
    Words(&'static [&'static str]),
    /// With folders, and files with these extensions.
    Files(&'static [&'static str]),
    /// With folders.
    Folders,
    /// The first one with these words, the others with folders.
    WordsAndFolders(&'static [&'static str]),
}

/// The subcommands, so that the compiler checks that the parser handles each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SubcommandId {
    Run,
    Dev,
    Check,
    Call,
    New,
    State,
    Completions,
    Man,
    Help,
}

/// The actions of `footlight state`, for the same reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ActionId {
    Ls,
    Get,
    Export,
    Import,
    Mv,
    Rm,
}

/// The options, for the same reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OptionId {
    Bind,
    Data,
    Events,
    Expect,
    Fresh,
    Help,
    Json,
    KeepInstance,
    Name,
    Now,
    Partial,
    Port,
    Quiet,
    Seed,
    State,
    Template,
    Lang,
    Threads,
    Update,
    Verbose,
    Version,
    Write,
}

impl OptionSpec {
    /// How to write it, such as `-v, --verbose` or `--bind ADDRESS`.
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

impl ActionSpec {
    /// Its name and its arguments, such as `rm DIR ACTOR...`.
    pub(super) fn usage(&self) -> String {
        [self.name, " ", self.arguments].concat()
    }
}

impl Subcommand {
    /// Its actions, if it has any.
    pub(super) fn actions(&self) -> &'static [ActionSpec] {
        match self.argument.as_ref().map(|argument| argument.arity) {
            Some(Arity::Actions(actions)) => actions,
            _ => &[],
        }
    }

    /// How to use it, such as `footlight run [OPTIONS] [PATH]...`.
    pub(super) fn usage(&self) -> String {
        let mut usage = String::from("footlight ");
        usage += self.name;
        if !self.options.is_empty() {
            usage += " [OPTIONS]";
        }
        if let Some(argument) = &self.argument {
            let (before, after) = match argument.arity {
                Arity::Optional => (" [", "]"),
                Arity::One => (" ", ""),
                Arity::Any => (" [", "]..."),
                Arity::Many => (" ", "..."),
                Arity::Actions(_) => (" ", " [NAME]..."),
            };
            usage += before;
            usage += argument.name;
            usage += after;
        }
        usage
    }
}
