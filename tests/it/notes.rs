//! The example `notes`: several clients, one list.

use serde_json::{Value, json};

use crate::support::{Actor, Client, Server, example, get};

/// The example's own pure part, with its unit tests. The example itself is built only for
/// WebAssembly.
#[path = "../../examples/notes/src/note.rs"]
mod note;

pub fn actor() -> Actor {
    Actor::file("notes", example("notes"))
}

/// A client of the list.
pub struct Person {
    client: Client,
}

impl Person {
    /// Connects, and returns the message with the newest notes too.
    pub fn join(server: &Server) -> (Self, Value) {
        let mut person = Self { client: server.client("notes") };
        let first = person.hear();
        (person, first)
    }

    /// Connects to an empty list.
    fn join_empty(server: &Server) -> Self {
        let (person, first) = Self::join(server);
        assert_eq!(first, json!({ "notes": [], "more": false }));
        person
    }

    pub fn say(&mut self, request: &str) {
        self.client.text(request);
    }

    pub fn hear(&mut self) -> Value {
        serde_json::from_str(self.client.next().to_text().unwrap()).unwrap()
    }

    /// Adds a note, and waits until it is there.
    pub fn add(&mut self, text: &str) -> Value {
        self.say(&format!("add {text}"));
        self.hear()["note"].take()
    }

    /// Sends what must be refused, and expects this error.
    fn is_refused(&mut self, request: &str, error: &str) {
        self.say(request);
        assert_eq!(self.hear(), json!({ "error": error }));
    }
}

/// The IDs of a list of notes.
fn ids(notes: &Value) -> Vec<u64> {
    notes.as_array().unwrap().iter().map(|note| note["id"].as_u64().unwrap()).collect()
}

/// The numbers from a greater one down to a smaller one.
fn down(from: u64, to: u64) -> Vec<u64> {
    (to..=from).rev().collect()
}

#[test]
fn all_see_each_change_of_anyone_at_once() {
    let server = Server::of(actor());
    let mut ann = Person::join_empty(&server);
    let mut bob = Person::join_empty(&server);

    ann.say("add \"Milk\" <b>\n\u{1} \\ 🥛");
    let added = ann.hear();
    assert_eq!(bob.hear(), added);
    let at = added["note"]["at"].as_u64().unwrap();
    // No machine's clock shows a time before 2001.
    assert!(at > 1_000_000_000_000, "{added}");
    let mut note = json!({ "id": 1, "at": at, "done": false, "text": "\"Milk\" <b>\n\u{1} \\ 🥛" });
    assert_eq!(added, json!({ "note": note }));

    bob.say("done 1");
    note["done"] = true.into();
    ann.say("edit 1 Oat milk");
    for person in [&mut ann, &mut bob] {
        // The two requests come on two connections, so either may be the first.
        let (one, other) = (person.hear(), person.hear());
        assert!(
            other["note"]["done"] == true && other["note"]["text"] == "Oat milk",
            "{one} {other}"
        );
    }
    note["text"] = "Oat milk".into();
    let (mut cid, first) = Person::join(&server);
    assert_eq!(first, json!({ "notes": [note], "more": false }));

    cid.say("open 1");
    note["done"] = false.into();
    for person in [&mut ann, &mut bob, &mut cid] {
        assert_eq!(person.hear(), json!({ "note": note }));
    }
    cid.say("delete 1");
    for person in [&mut ann, &mut bob, &mut cid] {
        assert_eq!(person.hear(), json!({ "deleted": 1 }));
    }
    Person::join_empty(&server);
}

#[test]
fn a_client_gets_the_newest_hundred_and_older_ones_when_it_asks() {
    let server = Server::of(actor());
    let mut ann = Person::join_empty(&server);
    for number in 1..=100 {
        assert_eq!(ann.add("x")["id"], number);
    }
    let (_, first) = Person::join(&server);
    assert_eq!((ids(&first["notes"]), &first["more"]), (down(100, 1), &json!(false)));
    for _ in 101..=250 {
        ann.add("x");
    }
    let (mut bob, first) = Person::join(&server);
    assert_eq!((ids(&first["notes"]), &first["more"]), (down(250, 151), &json!(true)));
    // A note need not be there to ask for those before it.
    bob.say("delete 151");
    assert_eq!(bob.hear(), json!({ "deleted": 151 }));
    bob.say("older 151");
    let page = bob.hear();
    assert_eq!((ids(&page["older"]), &page["more"]), (down(150, 51), &json!(true)));
    bob.say("older 51");
    let page = bob.hear();
    assert_eq!((ids(&page["older"]), &page["more"]), (down(50, 1), &json!(false)));
    bob.say("older 1");
    assert_eq!(bob.hear(), json!({ "older": [], "more": false }));
}

#[test]
fn a_hundred_notes_of_the_greatest_length_come_at_once() {
    let server = Server::of(actor());
    let mut ann = Person::join_empty(&server);
    // The text that is longest as JSON.
    let text = "\u{1}".repeat(399) + "x";
    for _ in 0..101 {
        ann.add(&text);
    }
    let (_, first) = Person::join(&server);
    assert_eq!((ids(&first["notes"]), &first["more"]), (down(101, 2), &json!(true)));
    assert_eq!(first["notes"][99]["text"], text);
}

#[test]
fn a_number_is_never_given_to_another_note() {
    let server = Server::of(actor());
    let mut ann = Person::join_empty(&server);
    for number in 1..4 {
        assert_eq!(ann.add("x")["id"], number);
        ann.say(&format!("delete {number}"));
        assert_eq!(ann.hear(), json!({ "deleted": number }));
    }
}

#[test]
fn what_is_refused_is_told_only_to_who_asked_and_changes_nothing() {
    let server = Server::of(actor());
    let mut ann = Person::join_empty(&server);
    let mut bob = Person::join_empty(&server);
    let long = "ä".repeat(200);
    let note = ann.add(&long);
    let too_long = "A note has at most 400 bytes, and this one 401.";
    ann.is_refused(&format!("add {long}x"), too_long);
    ann.is_refused(&format!("edit 1 {long}x"), too_long);
    ann.is_refused("add  ", "A note needs a text.");
    ann.is_refused("edit 1", "A note needs a text.");
    for late in ["edit 2 x", "done 2", "open 18446744073709551615", "delete 2", "done 0"] {
        ann.is_refused(late, "This note is gone.");
    }
    ann.is_refused("done 18446744073709551616", "The ID is not a number.");
    let all = "There are add TEXT, edit ID TEXT, done ID, open ID, delete ID and older ID.";
    ann.is_refused("hello", all);
    assert_eq!(bob.hear(), json!({ "note": note }));
    // If something else had been sent to him, it would come first.
    bob.is_refused("hello", all);
    assert_eq!(Person::join(&server).1, json!({ "notes": [note], "more": false }));
}

#[test]
fn a_full_list_takes_no_note_until_one_is_deleted() {
    // A note with a text of 400 bytes takes less than 520 bytes with its key, and the last number
    // less than 80.
    let server = Server::of(actor().limit("storage", 2 * 520 + 80));
    let mut ann = Person::join_empty(&server);
    let text = "x".repeat(400);
    ann.add(&text);
    ann.add(&text);
    ann.is_refused(&format!("add {text}"), "The list is full. Delete some notes first.");
    ann.say("done 1");
    assert_eq!(ann.hear()["note"]["done"], true);
    ann.say("delete 1");
    assert_eq!(ann.hear(), json!({ "deleted": 1 }));
    ann.add(&text);
    assert_eq!(ids(&Person::join(&server).1["notes"])[1], 2);
}

#[test]
fn a_change_costs_the_same_fuel_however_many_notes_there_are() {
    let server = Server::of(actor());
    let fuel = || {
        let metrics = get(server.address("notes"), "/metrics");
        let name = "footlight_fuel_total{actor=\"notes\"} ";
        let line = metrics.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("{name} is missing in {metrics}")).parse::<u64>().unwrap()
    };
    let mut ann = Person::join_empty(&server);
    // The host counts an event's fuel before it sends what the event brings.
    let mut cost = |from: u64, to: u64| {
        for _ in from..to {
            ann.add("x");
        }
        let before = fuel();
        let number = ann.add("x")["id"].as_u64().unwrap();
        ann.say(&format!("edit {number} y"));
        ann.hear();
        ann.say(&format!("delete {number}"));
        ann.hear();
        fuel() - before
    };
    let (few, many) = (cost(1, 10), cost(11, 5000));
    // A greater number has more digits.
    assert!(many.abs_diff(few) * 50 < few, "{many} with 5000 notes, {few} with 10");
}
