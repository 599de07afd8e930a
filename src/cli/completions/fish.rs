//! Completions for fish.

use super::quoted;
use crate::cli::put;
use crate::cli::spec::{Completion, OptionSpec};
use crate::cli::table::{GLOBAL_OPTIONS, SUBCOMMANDS};

/// The start of every line.
const COMPLETE: &str = "complete -c footlight";
/// The condition for subcommands: none was given yet.
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

/// An option and its value.
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

/// The description and the end of the line.
fn about(script: &mut String, text: &str) {
    put(script, &[" -d ", &quoted(text, "\\'"), "\n"]);
}

/// What completes an argument or a value.
fn offers(script: &mut String, completion: &Completion) {
    match completion {
        Completion::Nothing => {}
        Completion::Words(words) => put(script, &[" -a '", &words.join(" "), "'"]),
        Completion::WordsAndFolders(words) => {
            put(script, &[" -a '", &words.join(" "), " (__fish_complete_directories)'"]);
        }
        Completion::Folders => *script += " -a '(__fish_complete_directories)'",
        Completion::Files(ends) => {
            // Fish offers other files as well, but after these.
            for end in *ends {
                put(script, &[" -a '(__fish_complete_suffix .", end, ")'"]);
            }
        }
    }
}
