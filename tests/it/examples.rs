//! Every example does what its row in `examples/README.md` says.

use async_tungstenite::tungstenite::Message;

use footlight::actor::{Grants, Module};

use crate::support::{Actor, Client, Server, actors_root, example};

/// Talks to an example and checks that it does what its documentation promises.
pub fn drive(name: &str, mut client: Client) {
    match name {
        "welcome" => {
            client.expect("Welcome!");
            client.ask("anything", "Received your message!");
        }
        "chat-room" => {
            client.expect("[]");
            let first = r#"{"user":"anonymous","content":"hello","timestamp":"1"}"#;
            client.ask("hello", &format!("[{first}]"));
            let second = r#"{"user":"anonymous","content":"again","timestamp":"2"}"#;
            client.ask("again", &format!("[{first},{second}]"));
        }
        "echo" => {
            client.ask("hello", "hello");
            client.send(Message::binary(vec![0, 1, 255]));
            assert_eq!(client.next(), Message::binary(vec![0, 1, 255]));
        }
        "counter" => {
            client.expect(r#"{"count":0}"#);
            client.ask("+1", r#"{"count":1}"#);
            client.ask("+1", r#"{"count":2}"#);
        }
        "upper" => client.ask("Hello, wörld", "HELLO, WöRLD"),
        "hits" => {
            // `connect` was the first event.
            client.text("hit");
            assert_eq!(client.next(), Message::binary(vec![2, 0, 0, 0]));
            client.text("hit");
            assert_eq!(client.next(), Message::binary(vec![3, 0, 0, 0]));
        }
        "rooms" | "rooms-js" => {
            client.expect(r#"{"here":["Guest"],"room":"lobby","you":"Guest"}"#);
            client.ask("/name Ann", r#"{"here":["Ann"],"room":"lobby","you":"Ann"}"#);
        }
        "todo-js" => {
            client.expect(r#"{"all":[]}"#);
            client.text(r#"{"add":" milk "}"#);
            let all = client.next();
            let all = all.to_text().unwrap();
            assert!(all.ends_with(r#","text":"milk","done":false}]}"#), "{all}");
        }
        "sensor-api" => client.expect(r#"{"readings":[],"more":false}"#),
        "notes" => {
            client.expect(r#"{"notes":[],"more":false}"#);
            client.text("add Milk");
            let note = client.next();
            let note = note.to_text().unwrap();
            assert!(note.starts_with(r#"{"note":{"id":1,"at":"#), "{note}");
            assert!(note.ends_with(r#","done":false,"text":"Milk"}}"#), "{note}");
        }
        other => panic!("{other} has no test here"),
    }
    client.close(None);
}

/// The examples' folders.
fn names() -> Vec<String> {
    let entries = std::fs::read_dir(actors_root().join("examples")).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.path().join("manifest.toml").exists());
    let names = folders.map(|folder| folder.file_name().into_string().unwrap());
    // A build without the engine can't run those in JavaScript.
    names.filter(|name| cfg!(feature = "javascript") || !name.ends_with("-js")).collect()
}

/// Whether an example has its own tests, with test folders and servers instead of this machine's.
fn needs_folders(name: &str) -> bool {
    ["dashboard", "lights", "notify"].contains(&name)
}

/// An example with its own manifest's files, on a free port.
fn actor(name: &str) -> Actor {
    let manifest = actors_root().join("examples").join(name).join("manifest.toml");
    let manifest = footlight::Manifest::load(&manifest).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(manifest.name, name);
    let actor = Actor::file(name, manifest.component);
    match manifest.init_state {
        Some(file) => actor.init_state(&std::fs::read(file).unwrap()),
        None => actor,
    }
}

#[test]
fn every_example_does_what_it_says() {
    let names: Vec<_> = names().into_iter().filter(|name| !needs_folders(name)).collect();
    assert!(names.len() >= 7, "{names:?}");
    let actors: Vec<_> = names.iter().map(|name| actor(name)).collect();
    let server = Server::start(&actors);
    for name in &names {
        drive(name, server.client(name));
    }
}

#[test]
fn the_counters_state_survives_from_connection_to_connection() {
    let server = Server::of(actor("counter"));
    drive("counter", server.client("counter"));
    let mut client = server.client("counter");
    client.expect(r#"{"count":2}"#);
    client.ask("+1", r#"{"count":3}"#);
}

#[test]
fn a_newcomer_to_the_chat_room_gets_its_history() {
    let server = Server::of(actor("chat-room"));
    drive("chat-room", server.client("chat-room"));
    let history = server.client("chat-room").next();
    let history = history.to_text().unwrap();
    assert!(history.contains("hello") && history.contains("again"), "{history}");
}

#[test]
fn the_rust_examples_are_small_and_ask_for_little_memory() {
    for name in [
        "welcome",
        "chat-room",
        "echo",
        "counter",
        "rooms",
        "notes",
        "notify",
        "dashboard",
        "lights",
        "sensor-api",
    ] {
        let file = example(name);
        let bytes = std::fs::metadata(&file).unwrap().len();
        // The chat room has serde_json in it, and is built for speed.
        assert!(bytes < 72 * 1024, "{name} is {bytes} bytes");
        let limits = footlight::limits::Limits::default();
        let module = Module::load(&file, &limits, Grants::ALL).unwrap();
        let (minimum, _) = module.report().memory.unwrap();
        assert!(minimum <= 2 * 65_536, "{name} begins with {minimum} bytes");
    }
}
