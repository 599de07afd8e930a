//! Completions for bash 3.2 and later. macOS has 3.2: no `mapfile`, and perhaps no `compopt`.

use super::flags;
use crate::cli::put;
use crate::cli::spec::Completion;
use crate::cli::table::{GLOBAL_OPTIONS, SUBCOMMANDS, options};

/// The script up to the subcommands' names.
const BEGINNING: &str = r#"# Completions of footlight for bash.

_footlight_take() {
    local line
    while IFS= read -r line; do COMPREPLY+=("$line"); done
}

_footlight_words() {
    _footlight_take < <(compgen -W "$*" -- "$cur")
}

_footlight_files() {
    local end
    _footlight_take < <(
        compgen -d -- "$cur"
        for end in "$@"; do compgen -f -X "!*.$end" -- "$cur"; done
    )
    compopt -o filenames 2>/dev/null
}

_footlight() {
    local word verb='' cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    COMPREPLY=()
    # Bash takes --bind=ADDRESS for three words.
    if [ "$cur" = = ]; then
        cur=''
    elif [ "$prev" = = ]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in "#;

/// From there to the options with a value.
const OPTIONS: &str = ") verb=$word; break ;; esac
    done
    case $prev in
";

/// From there to the cases of each subcommand.
const COMMANDS: &str = "    esac
    case $verb:$cur in
";

/// The rest. Bash completes everything else itself, as paths with escapes.
const END: &str = "    esac
}

complete -o default -F _footlight footlight
";

/// The script.
pub(super) fn script() -> String {
    let names: Vec<_> = SUBCOMMANDS.iter().map(|subcommand| subcommand.name).collect();
    let mut script = [BEGINNING, &names.join("|"), OPTIONS].concat();
    for option in options() {
        if let Some((_, completion)) = &option.value {
            put(&mut script, &["        --", option.long, ") ", &act(completion), "; return ;;\n"]);
        }
    }
    script += COMMANDS;
    let words = flags(GLOBAL_OPTIONS.iter()).join(" ");
    put(&mut script, &["        :-*) _footlight_words ", &words, " ;;\n"]);
    put(&mut script, &["        :*) _footlight_words ", &names.join(" "), " ;;\n"]);
    for subcommand in SUBCOMMANDS {
        let words = flags(subcommand.all_options()).join(" ");
        put(&mut script, &["        ", subcommand.name, ":-*) _footlight_words ", &words, " ;;\n"]);
        if let Some(argument) = &subcommand.argument {
            put(
                &mut script,
                &["        ", subcommand.name, ":*) ", &act(&argument.completion), " ;;\n"],
            );
        }
    }
    script += END;
    script
}

/// The command that fills `COMPREPLY`.
fn act(completion: &Completion) -> String {
    match completion {
        Completion::Nothing => ":".into(),
        Completion::Words(words) => ["_footlight_words ", &words.join(" ")].concat(),
        Completion::Files(ends) => ["_footlight_files ", &ends.join(" ")].concat(),
        Completion::Folders => "_footlight_files".into(),
        Completion::WordsAndFolders(words) => {
            ["_footlight_words ", &words.join(" "), "; _footlight_files"].concat()
        }
    }
}
