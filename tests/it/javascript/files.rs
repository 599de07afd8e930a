//! The files of a script: which are read, and how many.

use std::{fmt::Write as _, fs};

use footlight::{
    limits::Limits,
    script::{MAX_FILES, ScriptError},
};

use super::{folder_of, module};
use crate::support::footlight;

#[test]
fn a_script_has_as_many_files_as_the_bound_and_not_one_more() {
    let folder = folder_of(&[]);
    let mut source = "export function connect() {}\n".to_owned();
    for number in 1..MAX_FILES {
        fs::write(folder.path().join(format!("{number}.js")), "").unwrap();
        writeln!(source, "import './{number}.js';").unwrap();
    }
    let main = folder.path().join("main.js");
    fs::write(&main, &source).unwrap();
    assert!(module(main.clone(), &Limits::default()).is_ok());
    fs::write(folder.path().join("more.js"), "").unwrap();
    fs::write(&main, source + "import './more.js';").unwrap();
    let text = module(main, &Limits::default()).err().unwrap().to_string();
    assert!(text.contains("more than 64 files"), "{text}");
}

#[test]
fn all_files_together_have_at_most_limits_module() {
    let folder = folder_of(&[
        ("main.js", "import './lib.js'; export function connect() {}"),
        ("lib.js", "// a library"),
    ]);
    let main = folder.path().join("main.js");
    let load = |limit| module(main.clone(), &Limits { module: limit, ..Limits::default() });
    let size = load(Limits::default().module).unwrap().report().file_bytes;
    assert!(load(size).is_ok());
    assert!(matches!(load(size - 1), Err(ScriptError::TooLarge { .. })));
}

#[test]
fn a_top_level_has_the_time_the_fuel_and_the_memory_of_an_event() {
    let folder = folder_of(&[
        ("endless.js", "for (;;);"),
        ("greedy.js", "const all = []; for (;;) all.push(new Uint8Array(100000));"),
        ("fine.js", "export function connect() {}"),
    ]);
    let load = |name, limits| module(folder.path().join(name), &limits);
    let time = std::time::Duration::from_millis(200);
    let endless = load("endless.js", Limits { time, ..Limits::default() }).err().unwrap();
    assert!(endless.to_string().contains("longer than 200ms; do less there"), "{endless}");
    let limits = Limits { fuel: Some(1_000_000), ..Limits::default() };
    let spent = load("endless.js", limits).err().unwrap();
    assert!(spent.to_string().contains("used up its 1000000 units of fuel"), "{spent}");
    let greedy = load("greedy.js", Limits::default()).err().unwrap();
    assert!(greedy.to_string().contains("out of memory"), "{greedy}");
    let limits = Limits { memory: 1 << 20, ..Limits::default() };
    assert!(load("fine.js", limits).is_ok());
}

#[test]
fn check_tells_what_a_script_is_and_what_is_wrong_with_it() {
    let folder = folder_of(&[
        ("fine.mjs", "import './lib/a.js'; export function message() {} export function http() {}"),
        ("lib/a.js", ""),
        ("bad.js", "import './lib/wrong.js'; export function message() {}"),
        ("lib/wrong.js", "export const a = 1;\n  let b = = 2;\n"),
    ]);
    let check = |name: &str| {
        let output = footlight(&["check", folder.path().join(name).to_str().unwrap()]);
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let (fine, report) = check("fine.mjs");
    assert!(fine && report.contains("2 files of a script"), "{report}");
    assert!(report.contains("    http     function  — answers HTTP requests"), "{report}");
    let (fine, report) = check("bad.js");
    let place = folder.path().join("lib/wrong.js").display().to_string() + ":2:11: SyntaxError: ";
    assert!(!fine && report.contains(&place), "{report}");
    assert!(report.contains(": `let b = = 2;`"), "{report}");
    let (fine, report) = check("gone.js");
    assert!(!fine && report.contains("gone.js: cannot be read: No such file"), "{report}");
}

#[test]
fn typescript_is_refused_with_the_command_that_makes_javascript_of_it() {
    let folder = folder_of(&[
        ("chat.ts", "export function message(client: Client) {}"),
        ("main.js", "import './lib.ts'; export function message() {}"),
        ("lib.ts", "export const a: number = 1;"),
        (
            "manifest.toml",
            "name = \"chat\"\ncomponent_path = \"chat.ts\"\n[interface]\n\
            implements = \"ntwk:theater/websocket-server\"\n[[handlers]]\n\
            type = \"websocket-server\"\nconfig = { port = 0 }\n",
        ),
    ]);
    let chat = folder.path().join("chat.ts").display().to_string();
    let js = chat.replace(".ts", ".js");
    let command =
        format!("`npx esbuild {chat} --bundle --format=esm --outfile={js}`, and name {js}");
    for arguments in [
        &["run", &chat][..],
        &["check", &chat],
        &["dev", &chat],
        &["call", &chat, "connect"],
        &["run", folder.path().to_str().unwrap()],
    ] {
        let output = footlight(arguments);
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8(text).unwrap();
        assert!(!output.status.success() && text.contains(&command), "{arguments:?}: {text}");
    }
    let output = footlight(&["check", folder.path().join("main.js").to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    let place = folder.path().join("lib.ts").display().to_string() + ":1:";
    assert!(
        text.contains(&place) && text.contains("make one file of all with `npx esbuild"),
        "{text}"
    );
}
