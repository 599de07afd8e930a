//! Fish.

use super::quoted;
use crate::cli::put;
use crate::cli::table::{GENERAL, Offer, Opt, VERBS};

/// The beginning of every line.
const COMPLETE: &str = "complete -c footlight";
/// As long as no command was given.
const NO_VERB: &str = " -n __fish_use_subcommand";

/// The script.
pub(super) fn script() -> String {
    let mut script = ["# Completions of footlight for fish.\n", COMPLETE, " -f\n"].concat();
    for row in GENERAL {
        script += COMPLETE;
        option(&mut script, row);
    }
    for verb in VERBS {
        script += COMPLETE;
        script += NO_VERB;
        put(&mut script, &[" -a ", verb.name]);
        about(&mut script, verb.about);
    }
    for verb in VERBS {
        let only = [COMPLETE, " -n '__fish_seen_subcommand_from ", verb.name, "'"].concat();
        for row in verb.options {
            script += &only;
            option(&mut script, row);
        }
        if let Some(argument) = &verb.argument {
            script += &only;
            offers(&mut script, &argument.offer);
            script.push('\n');
        }
    }
    script
}

/// An option, and what it takes.
fn option(script: &mut String, option: &Opt) {
    if let Some(letter) = option.short {
        *script += " -s ";
        script.push(letter);
    }
    put(script, &[" -l ", option.long]);
    if let Some((_, offer)) = &option.value {
        *script += " -x";
        offers(script, offer);
    }
    about(script, option.about);
}

/// What stands beside the word, and the end of the line.
fn about(script: &mut String, text: &str) {
    put(script, &[" -d ", &quoted(text, "\\'"), "\n"]);
}

/// What may follow.
fn offers(script: &mut String, offer: &Offer) {
    match offer {
        Offer::Nothing => {}
        Offer::Words(words) => put(script, &[" -a '", &words.join(" "), "'"]),
        Offer::Folders => *script += " -a '(__fish_complete_directories)'",
        Offer::Files(ends) => {
            // It offers other files too, but after these.
            for end in *ends {
                put(script, &[" -a '(__fish_complete_suffix .", end, ")'"]);
            }
        }
    }
}
