//! The rooms of the example `house` for its tests, and who is in them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    brokers::broker::Broker,
    support::{Client, Server, actors_root, program},
};

/// The example with its own manifests, apart from the ports, in a folder of its own.
pub struct House {
    folder: TempDir,
}

impl House {
    pub fn of(broker: &Broker) -> Self {
        Self::with(broker, "5")
    }

    /// The same, over this version of MQTT.
    pub fn with(broker: &Broker, version: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let from = actors_root().join("examples/house");
        fs::copy(from.join("house.wasm"), folder.path().join("house.wasm")).unwrap();
        let page = format!("static = {:?}", from.join("page"));
        let address = format!(
            "broker = \"mqtt://{}\"\nversion = {version:?}\nreconnect = \"100ms\"",
            broker.address
        );
        for (room, port) in [("kitchen", "8092"), ("attic", "8093")] {
            let state = format!("{room}.json");
            fs::copy(from.join(&state), folder.path().join(&state)).unwrap();
            let mut text = fs::read_to_string(manifest(&from, room)).unwrap();
            for (old, new) in [
                ("static = \"page\"", &*page),
                ("broker = \"mqtt://127.0.0.1\"", &address),
                (&format!("port = {port}"), "port = 0"),
            ] {
                assert_eq!(text.matches(old).count(), 1, "{old}");
                text = text.replace(old, new);
            }
            fs::write(manifest(folder.path(), room), text).unwrap();
        }
        Self { folder }
    }

    /// Starts a process with these rooms, and options.
    pub fn start_with(&self, options: &[&str], rooms: &[&str]) -> Server {
        let mut program = program();
        program.args(["run", "-v"]).args(options);
        program.args(rooms.iter().map(|room| manifest(self.folder.path(), room)));
        Server::run(program, rooms.len())
    }

    /// Starts a process with these rooms, each of which is connected.
    pub fn start(&self, rooms: &[&str]) -> Server {
        let server = self.start_with(&[], rooms);
        for room in rooms {
            server.wait_for(&[room, "connected with the broker"]);
        }
        server
    }
}

fn manifest(folder: &Path, room: &str) -> PathBuf {
    folder.join(format!("{room}.toml"))
}

/// A client, which knows what its page shows.
pub struct Person {
    pub client: Client,
    /// By key. `line` is among the `lines`.
    pub shown: Value,
}

impl Person {
    pub fn enter(server: &Server, room: &str) -> Self {
        let mut person = Self { client: server.client(room), shown: json!({}) };
        person.sees("the room", |shown| shown["room"] == room);
        person
    }

    pub fn say(&mut self, name: &str, said: &str) {
        self.client.text(&json!({ "say": said, "name": name }).to_string());
    }

    /// Waits until the page shows this.
    pub fn sees(&mut self, what: &str, is_so: impl Fn(&Value) -> bool) {
        while !is_so(&self.shown) {
            let message = self.client.next();
            let text = message.to_text().unwrap();
            let Ok(Value::Object(message)) = serde_json::from_str(text) else {
                panic!("not {what}: {text}");
            };
            for (key, value) in message {
                match key.as_str() {
                    "line" => self.shown["lines"].as_array_mut().unwrap().push(value),
                    _ => self.shown[key] = value,
                }
            }
        }
    }

    /// Waits until these are the lines of the house, in this order.
    pub fn sees_lines(&mut self, lines: &[&str]) {
        self.sees(&format!("{lines:?}"), |shown| said(shown, "lines") == lines);
    }

    /// Waits until the room is alone, or not any more.
    pub fn is_alone(&mut self, alone: bool) {
        self.sees(&format!("alone: {alone}"), |shown| shown["alone"].is_string() == alone);
    }
}

/// What was said, of the lines under this key.
pub fn said(shown: &Value, key: &str) -> Vec<String> {
    let lines = shown[key].as_array().unwrap().iter();
    lines.map(|line| line["said"].as_str().unwrap().to_owned()).collect()
}
