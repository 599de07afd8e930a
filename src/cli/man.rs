//! The man page, in roff with the `man` macros.

use super::{
    spec::{OptionSpec, Subcommand},
    table::{ABOUT, DESCRIPTION, EXIT_CODES, GLOBAL_OPTIONS, SUBCOMMANDS},
};

/// The page `footlight(1)`.
pub(super) fn page() -> String {
    // Without a date, so that builds are reproducible.
    let mut page = String::from(concat!(
        ".TH FOOTLIGHT 1 \"\" \"footlight ",
        env!("CARGO_PKG_VERSION"),
        "\" \"User Commands\"\n.SH NAME\nfootlight \\- "
    ));
    text(&mut page, &ABOUT.replacen('R', "r", 1));
    page += ".SH SYNOPSIS\n";
    for (number, subcommand) in SUBCOMMANDS.iter().enumerate() {
        page += if number == 0 { ".B " } else { ".br\n.B " };
        text(&mut page, &subcommand.usage());
    }
    page += ".SH DESCRIPTION\n";
    text(&mut page, DESCRIPTION);
    page += ".SH COMMANDS\n";
    for subcommand in SUBCOMMANDS {
        command(&mut page, subcommand);
    }
    page += ".SH OPTIONS\n";
    for option in GLOBAL_OPTIONS {
        option_entry(&mut page, option);
    }
    page += ".SH EXIT STATUS\n";
    for (code, about) in EXIT_CODES {
        entry(&mut page, code, about);
    }
    page += ".SH SEE ALSO\n";
    text(&mut page, env!("CARGO_PKG_REPOSITORY"));
    page
}

/// A subcommand's section.
fn command(page: &mut String, subcommand: &Subcommand) {
    *page += ".SS ";
    text(page, &subcommand.usage());
    text(page, &[subcommand.about, ". ", subcommand.more].concat());
    if let Some(argument) = &subcommand.argument {
        entry(page, argument.name, argument.about);
    }
    for action in subcommand.actions() {
        entry(page, &action.usage(), action.about);
    }
    for option in subcommand.options {
        option_entry(page, option);
    }
}

/// An option's entry.
fn option_entry(page: &mut String, option: &OptionSpec) {
    entry(page, &option.names(), &[option.about, " ", option.more].concat());
}

/// A tagged paragraph.
fn entry(page: &mut String, tag: &str, about: &str) {
    *page += ".TP\n.B ";
    text(page, tag);
    text(page, about);
}

/// A line of text. What is in backquotes becomes bold.
fn text(page: &mut String, text: &str) {
    let mut bold = false;
    for letter in text.trim().chars() {
        match letter {
            // roff may print a bare `-` as a hyphen, which can't be pasted into a shell.
            '-' => *page += "\\-",
            '\\' => *page += "\\e",
            '~' => *page += "\\(ti",
            '`' => {
                bold = !bold;
                *page += if bold { "\\fB" } else { "\\fR" };
            }
            _ => page.push(letter),
        }
    }
    page.push('\n');
}
