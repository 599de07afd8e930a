//! Completions for zsh. The script works in a folder of `$fpath` and with `source`.

use super::quoted;
use crate::cli::put;
use crate::cli::spec::{Arity, Completion, OptionId, OptionSpec};
use crate::cli::table::{GLOBAL_OPTIONS, SUBCOMMANDS};

/// The script up to the subcommands.
const BEGINNING: &str = "#compdef footlight
# Completions of footlight for zsh.

_footlight() {
    local curcontext=$curcontext state line
    local -A opt_args
    local -a verbs
    verbs=(
";

/// From there to the cases of each subcommand.
const STATES: &str = " \\
            '1:command:->verb' '*::argument:->rest' && return
    case $state in
        verb) _describe command verbs; return ;;
    esac
    case $words[1] in
";

/// The rest. The first completion calls the function; with `source` it is only registered.
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
    for subcommand in SUBCOMMANDS {
        let row = [subcommand.name, ":", subcommand.about].concat();
        put(&mut script, &["        ", &quote(&row), "\n"]);
    }
    script += "    )\n    _arguments -C -s";
    for row in GLOBAL_OPTIONS {
        option(&mut script, row);
    }
    script += STATES;
    for subcommand in SUBCOMMANDS {
        put(&mut script, &["        ", subcommand.name, ") _arguments -s"]);
        for row in subcommand.all_options() {
            option(&mut script, row);
        }
        if let Some(argument) = &subcommand.argument {
            let times = match argument.arity {
                Arity::Optional => "::",
                Arity::One => ":",
                Arity::Any | Arity::Many => "*:",
                Arity::Actions(_) => "1:",
            };
            let row = [times, argument.name, ":", &action(&argument.completion)].concat();
            put(&mut script, &[" \\\n            ", &quote(&row)]);
            if matches!(argument.arity, Arity::Actions(_)) {
                put(&mut script, &[" \\\n            ", &quote("*:DIR:_files")]);
            }
        }
        script += " ;;\n";
    }
    script += END;
    script
}

/// An option, as `_arguments` expects it.
fn option(script: &mut String, option: &OptionSpec) {
    let about = option.about.replace('[', "\\[").replace(']', "\\]");
    let mut rest = ["[", &about, "]"].concat();
    let mut long = ["--", option.long].concat();
    if let Some((name, completion)) = &option.value {
        long.push('=');
        put(&mut rest, &[":", name, ":", &action(completion)]);
    }
    // These options may be repeated.
    let again = if matches!(option.id, OptionId::Verbose | OptionId::Quiet) { "\\*" } else { "" };
    *script += " \\\n            ";
    match option.short {
        Some(letter) => {
            let letter = String::from(letter);
            put(script, &[again, "{-", &letter, ",", &long, "}", &quote(&rest)]);
        }
        None => *script += &quote(&[&long, rest.as_str()].concat()),
    }
}

/// What completes an argument or a value.
fn action(completion: &Completion) -> String {
    match completion {
        Completion::Nothing => " ".into(),
        Completion::Words(words) | Completion::WordsAndFolders(words) => {
            ["(", &words.join(" "), ")"].concat()
        }
        // A single extension in parentheses would be a glob qualifier.
        Completion::Files([end]) => ["_files -g \"*.", end, "\""].concat(),
        Completion::Files(ends) => ["_files -g \"*.(", &ends.join("|"), ")\""].concat(),
        Completion::Folders => "_files -/".into(),
    }
}

/// Quotes a text as one word.
fn quote(text: &str) -> String {
    quoted(text, "'\\''")
}
