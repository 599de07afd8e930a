//! The types of the table's rows: what a subcommand, an argument and an option are.

/// A command, the word after the program's name.
pub(super) struct Subcommand {
    /// What the parser knows it by.
    pub(super) id: SubcommandId,
    /// As it is typed.
    pub(super) name: &'static str,
    /// What it does, in a line without a full stop.
    pub(super) about: &'static str,
    /// What else is to be known. Whole sentences; may be empty.
    pub(super) more: &'static str,
    /// What follows it.
    pub(super) argument: Option<Argument>,
    /// Those that it alone has, or shares with some. All have [`GENERAL`].
    pub(super) options: &'static [OptionSpec],
}

/// What follows a command, options aside.
pub(super) struct Argument {
    /// What it is called, in capitals.
    pub(super) name: &'static str,
    /// What it is, in a line without a full stop.
    pub(super) about: &'static str,
    /// How often it may stand there.
    pub(super) arity: Arity,
    /// What a shell offers.
    pub(super) completion: Completion,
}

/// How often an argument may be given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Arity {
    /// Once, or not at all.
    Optional,
    /// Once.
    One,
    /// Once or more.
    Many,
}

/// An option.
pub(super) struct OptionSpec {
    /// What the parser knows it by.
    pub(super) id: OptionId,
    /// Its letter, if it has one.
    pub(super) short: Option<char>,
    /// Its word, without the dashes.
    pub(super) long: &'static str,
    /// What its value is called, in capitals, and what a shell offers for it.
    pub(super) value: Option<(&'static str, Completion)>,
    /// What it does, in a line without a full stop.
    pub(super) about: &'static str,
    /// What stands after that, where there is room: not in completions. May be empty.
    pub(super) more: &'static str,
}

/// What a shell offers to complete.
pub(super) enum Completion {
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
pub(super) enum SubcommandId {
    Run,
    Check,
    New,
    Completions,
    Man,
    Help,
}

/// The options, likewise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OptionId {
    Bind,
    Help,
    Json,
    Name,
    Quiet,
    Threads,
    Verbose,
    Version,
}

impl OptionSpec {
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

impl Subcommand {
    /// How it is used, such as `footlight run [OPTIONS] MANIFEST...`.
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
                Arity::Many => (" ", "..."),
            };
            usage += before;
            usage += argument.name;
            usage += after;
        }
        usage
    }
}
