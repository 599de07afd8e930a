//! The text of `--help`.

use super::{
    spec::{OptionSpec, Subcommand},
    table::{ABOUT, EXIT_CODES, GLOBAL_OPTIONS, SUBCOMMANDS},
};

/// The width of a page, in letters.
const WIDTH: usize = 80;

/// The help of the whole program.
pub(super) fn all() -> String {
    let mut page = [ABOUT, ".\n\n"].concat();
    usage(&mut page, SUBCOMMANDS);
    page += "\nCommands:\n";
    rows(
        &mut page,
        SUBCOMMANDS.iter().map(|subcommand| (subcommand.name.into(), subcommand.about.into())),
    );
    page += "\nOptions:\n";
    rows(&mut page, GLOBAL_OPTIONS.iter().map(row));
    page += "\nExit codes:\n";
    rows(&mut page, EXIT_CODES.iter().map(|(code, about)| ((*code).into(), (*about).into())));
    page
}

/// The help of one subcommand.
pub(super) fn of(subcommand: &Subcommand) -> String {
    let mut page = [subcommand.about, ".\n\n"].concat();
    usage(&mut page, std::slice::from_ref(subcommand));
    if let Some(argument) = &subcommand.argument {
        page += "\nArguments:\n";
        rows(&mut page, [(argument.name.into(), argument.about.into())].into_iter());
    }
    if !subcommand.actions().is_empty() {
        page += "\nActions:\n";
        let actions = subcommand.actions().iter();
        rows(&mut page, actions.map(|action| (action.usage(), action.about.into())));
    }
    page += "\nOptions:\n";
    rows(&mut page, subcommand.all_options().map(row));
    if !subcommand.more.is_empty() {
        page.push('\n');
        wrap(&mut page, subcommand.more, 0);
    }
    page
}

/// The usage lines of these subcommands.
fn usage(page: &mut String, subcommands: &[Subcommand]) {
    let mut before = "Usage: ";
    for subcommand in subcommands {
        *page += before;
        *page += &subcommand.usage();
        page.push('\n');
        before = "       ";
    }
}

/// A row for an option.
fn row(option: &OptionSpec) -> (String, String) {
    // All long names line up, with or without a short one.
    let indent = if option.short.is_some() { "" } else { "    " };
    let left = [indent, &option.names()].concat();
    (left, [option.about, " ", option.more].concat())
}

/// Two columns.
fn rows(page: &mut String, rows: impl Iterator<Item = (String, String)>) {
    let rows: Vec<_> = rows.collect();
    let widest = rows.iter().map(|(left, _)| left.len()).max().unwrap_or(0);
    for (left, right) in rows {
        *page += "  ";
        *page += &left;
        *page += &" ".repeat(widest + 2 - left.len());
        wrap(page, &right, widest + 4);
    }
}

/// Wraps text at [`WIDTH`] letters. The first line continues the page, and the others are indented.
fn wrap(page: &mut String, text: &str, indent: usize) {
    let mut column = indent;
    for word in text.split_whitespace() {
        if column > indent && column + 1 + word.len() > WIDTH {
            page.push('\n');
            *page += &" ".repeat(indent);
            column = indent;
        } else if column > indent {
            page.push(' ');
            column += 1;
        }
        *page += word;
        column += word.len();
    }
    page.push('\n');
}
