//! Fish.

use super::quoted;
use crate::cli::put;
use crate::cli::spec::{Completion, OptionSpec};
use crate::cli::table::{GLOBAL_OPTIONS, SUBCOMMANDS};

/// The beginning of every line.
const COMPLETE: &str = "complete -c footlight";
/// As long as no command was given.
const NO_SUBCOMMAND: &str = " -n __fish_use_subcommand";

/// The script.
pub(super) fn script() -> String {
    let mut script = ["# Completions of footlight for fish.\n", COMPLETE, " -f\n"].concat();
    for row in GLOBAL_OPTIONS {
        script += COMPLETE;
        option(&mut script, row);
    }
    for subcommand in SUBCOMMANDS {
        script += COMPLETE;
        script += NO_SUBCOMMAND;
        put(&mut script, &[" -a ", subcommand.name]);
        about(&mut script, subcommand.about);
    }
    for subcommand in SUBCOMMANDS {
        let only = [COMPLETE, " -n '__fish_seen_subcommand_from ", subcommand.name, "'"].concat();
        for row in subcommand.options {
            script += &only;
            option(&mut script, row);
        }
        if let Some(argument) = &subcommand.argument {
            script += &only;
            offers(&mut script, &argument.completion);
            script.push('\n');
        }
    }
    script
}

/// An option, and what it takes.
fn option(script: &mut String, option: &OptionSpec) {
    if let Some(letter) = option.short {
        *script += " -s ";
        script.push(letter);
    }
    put(script, &[" -l ", option.long]);
    if let Some((_, completion)) = &option.value {
        *script += " -x";
        offers(script, completion);
    }
    about(script, option.about);
}

/// What stands beside the word, and the end of the line.
fn about(script: &mut String, text: &str) {
    put(script, &[" -d ", &quoted(text, "\\'"), "\n"]);
}

/// What may follow.
fn offers(script: &mut String, completion: &Completion) {
    match completion {
        Completion::Nothing => {}
        Completion::Words(words) => put(script, &[" -a '", &words.join(" "), "'"]),
        Completion::Folders => *script += " -a '(__fish_complete_directories)'",
        Completion::Files(ends) => {
            // It offers other files too, but after these.
            for end in *ends {
                put(script, &[" -a '(__fish_complete_suffix .", end, ")'"]);
            }
        }
    }
}
