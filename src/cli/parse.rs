//! Reads the command line by the table.

use std::{ffi::OsString, net::IpAddr, path::PathBuf};

use lexopt::prelude::*;

use super::{
    Command, UsageError, completions, help, man,
    table::{self, Act, Id, Opt, SHELLS, Times, VERBS, Verb},
};
use crate::config::nearest::nearest;

/// The most threads that can be asked for.
const MAX_THREADS: usize = 64;

/// The options that were given, and their values.
#[derive(Default)]
struct Given {
    options: Vec<&'static Opt>,
    bind: Option<IpAddr>,
    json: bool,
    name: Option<String>,
    threads: Option<usize>,
    verbosity: i8,
}

/// Reads the command line, without the program's name.
///
/// # Errors
/// What is wrong with it, for the user.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, UsageError> {
    let mut verb = None;
    let command = read(args, &mut verb);
    command.map_err(|error| UsageError { verb: verb.map(|verb| verb.name), ..error })
}

/// The same, and tells the command as soon as it is known.
fn read(
    args: impl IntoIterator<Item = OsString>,
    verb: &mut Option<&'static Verb>,
) -> Result<Command, UsageError> {
    let mut parser = lexopt::Parser::from_args(args);
    let mut given = Given::default();
    let mut words = Vec::new();
    while let Some(arg) = parser.next()? {
        let option = match arg {
            Value(word) if verb.is_none() => {
                *verb = Some(find_verb(&word.string()?)?);
                continue;
            }
            Value(word) => {
                words.push(word);
                continue;
            }
            Short(letter) => find_short(letter)?,
            Long(name) => find_long(name)?,
        };
        given.options.push(option);
        match option.id {
            Id::Help => return Ok(Command::Print(verb.map_or_else(help::all, help::of))),
            Id::Version => return Ok(Command::Print(version())),
            Id::Verbose => given.verbosity = given.verbosity.saturating_add(1),
            Id::Quiet => given.verbosity = given.verbosity.saturating_sub(1),
            Id::Json => given.json = true,
            Id::Bind => given.bind = Some(address(&parser.value()?.string()?)?),
            Id::Name => given.name = Some(parser.value()?.string()?),
            Id::Threads => given.threads = Some(threads(&parser.value()?.string()?)?),
        }
    }
    let verb = verb.ok_or_else(|| {
        wrong(["no command was given: ", &list(VERBS.iter().map(|verb| verb.name))].concat())
    })?;
    fits(verb, &given.options, &words)?;
    let first = words.first().and_then(|word| word.to_str());
    Ok(match verb.act {
        Act::Run => Command::Run {
            manifests: paths(words),
            bind: given.bind,
            threads: given.threads.unwrap_or(1),
            verbosity: given.verbosity,
        },
        Act::Check => Command::Check { files: paths(words), json: given.json },
        Act::New => Command::New { path: paths(words).pop().unwrap_or_default(), name: given.name },
        Act::Completions => Command::Print(shell(first.unwrap_or_default())?),
        Act::Man => Command::Print(man::page()),
        Act::Help => Command::Print(match first {
            Some(word) => help::of(find_verb(word)?),
            None => help::all(),
        }),
    })
}

/// Whether a command has these options, and takes so many arguments.
fn fits(verb: &Verb, options: &[&Opt], words: &[OsString]) -> Result<(), UsageError> {
    for option in options {
        if !verb.all_options().any(|own| own.id == option.id) {
            let owners = VERBS.iter().filter(|verb| verb.options.iter().any(|o| o.id == option.id));
            let owners = list(owners.map(|verb| verb.name));
            let text = ["--", option.long, " is an option of `footlight ", &owners, "`"].concat();
            return Err(wrong(text));
        }
    }
    let (least, most) = match verb.argument.as_ref().map(|argument| argument.times) {
        None => (0, 0),
        Some(Times::Optional) => (0, 1),
        Some(Times::One) => (1, 1),
        Some(Times::Many) => (1, usize::MAX),
    };
    if let Some(argument) = &verb.argument
        && words.len() < least
    {
        let parts = ["`", &verb.usage(), "`: ", argument.name, " is missing: ", argument.about];
        return Err(wrong(parts.concat()));
    }
    match words.get(most) {
        Some(word) => {
            let parts = ["`", &verb.usage(), "`: ", &word.to_string_lossy(), " is too much"];
            Err(wrong(parts.concat()))
        }
        None => Ok(()),
    }
}

/// The command of this name.
fn find_verb(name: &str) -> Result<&'static Verb, UsageError> {
    table::verb(name).ok_or_else(|| {
        let names: Vec<_> = VERBS.iter().map(|verb| verb.name).collect();
        let advice = match nearest(name, &names) {
            Some(near) => ["did you mean `", near, "`?"].concat(),
            // Whoever forgets the command most likely wants this one.
            None if name.contains(['/', '.']) => {
                ["did you mean `footlight run ", name, "`?"].concat()
            }
            None => ["use ", &list(names.into_iter())].concat(),
        };
        wrong(["there is no command `", name, "`: ", &advice].concat())
    })
}

/// The option with this letter.
fn find_short(letter: char) -> Result<&'static Opt, UsageError> {
    let option = table::options().find(|option| option.short == Some(letter));
    option.ok_or_else(|| wrong(["there is no option -", letter.encode_utf8(&mut [0; 4])].concat()))
}

/// The option with this name.
fn find_long(name: &str) -> Result<&'static Opt, UsageError> {
    table::options().find(|option| option.long == name).ok_or_else(|| {
        let names: Vec<_> = table::options().map(|option| option.long).collect();
        let near = nearest(name, &names);
        let advice = near.map(|near| [": did you mean --", near, "?"].concat());
        wrong(["there is no option --", name, &advice.unwrap_or_default()].concat())
    })
}

/// The completions for a shell.
fn shell(name: &str) -> Result<String, UsageError> {
    let shells = SHELLS.iter().copied();
    completions::of(name)
        .ok_or_else(|| wrong([name, ": there are completions for ", &list(shells)].concat()))
}

/// An IP address, without a port: ports are in the manifests.
fn address(value: &str) -> Result<IpAddr, UsageError> {
    value.parse().map_err(|_| {
        wrong(format!(
            "--bind {value}: not an IP address; write one without a port, such as 0.0.0.0"
        ))
    })
}

/// A number of threads.
fn threads(value: &str) -> Result<usize, UsageError> {
    let number = value.parse().ok().filter(|number| (1..=MAX_THREADS).contains(number));
    number
        .ok_or_else(|| wrong(format!("--threads {value}: write a number from 1 to {MAX_THREADS}")))
}

/// The program's name and version.
fn version() -> String {
    concat!("footlight ", env!("CARGO_PKG_VERSION"), "\n").into()
}

/// Arguments as paths.
fn paths(words: Vec<OsString>) -> Vec<PathBuf> {
    words.into_iter().map(PathBuf::from).collect()
}

/// Words as a sentence has them: `a, b or c`.
fn list(words: impl Iterator<Item = &'static str>) -> String {
    let mut words: Vec<_> = words.collect();
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last.into() } else { [&words.join(", "), " or ", last].concat() }
}

/// A mistake. Which command it is about, [`parse`] adds.
fn wrong(problem: String) -> UsageError {
    UsageError { problem, verb: None }
}
