//! Actors in JavaScript: the engine under `engines/javascript`, with scripts that it has loaded.

mod errors;
mod events;
mod examples;
mod hostile;
mod imports;
mod modules;
mod snapshot;
mod web;

use std::{fs, path::PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use self::snapshot::{Files, Loaded, Refused};
use crate::support::{Actor, actors_root, footlight};

/// The engine's module.
fn engine() -> Vec<u8> {
    let file = actors_root().join("engines/javascript/javascript.wasm");
    fs::read(file).expect("run scripts/build-actors.sh engines")
}

/// Loads a script of one file.
fn load(source: &str) -> Result<Loaded, Box<Refused>> {
    snapshot::load(&engine(), &[("main.js", source)], "main.js")
}

/// Loads a script of several files, the first of which is the main one.
fn load_files(files: &Files<'_>) -> Result<Loaded, Box<Refused>> {
    snapshot::load(&engine(), files, files[0].0)
}

/// Why a script can't run.
fn refused(source: &str) -> Refused {
    *load(source).expect_err("the script can't run")
}

/// A loaded script as an actor. Its module has the copy of its memory.
fn actor(source: &str) -> Actor {
    let module = load(source).unwrap_or_else(|refused| panic!("{refused:?}")).module;
    Actor::bytes("script", module).limit("module", "\"4MiB\"")
}

/// A loaded script in a folder, for `footlight call`.
struct Script {
    folder: TempDir,
}

impl Script {
    fn new(source: &str) -> Self {
        Self::of(load(source).unwrap_or_else(|refused| panic!("{refused:?}")), "")
    }

    /// With more in its manifest.
    fn of(loaded: Loaded, manifest: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("script.wasm"), loaded.module).unwrap();
        let common = "name = \"script\"\ncomponent_path = \"script.wasm\"\n\
            [interface]\nimplements = \"ntwk:theater/websocket-server\"\n\
            [[handlers]]\ntype = \"websocket-server\"\nconfig = { port = 0 }\n";
        let limits = "[limits]\nmodule = \"4MiB\"\n";
        fs::write(folder.path().join("manifest.toml"), [common, manifest, "\n", limits].concat())
            .unwrap();
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
