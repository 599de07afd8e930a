//! What `--help` prints.

use super::table::{ABOUT, EXIT_CODES, GENERAL, Opt, VERBS, Verb};

/// The width of a page, in letters.
const WIDTH: usize = 80;

/// The help of the whole program.
pub(super) fn all() -> String {
    let mut page = [ABOUT, ".\n\n"].concat();
    usage(&mut page, VERBS);
    page += "\nCommands:\n";
    rows(&mut page, VERBS.iter().map(|verb| (verb.name.into(), verb.about.into())));
    page += "\nOptions:\n";
    rows(&mut page, GENERAL.iter().map(row));
    page += "\nExit codes:\n";
    rows(&mut page, EXIT_CODES.iter().map(|(code, about)| ((*code).into(), (*about).into())));
    page
}

/// The help of one command.
pub(super) fn of(verb: &Verb) -> String {
    let mut page = [verb.about, ".\n\n"].concat();
    usage(&mut page, std::slice::from_ref(verb));
    if let Some(argument) = &verb.argument {
        page += "\nArguments:\n";
        rows(&mut page, [(argument.name.into(), argument.about.into())].into_iter());
    }
    page += "\nOptions:\n";
    rows(&mut page, verb.all_options().map(row));
    if !verb.more.is_empty() {
        page.push('\n');
        wrap(&mut page, verb.more, 0);
    }
    page
}

/// How these commands are used.
fn usage(page: &mut String, verbs: &[Verb]) {
    let mut before = "Usage: ";
    for verb in verbs {
        *page += before;
        *page += &verb.usage();
        page.push('\n');
        before = "       ";
    }
}

/// An option, and what it does.
fn row(option: &Opt) -> (String, String) {
    // The words stand below each other, with or without a letter before them.
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

/// Text in lines of at most [`WIDTH`] letters, of which all but the first begin with `indent`
/// spaces. The first one begins where the page ends.
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
