//! Scripts that make a shell complete the command line.

mod bash;
mod fish;
mod zsh;

use super::spec::OptionSpec;

/// The script for a shell, if there is one.
pub(super) fn of(shell: &str) -> Option<String> {
    match shell {
        "bash" => Some(bash::script()),
        "fish" => Some(fish::script()),
        "zsh" => Some(zsh::script()),
        _ => None,
    }
}

/// The ways to give options: `--bind`, `-v`, `--verbose`.
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

/// Text within the single quotes of a shell, where `\'` is how a quote is written there.
fn quoted(text: &str, quote: &str) -> String {
    ["'", &text.replace('\'', quote), "'"].concat()
}
