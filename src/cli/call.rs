//! `footlight call`: its row of the table, and its own options.

use std::{ffi::OsString, path::PathBuf};

use lexopt::{Parser, ValueExt as _};

use super::{
    Command,
    spec::{Argument, Arity, Completion, OptionId, OptionSpec, Subcommand, SubcommandId},
    usage_error::{UsageError, wrong},
};
use crate::call::{Call, moment};

/// The files that events and reports are in.
const JSON: Completion = Completion::Files(&["jsonl", "json"]);

/// The row of the table.
pub(super) const CALL: Subcommand = Subcommand {
    id: SubcommandId::Call,
    name: "call",
    about: "Give events to an actor without a network, and show what they do",
    more: "Events: `connect`, `connect:/path?query`, `text:hello`, `binary:00ff`, `ping`, `pong`, \
        `close`, `close:4001:reason`, `mqtt:topic payload`, `alarm`, and `+5s` for time that passes. Any other word is \
        sent as a text. `ann@` before an event names the client: `ann@connect bob@connect ann@hi`. \
        A client without a connection connects first. Each line of FILE is such a word as a JSON \
        string, or an object such as {\"event\": \"text\", \"client\": \"ann\", \"text\": \"hi\"}; with \
        \"now\", \"advance\", \"random\" and \"files\" it says what the actor's imports answer. The exit \
        code is 1 if an event failed or a report is not as expected.",
    argument: Some(Argument {
        name: "PATH [EVENT]",
        about: "A manifest, a folder with a manifest.toml, or a module; then what happens",
        arity: Arity::Many,
        completion: Completion::Files(&["toml", "wasm", "js"]),
    }),
    options: &[
        option(
            OptionId::Events,
            "events",
            Some(("FILE", JSON)),
            "Read more events from this file",
            "(-: from standard input)",
        ),
        option(
            OptionId::State,
            "state",
            Some(("FILE", Completion::Files(&[]))),
            "Begin with the state in this file",
            "(without it: with `init`)",
        ),
        option(
            OptionId::Data,
            "data",
            Some(("DIR", Completion::Folders)),
            "Begin with what this data folder has; nothing is changed in it",
            "",
        ),
        option(
            OptionId::Now,
            "now",
            Some(("TIME", Completion::Nothing)),
            "Begin at this time",
            "[default: 2026-01-01T00:00:00Z]",
        ),
        option(
            OptionId::Seed,
            "seed",
            Some(("N", Completion::Nothing)),
            "Make the random numbers from this number",
            "[default: 0]",
        ),
        option(OptionId::Json, "json", None, "Print one JSON object for each event", ""),
        option(
            OptionId::Expect,
            "expect",
            Some(("FILE", JSON)),
            "Compare the reports with those in this file",
            "(as --json prints them; \"fuel\" and \"ms\" are left out)",
        ),
        option(OptionId::Update, "update", None, "Write the file of --expect anew", ""),
        option(
            OptionId::Write,
            "write",
            None,
            "Write the actor's files to the disk",
            "(without it: show them only)",
        ),
    ],
};

/// Makes an option.
const fn option(
    id: OptionId,
    long: &'static str,
    value: Option<(&'static str, Completion)>,
    about: &'static str,
    more: &'static str,
) -> OptionSpec {
    OptionSpec { id, short: None, long, value, about, more }
}

/// Reads the value of an option.
pub(super) fn option_value(
    option: &OptionSpec,
    parser: &mut Parser,
    call: &mut Call,
) -> Result<(), UsageError> {
    match option.id {
        OptionId::Events => call.events = Some(file(option, parser)?),
        OptionId::Expect => call.expect = Some(file(option, parser)?),
        OptionId::State => call.state = Some(file(option, parser)?),
        OptionId::Now => {
            let text = parser.value()?.string()?;
            let now = moment::read(&text).ok_or_else(|| {
                let problem = ": write milliseconds since 1970, or a time in UTC such as \
                               2026-01-01T12:30:00Z";
                wrong(["--now ", &text, problem].concat())
            });
            call.now = Some(now?);
        }
        OptionId::Seed => {
            let text = parser.value()?.string()?;
            let problem = |_| wrong(["--seed ", &text, ": write a whole number"].concat());
            call.seed = text.parse().map_err(problem)?;
        }
        OptionId::Update => call.update = true,
        OptionId::Write => call.write = true,
        _ => {}
    }
    Ok(())
}

/// Takes the path of a file.
fn file(option: &OptionSpec, parser: &mut Parser) -> Result<PathBuf, UsageError> {
    let path = parser.value()?;
    if path.is_empty() {
        return Err(wrong(["--", option.long, ": the path is empty"].concat()));
    }
    Ok(path.into())
}

/// The command, from its options and its words.
pub(super) fn command(mut call: Call, words: Vec<OsString>) -> Result<Command, UsageError> {
    if call.state.is_some() && call.data.is_some() {
        return Err(wrong(
            "--state and --data both say what to begin with; give one of them".into(),
        ));
    }
    let mut words = words.into_iter();
    call.path = words.next().unwrap_or_default().into();
    for word in words {
        match word.into_string() {
            Ok(text) => call.words.push(text),
            Err(word) => return Err(wrong(["not UTF-8 text: ", &word.to_string_lossy()].concat())),
        }
    }
    Ok(Command::Call(call))
}

#[cfg(all(test, feature = "tools"))]
mod tests {
    use crate::cli::{Command, parse};

    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_call_has_a_path_its_events_and_its_options() {
        let line = "call x.wasm connect ann@hi +5s --events - --state s --now 5 --seed 7 --json \
                    --expect e --update --write";
        let call = Call {
            path: "x.wasm".into(),
            words: ["connect", "ann@hi", "+5s"].map(String::from).into(),
            events: Some("-".into()),
            state: Some("s".into()),
            data: None,
            now: Some(5),
            seed: 7,
            json: true,
            expect: Some("e".into()),
            update: true,
            write: true,
        };
        assert_eq!(parsed(line), Ok(Command::Call(call)));
        let call = Call { path: ".".into(), data: Some("d".into()), ..Call::default() };
        assert_eq!(parsed("call . --data d"), Ok(Command::Call(call)));
        // Words that begin with a dash come after two.
        let call = Call { path: ".".into(), words: vec!["-1".into()], ..Call::default() };
        assert_eq!(parsed("call . -- -1"), Ok(Command::Call(call)));
    }

    #[test]
    fn options_that_do_not_fit_are_refused() {
        for (line, part) in [
            ("call", "PATH [EVENT] is missing"),
            ("call . --state s --data d", "give one of them"),
            ("call . --now soon", "--now soon: write milliseconds since 1970"),
            ("call . --seed x", "--seed x: write a whole number"),
            ("call . --events=", "--events: the path is empty"),
            ("check . --seed 1", "--seed is an option of `footlight call`"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(part), "{line}: {error}");
        }
    }
}
