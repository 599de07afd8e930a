//! Scripts that complete the command line in a shell.

mod bash;
mod fish;
mod zsh;

use super::spec::OptionSpec;

/// The script for a shell, if it is known.
pub(super) fn of(shell: &str) -> Option<String> {
    match shell {
        "bash" => Some(bash::script()),
        "fish" => Some(fish::script()),
        "zsh" => Some(zsh::script()),
        _ => None,
    }
}

/// All spellings of options: `--bind`, `-v`, `--verbose`.
fn flags(options: impl Iterator<Item = &'static OptionSpec>) -> Vec<String> {
    let mut flags = Vec::new();
    for option in options {
        if let Some(letter) = option.short {
            flags.push(["-", letter.encode_utf8(&mut [0; 4])].concat());
        }
        flags.push(["--", option.long].concat());
    }
    flags
}

/// Text in single quotes for a shell. `quote` is how that shell escapes a quote inside.
fn quoted(text: &str, quote: &str) -> String {
    ["'", &text.replace('\'', quote), "'"].concat()
}
