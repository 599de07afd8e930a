//! The example scripts beside the engine.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::actor;
use crate::support::{Client, Server};

fn source(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("engines/javascript/examples");
    fs::read_to_string(folder.join(name)).unwrap()
}

fn server(name: &str) -> Server {
    Server::of(actor(&source(name)))
}

fn hear(client: &mut Client) -> Value {
    serde_json::from_str(client.next().to_text().unwrap()).unwrap()
}

#[test]
fn the_counter_counts_for_all() {
    let server = server("counter.js");
    let mut ann = Client::connect(server.address("script"), "/ws");
    let mut bob = Client::connect(server.address("script"), "/ws");
    assert_eq!((hear(&mut ann), hear(&mut bob)), (json!({ "count": 0 }), json!({ "count": 0 })));
    ann.text("add");
    assert_eq!((hear(&mut ann), hear(&mut bob)), (json!({ "count": 1 }), json!({ "count": 1 })));
    bob.text("what");
    assert_eq!(hear(&mut bob), json!({ "error": "The only message is: add" }));
}

#[test]
fn people_in_a_room_hear_each_other() {
    let server = server("rooms.js");
    let enter = |query: &str| Client::connect(server.address("script"), &format!("/ws?{query}"));
    let mut ann = enter("room=kitchen&name=Ann");
    assert_eq!(hear(&mut ann), json!({ "here": ["Ann"], "room": "kitchen", "you": "Ann" }));
    let mut bob = enter("room=kitchen&name=Ann");
    assert_eq!(
        hear(&mut bob),
        json!({ "here": ["Ann", "Ann 2"], "room": "kitchen", "you": "Ann 2" })
    );
    assert_eq!(hear(&mut ann), json!({ "joined": "Ann 2" }));
    bob.text("/name Bob");
    assert_eq!(hear(&mut ann), json!({ "renamed": "Ann 2", "to": "Bob" }));
    assert_eq!(hear(&mut bob)["you"], "Bob");
    ann.text("Who is \"cooking\"? 🐎");
    let said = hear(&mut bob);
    assert_eq!((&said["said"], &said["name"]), (&json!("Who is \"cooking\"? 🐎"), &json!("Ann")));
    assert!(said["at"].as_u64().unwrap() > 1_000_000_000_000);
    bob.text("/room attic");
    assert_eq!(hear(&mut ann), json!({ "left": "Bob" }));
    assert_eq!(hear(&mut bob), json!({ "here": ["Bob"], "room": "attic", "you": "Bob" }));
}

#[test]
fn the_list_of_things_to_do_has_a_page_and_is_the_same_for_all() {
    let server = Server::of(actor(&source("todo.js")).http());
    let mut ann = Client::connect(server.address("script"), "/ws");
    let mut bob = Client::connect(server.address("script"), "/ws");
    assert_eq!((hear(&mut ann), hear(&mut bob)), (json!({ "all": [] }), json!({ "all": [] })));
    ann.text(r#"{"add":" buy milk "}"#);
    let all = hear(&mut bob);
    assert_eq!(
        (&all["all"][0]["text"], &all["all"][0]["done"]),
        (&json!("buy milk"), &json!(false))
    );
    bob.text(&json!({ "toggle": all["all"][0]["id"] }).to_string());
    assert_eq!(hear(&mut bob)["all"][0]["done"], true);
    let page = crate::support::get(server.address("script"), "/");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("<title>To do"), "{page}");
    assert!(crate::support::get(server.address("script"), "/todo.json").contains("buy milk"));
}
