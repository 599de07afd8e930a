//! Zsh. It works from a file in `$fpath` and read by `source`.

use super::quoted;
use crate::cli::put;
use crate::cli::table::{GENERAL, Id, Offer, Opt, Times, VERBS};

/// Up to the commands.
const BEGINNING: &str = "#compdef footlight
# Completions of footlight for zsh.

_footlight() {
    local curcontext=$curcontext state line
    local -A opt_args
    local -a verbs
    verbs=(
";

/// From the commands to their options.
const STATES: &str = " \\
            '1:command:->verb' '*::argument:->rest' && return
    case $state in
        verb) _describe command verbs; return ;;
    esac
    case $words[1] in
";

/// The rest: called when it was loaded for a first completion, else registered.
const END: &str = "    esac
}

if [ \"$funcstack[1]\" = _footlight ]; then
    _footlight \"$@\"
else
    compdef _footlight footlight
fi
";

/// The script.
pub(super) fn script() -> String {
    let mut script = String::from(BEGINNING);
    for verb in VERBS {
        let row = [verb.name, ":", verb.about].concat();
        put(&mut script, &["        ", &quote(&row), "\n"]);
    }
    script += "    )\n    _arguments -C -s";
    for row in GENERAL {
        option(&mut script, row);
    }
    script += STATES;
    for verb in VERBS {
        put(&mut script, &["        ", verb.name, ") _arguments -s"]);
        for row in verb.all_options() {
            option(&mut script, row);
        }
        if let Some(argument) = &verb.argument {
            let times = match argument.times {
                Times::Optional => "::",
                Times::One => ":",
                Times::Many => "*:",
            };
            let row = [times, argument.name, ":", &action(&argument.offer)].concat();
            put(&mut script, &[" \\\n            ", &quote(&row)]);
        }
        script += " ;;\n";
    }
    script += END;
    script
}

/// An option as `_arguments` has it.
fn option(script: &mut String, option: &Opt) {
    let about = option.about.replace('[', "\\[").replace(']', "\\]");
    let mut rest = ["[", &about, "]"].concat();
    let mut long = ["--", option.long].concat();
    if let Some((name, offer)) = &option.value {
        long.push('=');
        put(&mut rest, &[":", name, ":", &action(offer)]);
    }
    // Those that count.
    let again = if matches!(option.id, Id::Verbose | Id::Quiet) { "\\*" } else { "" };
    *script += " \\\n            ";
    match option.short {
        Some(letter) => {
            let letter = String::from(letter);
            put(script, &[again, "{-", &letter, ",", &long, "}", &quote(&rest)]);
        }
        None => *script += &quote(&[&long, rest.as_str()].concat()),
    }
}

/// What completes a value.
fn action(offer: &Offer) -> String {
    match offer {
        Offer::Nothing => " ".into(),
        Offer::Words(words) => ["(", &words.join(" "), ")"].concat(),
        // One in parentheses would be no pattern but qualifiers.
        Offer::Files([end]) => ["_files -g \"*.", end, "\""].concat(),
        Offer::Files(ends) => ["_files -g \"*.(", &ends.join("|"), ")\""].concat(),
        Offer::Folders => "_files -/".into(),
    }
}

/// Text as one word.
fn quote(text: &str) -> String {
    quoted(text, "'\\''")
}
