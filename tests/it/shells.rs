//! The completions in bash, zsh and fish, and the man page in two readers.
//!
//! A test whose program is missing says so and passes, unless `FOOTLIGHT_REQUIRE_SHELLS` is set.

use std::{fs, path::Path, process::Command};

use crate::{clients::available, support::footlight};

/// The variable that says that the shells must be there.
const REQUIRED: &str = "FOOTLIGHT_REQUIRE_SHELLS";

/// A folder with the scripts, the man page and something to complete.
fn stage() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let output = footlight(&["completions", shell]);
        assert!(output.status.success());
        fs::write(folder.path().join(shell), output.stdout).unwrap();
    }
    fs::write(folder.path().join("page.1"), footlight(&["man"]).stdout).unwrap();
    fs::create_dir(folder.path().join("files")).unwrap();
    for name in ["my actor.toml", "other.wasm", "notes.txt"] {
        fs::write(folder.path().join("files").join(name), "").unwrap();
    }
    fs::create_dir(folder.path().join("files/folder")).unwrap();
    folder
}

/// The same, if there is this shell, which finds no mistake in its script.
fn stage_for(shell: &str) -> Option<tempfile::TempDir> {
    let mut probe = Command::new(shell);
    probe.args(["-c", "true"]);
    available(shell, probe, REQUIRED).then(|| {
        let stage = stage();
        run(stage.path(), shell, &["-n", shell]);
        stage
    })
}

/// The output of a command, which must succeed.
fn run(folder: &Path, program: &str, args: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).env("HOME", folder).env("LC_ALL", "C.UTF-8");
    let output = command.env("TERM", "dumb").output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && error.is_empty(), "{program} {args:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// Command lines, each with the exact completions for its last word.
const LINES: &[(&str, &[&str])] = &[
    ("footlight ", &["run", "dev", "check", "call", "new", "state", "completions", "man", "help"]),
    ("footlight c", &["check", "call", "completions"]),
    ("footlight run --b", &["--bind"]),
    ("footlight run --d", &["--data"]),
    ("footlight run --bind 127", &["127.0.0.1"]),
    ("footlight check --j", &["--json"]),
    ("footlight completions ", &["bash", "zsh", "fish"]),
    ("footlight help ru", &["run"]),
];

/// Checks what is offered for each of the lines, which comes sorted.
fn are_offered(offered: impl Fn(&str) -> Vec<String>) {
    for (line, expected) in LINES {
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(offered(line), expected, "{line}");
    }
}

#[test]
fn bash_completes_commands_options_values_and_files() {
    let Some(stage) = stage_for("bash") else { return };
    // As readline calls it: the words, which of them is completed, and the line.
    let script = r#"source ./bash; read -ra COMP_WORDS <<<"$1"
        case $1 in *' ') COMP_WORDS+=('') ;; esac
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$1 COMP_POINT=${#1}
        complete -p footlight >/dev/null && _footlight
        printf '%s\n' "${COMPREPLY[@]}""#;
    let offered = |line: &str| {
        let text = run(stage.path(), "bash", &["--norc", "-c", script, "bash", line]);
        let mut words: Vec<_> = text.lines().map(String::from).collect();
        words.sort();
        words
    };
    are_offered(offered);
    // As readline splits `--bind=127`.
    assert_eq!(offered("footlight run --bind = 127"), ["127.0.0.1"]);
    let modules = ["files/folder", "files/my actor.toml", "files/other.wasm"];
    assert_eq!(offered("footlight run files/"), modules);
    assert_eq!(offered("footlight new files/"), ["files/folder"]);
}

#[test]
fn fish_completes_commands_options_values_and_files() {
    let Some(stage) = stage_for("fish") else { return };
    let offered = |line: &str| {
        let script = "source ./fish; complete -C $argv[1]";
        let text = run(stage.path(), "fish", &["--no-config", "-c", script, line]);
        let words = text.lines().map(|line| line.split('\t').next().unwrap().to_owned());
        let mut words: Vec<_> = words.collect();
        words.sort();
        words
    };
    are_offered(offered);
    let files = offered("footlight check files/");
    for name in ["files/folder/", "files/my actor.toml", "files/other.wasm"] {
        assert!(files.iter().any(|file| file == name), "{files:?}");
    }
    assert_eq!(offered("footlight new files/"), ["files/folder/"]);
}

#[test]
fn zsh_completes_commands_options_values_and_files() {
    let Some(stage) = stage_for("zsh") else { return };
    // A shell behind a terminal. The test presses Tab when the line editor is ready. The shell then
    // shows a list, or the completed line.
    let script = r#"zmodload zsh/zpty
        zpty shell 'TERM=dumb zsh -f -i'
        zpty -w shell 'PS1=; autoload -Uz compinit; compinit -u -D; source ./zsh
            unsetopt always_last_prompt beep
            zle-line-init() { print -n re""ady }; zle -N zle-line-init'
        local line; zpty -r -m shell line '*ready*'
        zpty -n -w shell "$1"$'\t'
        zpty -n -w shell $'\C-u'"print do"'""ne'$'\n'
        zpty -r -m shell line '*done*'
        print -r -- $line"#;
    let offers = |line: &str, words: &[&str]| {
        let text = run(stage.path(), "zsh", &["-f", "-c", script, "zsh", line]);
        let typed = line.rsplit(' ').next().unwrap();
        for word in words {
            // The typed text can't be mistaken for it.
            assert!(text.contains(word) && *word != typed, "{line}: {text}");
        }
        text
    };
    for (line, expected) in LINES {
        offers(line, expected);
    }
    let files = offers("footlight run files/", &["folder/", "my\\ actor.toml", "other.wasm"]);
    assert!(!files.contains("notes.txt"), "{files}");
}

#[test]
fn the_man_page_reads_without_warnings_in_man_and_in_mandoc() {
    let stage = stage();
    // mandoc has no option that does nothing.
    let mut probe = Command::new("mandoc");
    if available(
        "mandoc",
        {
            probe.arg("page.1").current_dir(stage.path());
            probe
        },
        REQUIRED,
    ) {
        let mandoc = Command::new("mandoc")
            .args(["-T", "lint", "-W", "warning", "page.1"])
            .current_dir(stage.path())
            .output()
            .unwrap();
        let text = String::from_utf8(mandoc.stdout).unwrap();
        // The page has no date on purpose.
        let others: Vec<_> = text.lines().filter(|line| !line.contains("missing date")).collect();
        assert!(others.is_empty(), "{others:?}");
    }
    let mut probe = Command::new("man");
    probe.arg("--version");
    if available("man", probe, REQUIRED) {
        let page = run(stage.path(), "man", &["--warnings", "-l", "page.1"]);
        assert!(page.contains("footlight run [OPTIONS] [PATH]..."), "{page}");
        assert!(page.contains("--bind ADDRESS"), "{page}");
    }
}
