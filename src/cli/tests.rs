//! Tests of the parser and of the printed texts.

use std::ffi::OsString;

use super::{
    Command, completions, man, parse,
    spec::{Arity, OptionId, OptionSpec, Subcommand, SubcommandId},
    table::{GLOBAL_OPTIONS, SHELLS, SUBCOMMANDS, options},
};

fn parsed(line: &str) -> Result<Command, String> {
    parse(line.split_whitespace().map(OsString::from)).map_err(|error| error.to_string())
}

/// What a command line prints.
fn printed(line: &str) -> String {
    match parsed(line) {
        Ok(Command::Print(text)) => text,
        other => panic!("{line}: {other:?}"),
    }
}

/// A valid command line without options.
fn plain(subcommand: &Subcommand) -> String {
    let word = match subcommand.id {
        SubcommandId::Completions => " bash",
        SubcommandId::State => " ls x",
        _ if subcommand.argument.as_ref().is_some_and(|it| it.arity != Arity::Optional) => " x",
        _ => "",
    };
    [subcommand.name, word].concat()
}

/// A valid value for an option.
fn value(option: &OptionSpec) -> &'static str {
    match option.id {
        OptionId::Bind => " ::1",
        OptionId::Data => " folder",
        OptionId::Events | OptionId::Expect | OptionId::State => " file",
        OptionId::Name => " other",
        OptionId::Port => " 80",
        OptionId::Template => " rooms",
        OptionId::Lang => " zig",
        OptionId::Now | OptionId::Seed => " 5",
        OptionId::Threads => " 2",
        _ => "",
    }
}

#[test]
fn every_option_of_the_table_has_an_effect_on_its_command_and_is_refused_by_the_others() {
    for subcommand in SUBCOMMANDS {
        let without = parsed(&plain(subcommand)).unwrap();
        for option in options() {
            let own = subcommand.all_options().any(|other| other.id == option.id);
            let letter = option.short.map(|letter| format!("-{letter}"));
            for flag in letter.into_iter().chain([format!("--{}", option.long)]) {
                let line = format!("{} {flag}{}", plain(subcommand), value(option));
                match parsed(&line) {
                    // The help of `help` is the same.
                    Ok(with) => assert!(own && (with != without || line == "help -h"), "{line}"),
                    Err(error) => {
                        assert!(!own, "{line}: {error}");
                        assert!(error.contains("is an option of `footlight "), "{line}: {error}");
                    }
                }
                assert_eq!(option.value.is_some(), !value(option).is_empty(), "{flag}");
            }
        }
    }
}

#[test]
fn only_the_options_of_the_table_parse() {
    for letter in (' '..='~').filter(|letter| !"-=".contains(*letter)) {
        let known = options().any(|option| option.short == Some(letter));
        assert_eq!(
            parse(
                ["-".to_owned() + &letter.to_string(), "run".into(), "x".into()]
                    .map(OsString::from)
            )
            .is_ok(),
            known,
            "-{letter}"
        );
    }
    assert!(parsed("run x --").is_ok());
    let error = parsed("run x --colour 80").unwrap_err();
    assert!(error.starts_with("there is no option --colour\n"), "{error}");
}

#[test]
fn every_row_of_the_table_is_in_the_help_the_man_page_and_every_completion() {
    let scripts = SHELLS.iter().map(|shell| completions::of(shell).unwrap());
    let help: String = SUBCOMMANDS
        .iter()
        .map(|subcommand| printed(&format!("{} --help", subcommand.name)))
        .collect();
    let bare = man::page().replace("\\-", "-");
    for text in scripts.chain([help, bare]) {
        for subcommand in SUBCOMMANDS {
            assert!(text.contains(subcommand.name), "{}: {text}", subcommand.name);
        }
        for action in SUBCOMMANDS.iter().flat_map(|subcommand| subcommand.actions()) {
            assert!(text.contains(action.name), "{}: {text}", action.name);
        }
        for option in options() {
            // Fish writes options without dashes.
            assert!(text.contains(option.long), "{}: {text}", option.long);
        }
    }
}

#[test]
fn options_may_stand_before_and_after_the_paths() {
    let expected = Command::Run {
        manifests: vec!["a".into(), "b/m.toml".into()],
        bind: Some([0, 0, 0, 0].into()),
        port: Some(0),
        data: Some("kept".into()),
        threads: 4,
        verbosity: 2,
    };
    assert_eq!(
        parsed("run a b/m.toml -vv --bind 0.0.0.0 --port 0 --threads=4 --data kept").unwrap(),
        expected
    );
    assert_eq!(
        parsed("-v --threads 4 --data=kept --port=0 run --bind=0.0.0.0 a b/m.toml -v").unwrap(),
        expected
    );
}

#[test]
fn without_a_path_it_is_the_current_folder() {
    assert_eq!(parsed("run"), parsed("run ."));
    assert_eq!(parsed("check"), parsed("check ."));
}

#[test]
fn help_and_version_win_over_everything_after_them() {
    let all = printed("--help");
    assert!(all.starts_with("Runs WebAssembly actors behind WebSockets.\n\nUsage: footlight run"));
    assert_eq!(printed("--help run"), all);
    assert_eq!(printed("help"), all);
    let run = printed("run -h nonsense");
    assert!(run.contains("\nUsage: footlight run [OPTIONS] [PATH]...\n"), "{run}");
    assert_eq!(printed("help run"), run);
    assert!(printed("-V").starts_with("footlight "));
}

#[test]
fn help_fits_into_80_columns_and_has_nothing_at_the_ends_of_lines() {
    for text in SUBCOMMANDS
        .iter()
        .map(|subcommand| printed(&format!("help {}", subcommand.name)))
        .chain([printed("help")])
    {
        for line in text.lines() {
            assert!(line.chars().count() <= 80 && line.trim_end() == line, "{line:?}");
        }
    }
}

#[test]
fn the_help_of_a_command_is_its_rows_in_columns() {
    assert_eq!(
        printed("check --help"),
        "\
Load actors without serving them, and print a report.

Usage: footlight check [OPTIONS] [PATH]...

Arguments:
  PATH  A manifest, a folder with a manifest.toml, or a module; `.` if there is
        none

Options:
      --data DIR  Keep the actors' state in this folder (without it: in
                  systemd's StateDirectory=, or only in memory)
      --json      Print one JSON array instead of text
  -h, --help      Print help (after a command: for that command)
  -V, --version   Print the version

It opens everything that `run` would open, and reports the same errors.
"
    );
    assert_eq!(GLOBAL_OPTIONS.len(), 2);
}

#[test]
fn each_error_says_what_to_write() {
    for (line, part) in [
        ("", "no command was given: run, dev, check, call, new, state, completions, man or help\n"),
        ("serve x", "there is no command `serve`: use run, dev, check,"),
        ("rnu x", "there is no command `rnu`: did you mean `run`?"),
        ("chek x", "there is no command `chek`: did you mean `check`?"),
        ("./hello", "did you mean `footlight run ./hello`?"),
        ("help chek", "did you mean `check`?"),
        ("new", "PATH is missing: The folder to create"),
        ("new a b", "`footlight new [OPTIONS] PATH`: unexpected argument b"),
        ("man a", "`footlight man`: unexpected argument a"),
        ("completions tcsh", "tcsh: there are completions for bash, zsh or fish"),
        (
            "run x --json",
            "--json is an option of `footlight check or call`\nTry `footlight run --help`.",
        ),
        ("check x --threads 2", "--threads is an option of `footlight run`"),
        ("run x --bind localhost", "not an IP address"),
        ("run x --bind 0.0.0.0:80", "and the port as --port"),
        ("run x --port 65536", "--port 65536: write a number from 0 to 65535"),
        ("run x --data=", "--data: the path is empty; write the path of a folder"),
        ("new x --data y", "--data is an option of `footlight run, dev, check or call`"),
        ("run x --threads 0", "a number from 1 to 64"),
        ("run x --threads 65", "a number from 1 to 64"),
        ("run x --thread 2", "there is no option --thread: did you mean --threads?"),
        ("run x -x", "there is no option -x\nTry `footlight run --help`."),
        ("check x --json=1", "unexpected argument for option '--json'"),
    ] {
        let error = parsed(line).unwrap_err();
        assert!(error.contains(part), "{line}: {error}");
    }
}
