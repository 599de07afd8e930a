//! Actors in JavaScript: scripts that the host gives to its engine.

mod actors;
mod errors;
mod events;
mod files;
mod hostile;
mod imports;
mod modules;
mod mqtt;
mod random;
mod refusals;
mod running;
mod sources;
mod todo;
mod web;

use std::{fs, path::PathBuf, sync::LazyLock, time::Duration};

use footlight::{
    actor::{Grants, LoadError, Module},
    limits::Limits,
    script::{Refused, ScriptError},
};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Actor, footlight};

/// A script's files: paths and contents.
type Files<'a> = [(&'a str, &'a str)];

/// A script that can run, in a folder, and what its load has told.
#[derive(Debug)]
struct Loaded {
    folder: TempDir,
    main: String,
    handlers: Vec<String>,
    log: Vec<String>,
}

/// A module of this test's process, which keeps the translated engine in memory for all tests.
static ENGINE: LazyLock<Module> = LazyLock::new(|| {
    let folder = folder_of(&[("main.js", "export function alarm() {}")]);
    module(folder.path().join("main.js"), &Limits::default()).unwrap()
});

/// A folder with these files.
fn folder_of(files: &Files<'_>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    folder
}

/// Loads a script in this process.
fn module(main: PathBuf, limits: &Limits) -> Result<Module, ScriptError> {
    Module::load(&main, limits, Grants::ALL).map_err(|error| match error {
        LoadError::Script(error) => *error,
        error => panic!("{error}"),
    })
}

/// Loads a script of one file.
fn load(source: &str) -> Result<Loaded, Box<Refused>> {
    load_files(&[("main.js", source)])
}

/// Loads a script of several files, the first of which is the main one.
fn load_files(files: &Files<'_>) -> Result<Loaded, Box<Refused>> {
    LazyLock::force(&ENGINE);
    let (folder, main) = (folder_of(files), files[0].0.to_owned());
    // The engine is slow in a build for tests.
    let limits = Limits { time: Duration::from_secs(60), ..Limits::default() };
    match module(folder.path().join(&main), &limits) {
        Ok(module) => {
            let handlers = module.report().exports.iter().map(|export| export.name.clone());
            let log = module.script().unwrap().log().to_vec();
            Ok(Loaded { handlers: handlers.collect(), log, folder, main })
        }
        Err(ScriptError::Refused(refused)) => Err(refused),
        Err(error) => panic!("{error}"),
    }
}

/// Why a script can't run.
fn refused(source: &str) -> Refused {
    *load(source).expect_err("the script can't run")
}

/// A script as an actor.
fn actor(source: &str) -> Actor {
    Actor::script("script", source)
}

/// A script in a folder, for `footlight call`.
struct Script {
    folder: TempDir,
}

impl Script {
    fn new(source: &str) -> Self {
        Self::of(load(source).unwrap_or_else(|refused| panic!("{refused:?}")), "")
    }

    /// With more in its manifest.
    fn of(loaded: Loaded, manifest: &str) -> Self {
        let Loaded { folder, main, .. } = loaded;
        let common = format!(
            "name = \"script\"\ncomponent_path = {main:?}\n\
            [interface]\nimplements = \"ntwk:theater/websocket-server\"\n\
            [[handlers]]\ntype = \"websocket-server\"\nconfig = {{ port = 0 }}\n"
        );
        fs::write(folder.path().join("manifest.toml"), common + manifest + "\n[limits]\n").unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().into()
    }

    /// Adds a line to `[limits]`.
    fn limit(self, line: &str) -> Self {
        let manifest = self.path().join("manifest.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        fs::write(manifest, text + line + "\n").unwrap();
        self
    }

    /// The reports of these events. The first is that of `init`.
    fn call(&self, events: &[&str]) -> Vec<Value> {
        self.call_lines("", events)
    }

    /// The reports of events, of which these lines come first.
    fn call_lines(&self, lines: &str, events: &[&str]) -> Vec<Value> {
        let (file, folder) = (self.path().join("events.jsonl"), self.path());
        let events = events.iter().map(|event| serde_json::to_string(event).unwrap() + "\n");
        fs::write(&file, lines.to_owned() + "\n" + &events.collect::<String>()).unwrap();
        let (folder, file) = (folder.display().to_string(), file.display().to_string());
        let output = footlight(&["call", &folder, "--json", "--events", &file]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code().is_some_and(|code| code < 2), "{error}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The last report of these events.
    fn last(&self, events: &[&str]) -> Value {
        self.call(events).pop().unwrap()
    }
}

/// What a script's `run` logs, line by line. It runs in a handler.
fn logged(run: &str) -> Vec<String> {
    let report = Script::new(&format!("export async function connect(client) {{ {run} }}"))
        .last(&["connect"]);
    assert_eq!(report["error"], Value::Null);
    lines(&report)
}

/// What an event has logged.
fn lines(report: &Value) -> Vec<String> {
    let lines = report["log"].as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap());
    lines.filter_map(|line| line.strip_prefix("actor: ")).map(str::to_owned).collect()
}

/// The error of an event.
fn error(report: &Value) -> &str {
    report["error"].as_str().unwrap_or_else(|| panic!("{report}"))
}

/// What a handler with this body throws.
fn thrown(body: &str) -> String {
    error(&Script::new(&format!("export function connect(client) {{ {body} }}")).last(&["connect"]))
        .into()
}
