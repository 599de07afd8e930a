//! Parses the command line.

use std::{ffi::OsString, net::IpAddr, path::PathBuf};

use lexopt::prelude::*;

use super::{
    Command, actions, call, completions, help, man,
    spec::{Arity, OptionId, OptionSpec, Subcommand, SubcommandId},
    table::{self, OF_TOOLS, SHELLS, SUBCOMMANDS},
    usage_error::{UsageError, instead, list, wrong},
};
use crate::{call::Call, config::nearest::nearest, features::TOOLS};

/// The maximum of `--threads`.
const MAX_THREADS: usize = 64;

/// The options that were given.
#[derive(Default)]
struct Given {
    options: Vec<&'static OptionSpec>,
    bind: Option<IpAddr>,
    port: Option<u16>,
    data: Option<PathBuf>,
    fresh: bool,
    json: bool,
    keep_instance: bool,
    /// What only `call` has.
    call: Call,
    name: Option<String>,
    partial: bool,
    template: Option<String>,
    lang: Option<String>,
    threads: Option<usize>,
    verbosity: i8,
}

/// Parses the command line, without the program's name.
///
/// # Errors
/// The first error, for the user.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, UsageError> {
    let mut subcommand = None;
    let command = read(args, &mut subcommand);
    command.map_err(|error| UsageError {
        subcommand: subcommand.map(|subcommand| subcommand.name),
        ..error
    })
}

/// Parses the command line. Sets `subcommand` as soon as it is known, for error messages.
fn read(
    args: impl IntoIterator<Item = OsString>,
    subcommand: &mut Option<&'static Subcommand>,
) -> Result<Command, UsageError> {
    let mut parser = lexopt::Parser::from_args(args);
    let mut given = Given::default();
    let mut words = Vec::new();
    while let Some(arg) = parser.next()? {
        let option = match arg {
            Value(word) if subcommand.is_none() => {
                *subcommand = Some(find_subcommand(&word.string()?)?);
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
            OptionId::Help => {
                return Ok(Command::Print(subcommand.map_or_else(help::all, help::of)));
            }
            OptionId::Version => return Ok(Command::Print(version())),
            OptionId::Verbose => given.verbosity = given.verbosity.saturating_add(1),
            OptionId::Quiet => given.verbosity = given.verbosity.saturating_sub(1),
            OptionId::Json if !TOOLS.is_built => return Err(wrong(TOOLS.to_string())),
            OptionId::Json => given.json = true,
            OptionId::Fresh => given.fresh = true,
            OptionId::KeepInstance => given.keep_instance = true,
            OptionId::Bind => given.bind = Some(address(&parser.value()?.string()?)?),
            OptionId::Data => given.data = Some(folder(parser.value()?)?),
            OptionId::Events
            | OptionId::Expect
            | OptionId::Now
            | OptionId::Seed
            | OptionId::State
            | OptionId::Update
            | OptionId::Write => {
                if TOOLS.is_built {
                    call::option_value(option, &mut parser, &mut given.call)?;
                }
            }
            OptionId::Name => given.name = Some(parser.value()?.string()?),
            OptionId::Port => given.port = Some(port(&parser.value()?.string()?)?),
            OptionId::Partial => given.partial = true,
            OptionId::Template => given.template = Some(parser.value()?.string()?),
            OptionId::Lang => given.lang = Some(parser.value()?.string()?),
            OptionId::Threads => given.threads = Some(threads(&parser.value()?.string()?)?),
        }
    }
    let subcommand = subcommand.ok_or_else(|| {
        wrong(
            ["no command was given: ", &list(SUBCOMMANDS.iter().map(|subcommand| subcommand.name))]
                .concat(),
        )
    })?;
    fits(subcommand, &given.options, &words)?;
    let first = words.first().and_then(|word| word.to_str());
    Ok(match subcommand.id {
        SubcommandId::Run => Command::Run {
            manifests: paths_or_here(words),
            bind: given.bind,
            port: given.port,
            data: given.data,
            threads: given.threads.unwrap_or(1),
            verbosity: given.verbosity,
        },
        SubcommandId::Dev if TOOLS.is_built => Command::Dev {
            path: paths(words).pop().unwrap_or_else(|| ".".into()),
            bind: given.bind,
            port: given.port,
            data: given.data,
            fresh: given.fresh,
            keep_instance: given.keep_instance,
            verbosity: given.verbosity,
        },
        SubcommandId::Check => {
            Command::Check { files: paths_or_here(words), data: given.data, json: given.json }
        }
        SubcommandId::Call if TOOLS.is_built => {
            given.call.data = given.data;
            given.call.json = given.json;
            call::command(given.call, words)?
        }
        SubcommandId::New if TOOLS.is_built => Command::New {
            path: paths(words).pop().unwrap_or_default(),
            name: given.name,
            template: given.template,
            lang: given.lang,
        },
        SubcommandId::State if TOOLS.is_built => actions::command(words, given.partial)?,
        SubcommandId::Completions if TOOLS.is_built => {
            Command::Print(shell(first.unwrap_or_default())?)
        }
        SubcommandId::Man if TOOLS.is_built => Command::Print(man::page()),
        SubcommandId::Help => Command::Print(match first {
            Some(word) => help::of(find_subcommand(word)?),
            None => help::all(),
        }),
        SubcommandId::Dev
        | SubcommandId::Call
        | SubcommandId::New
        | SubcommandId::State
        | SubcommandId::Completions
        | SubcommandId::Man => return Err(wrong(TOOLS.to_string())),
    })
}

/// Checks that a subcommand has these options and accepts this many arguments.
fn fits(
    subcommand: &Subcommand,
    options: &[&OptionSpec],
    words: &[OsString],
) -> Result<(), UsageError> {
    for option in options {
        if !subcommand.all_options().any(|own| own.id == option.id) {
            let owners = SUBCOMMANDS
                .iter()
                .filter(|subcommand| subcommand.options.iter().any(|own| own.id == option.id));
            let owners = list(owners.map(|subcommand| subcommand.name));
            let text = ["--", option.long, " is an option of `footlight ", &owners, "`"].concat();
            return Err(wrong(text));
        }
    }
    let (least, most) = match subcommand.argument.as_ref().map(|argument| argument.arity) {
        None => (0, 0),
        Some(Arity::Optional) => (0, 1),
        Some(Arity::One) => (1, 1),
        Some(Arity::Any) => (0, usize::MAX),
        // An action counts its arguments itself.
        Some(Arity::Many | Arity::Actions(_)) => (1, usize::MAX),
    };
    if let Some(argument) = &subcommand.argument
        && words.len() < least
    {
        let parts =
            ["`", &subcommand.usage(), "`: ", argument.name, " is missing: ", argument.about];
        return Err(wrong(parts.concat()));
    }
    match words.get(most) {
        Some(word) => {
            let word = word.to_string_lossy();
            let parts = ["`", &subcommand.usage(), "`: unexpected argument ", &word];
            Err(wrong(parts.concat()))
        }
        None => Ok(()),
    }
}

/// Finds a subcommand.
fn find_subcommand(name: &str) -> Result<&'static Subcommand, UsageError> {
    table::subcommand(name).ok_or_else(|| {
        if !TOOLS.is_built && OF_TOOLS.contains(&name) {
            return wrong(TOOLS.to_string());
        }
        let names: Vec<_> = SUBCOMMANDS.iter().map(|subcommand| subcommand.name).collect();
        // This looks like a manifest, so the user probably forgot `run`.
        let is_path = name.contains(['/', '.']) && nearest(name, &names).is_none();
        let advice = match is_path {
            true => ["did you mean `footlight run ", name, "`?"].concat(),
            false => instead(name, names),
        };
        wrong(["there is no command `", name, "`: ", &advice].concat())
    })
}

/// Finds an option by its letter.
fn find_short(letter: char) -> Result<&'static OptionSpec, UsageError> {
    let option = table::options().find(|option| option.short == Some(letter));
    option.ok_or_else(|| wrong(["there is no option -", letter.encode_utf8(&mut [0; 4])].concat()))
}

/// Finds an option by its name.
fn find_long(name: &str) -> Result<&'static OptionSpec, UsageError> {
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

/// Parses an IP address.
fn address(value: &str) -> Result<IpAddr, UsageError> {
    value.parse().map_err(|_| {
        wrong(format!(
            "--bind {value}: not an IP address; write one such as 0.0.0.0, and the port as --port"
        ))
    })
}

/// Parses a port.
fn port(value: &str) -> Result<u16, UsageError> {
    value.parse().map_err(|_| {
        wrong(format!("--port {value}: write a number from 0 to 65535 (0 lets the system choose)"))
    })
}

/// Takes a path for a folder. An empty one is probably a shell's variable without a value.
fn folder(value: OsString) -> Result<PathBuf, UsageError> {
    if value.is_empty() {
        return Err(wrong("--data: the path is empty; write the path of a folder".into()));
    }
    Ok(value.into())
}

/// Parses a number of threads.
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

/// Arguments as paths; `.` without any.
fn paths_or_here(words: Vec<OsString>) -> Vec<PathBuf> {
    if words.is_empty() { vec![".".into()] } else { paths(words) }
}
