//! The actions of `footlight state`.

use std::ffi::OsString;

use super::{
    Command,
    spec::{ActionId, ActionSpec},
    usage_error::{UsageError, instead, wrong},
};
use crate::state::Action;

/// All actions, those that only read first.
pub(super) const ACTIONS: &[ActionSpec] = &[
    action(
        ActionId::Ls,
        "ls",
        "DIR",
        (1, 1),
        "List the actors with something stored, and how much",
    ),
    action(
        ActionId::Get,
        "get",
        "DIR ACTOR [KEY]",
        (2, 3),
        "Print an actor's state, or the value of a key, as it is",
    ),
    action(
        ActionId::Export,
        "export",
        "DIR [ACTOR]...",
        (1, usize::MAX),
        "Print all actors, or these, as JSON",
    ),
    action(
        ActionId::Import,
        "import",
        "DIR FILE",
        (2, 2),
        "Store the actors of such JSON (-: from standard input) in place of theirs",
    ),
    action(ActionId::Mv, "mv", "DIR OLD NEW", (3, 3), "Give what an actor has to another name"),
    action(
        ActionId::Rm,
        "rm",
        "DIR ACTOR...",
        (2, usize::MAX),
        "Remove everything that these actors have",
    ),
];

/// Makes a row.
const fn action(
    id: ActionId,
    name: &'static str,
    arguments: &'static str,
    (least, most): (usize, usize),
    about: &'static str,
) -> ActionSpec {
    ActionSpec { id, name, arguments, least, most, about }
}

/// Parses an action and its arguments.
pub(super) fn command(words: Vec<OsString>, partial: bool) -> Result<Command, UsageError> {
    let mut words = words.into_iter();
    let row = find(&words.next().unwrap_or_default().to_string_lossy())?;
    let usage = || ["`footlight state ", &row.usage(), "`: "].concat();
    if words.len() < row.least {
        return Err(wrong(usage() + "an argument is missing"));
    }
    if let Some(word) = words.as_slice().get(row.most) {
        return Err(wrong([&usage(), "unexpected argument ", &word.to_string_lossy()].concat()));
    }
    let reads = matches!(row.id, ActionId::Ls | ActionId::Get | ActionId::Export);
    if partial && !reads {
        return Err(wrong("--partial is for ls, get and export, which only read".into()));
    }
    let dir = words.next().unwrap_or_default().into();
    let mut next = || words.next().map(text).transpose();
    let action = match row.id {
        ActionId::Ls => Action::Ls,
        ActionId::Get => Action::Get { actor: next()?.unwrap_or_default(), key: next()? },
        ActionId::Export => Action::Export(words.map(text).collect::<Result<_, _>>()?),
        ActionId::Import => Action::Import(words.next().unwrap_or_default().into()),
        ActionId::Mv => {
            Action::Mv { old: next()?.unwrap_or_default(), new: next()?.unwrap_or_default() }
        }
        ActionId::Rm => Action::Rm(words.map(text).collect::<Result<_, _>>()?),
    };
    Ok(Command::State { dir, action, partial })
}

/// The name of an actor or of a key, which is text.
fn text(word: OsString) -> Result<String, UsageError> {
    word.into_string().map_err(|word| wrong(["not UTF-8 text: ", &word.to_string_lossy()].concat()))
}

/// Finds an action.
fn find(name: &str) -> Result<&'static ActionSpec, UsageError> {
    ACTIONS.iter().find(|row| row.name == name).ok_or_else(|| {
        let advice = instead(name, ACTIONS.iter().map(|row| row.name).collect());
        wrong(["there is no action `", name, "` of `footlight state`: ", &advice].concat())
    })
}

#[cfg(all(test, feature = "tools"))]
mod tests {
    use super::*;
    use crate::cli::{
        spec::{Argument, Completion},
        table::subcommand,
    };

    fn parsed(line: &str, partial: bool) -> Result<Command, String> {
        let words = line.split_whitespace().map(OsString::from).collect();
        command(words, partial).map_err(|error| error.problem)
    }

    #[test]
    fn each_action_takes_its_own_arguments() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let name = |name: &str| name.to_owned();
        for (line, action) in [
            ("ls d", Action::Ls),
            ("get d a", Action::Get { actor: name("a"), key: None }),
            ("get d a k", Action::Get { actor: name("a"), key: Some(name("k")) }),
            ("export d", Action::Export(vec![])),
            ("export d a b", Action::Export(names(&["a", "b"]))),
            ("import d -", Action::Import("-".into())),
            ("mv d a b", Action::Mv { old: name("a"), new: name("b") }),
            ("rm d a b", Action::Rm(names(&["a", "b"]))),
        ] {
            let expected = Command::State { dir: "d".into(), action, partial: false };
            assert_eq!(parsed(line, false), Ok(expected), "{line}");
        }
    }

    #[test]
    fn wrong_arguments_are_told_with_the_right_ones() {
        for (line, partial, expected) in [
            ("show d", false, "there is no action `show` of `footlight state`: use ls, get,"),
            (
                "exprt d",
                false,
                "there is no action `exprt` of `footlight state`: did you mean `export`?",
            ),
            ("ls", false, "`footlight state ls DIR`: an argument is missing"),
            ("ls d a", false, "`footlight state ls DIR`: unexpected argument a"),
            ("get d", false, "`footlight state get DIR ACTOR [KEY]`: an argument is missing"),
            ("get d a k x", false, "unexpected argument x"),
            ("import d", false, "`footlight state import DIR FILE`: an argument is missing"),
            ("mv d a", false, "`footlight state mv DIR OLD NEW`: an argument is missing"),
            ("rm d", false, "`footlight state rm DIR ACTOR...`: an argument is missing"),
            ("rm d a", true, "--partial is for ls, get and export, which only read"),
            ("import d f", true, "--partial is for ls, get and export, which only read"),
        ] {
            let error = parsed(line, partial).unwrap_err();
            assert!(error.contains(expected), "{line}: {error}");
        }
        for line in ["ls d", "get d a", "export d"] {
            assert!(
                matches!(parsed(line, true), Ok(Command::State { partial: true, .. })),
                "{line}"
            );
        }
    }

    #[test]
    fn completions_offer_all_actions() {
        let Some(Argument { completion: Completion::WordsAndFolders(words), .. }) =
            subcommand("state").unwrap().argument
        else {
            panic!("state has no words");
        };
        assert!(ACTIONS.iter().map(|row| row.name).eq(words.iter().copied()));
    }
}
