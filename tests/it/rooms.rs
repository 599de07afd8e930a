//! The examples `rooms` and `rooms-js`: several clients, several rooms.

use serde_json::{Value, json};

#[cfg(feature = "javascript")]
use crate::support::actors_root;
use crate::support::{Actor, Client, Server, example};

/// The example in Rust.
fn rust() -> Actor {
    Actor::file("rooms", example("rooms"))
}

/// The one in JavaScript.
#[cfg(feature = "javascript")]
fn javascript() -> Actor {
    Actor::file("rooms", actors_root().join("examples/rooms-js/rooms.js"))
}

/// The tests, which both pass.
macro_rules! tests {
    ($($test:ident,)*) => {
        mod rust {
            $(#[test]
            fn $test() {
                super::$test(super::rust);
            })*
        }

        #[cfg(feature = "javascript")]
        mod javascript {
            $(#[test]
            fn $test() {
                super::$test(super::javascript);
            })*
        }
    };
}

tests! {
    what_is_said_in_a_room_is_heard_by_all_in_it_but_not_by_who_says_it,
    rooms_hear_nothing_of_each_other_and_one_can_go_from_one_to_another,
    who_vanishes_has_left_under_the_name_that_was_the_last,
    a_name_is_had_by_one_in_a_room_and_by_others_elsewhere,
    names_and_rooms_are_decoded_cut_and_never_empty,
    what_the_host_refuses_is_told_and_changes_nothing,
}

/// A client in a room. It has been told who is there.
struct Person {
    client: Client,
}

impl Person {
    fn enter(server: &Server, query: &str) -> Self {
        Self { client: Client::connect(server.address("rooms"), &format!("/ws?{query}")) }
    }

    fn say(&mut self, text: &str) {
        self.client.text(text);
    }

    fn hear(&mut self) -> Value {
        serde_json::from_str(self.client.next().to_text().unwrap()).unwrap()
    }

    /// Expects a message with the names in the room, in the order in which they connected, and with
    /// this client's own name.
    fn is_in(&mut self, room: &str, names: &[&str], you: &str) {
        assert_eq!(self.hear(), json!({ "here": names, "room": room, "you": you }));
    }

    fn hears(&mut self, name: &str, said: &str) {
        let heard = self.hear();
        assert_eq!((&heard["said"], &heard["name"]), (&json!(said), &json!(name)));
        // The message has a time. No machine's clock shows a time before 2001.
        assert!(heard["at"].as_u64().unwrap() > 1_000_000_000_000, "{heard}");
    }
}

fn what_is_said_in_a_room_is_heard_by_all_in_it_but_not_by_who_says_it(actor: fn() -> Actor) {
    let server = Server::of(actor());
    let mut ann = Person::enter(&server, "room=kitchen&name=Ann");
    ann.is_in("kitchen", &["Ann"], "Ann");
    let mut bob = Person::enter(&server, "name=Bob&room=kitchen");
    bob.is_in("kitchen", &["Ann", "Bob"], "Bob");
    let mut cid = Person::enter(&server, "room=kitchen&name=Cid");
    cid.is_in("kitchen", &["Ann", "Bob", "Cid"], "Cid");
    assert_eq!(ann.hear(), json!({ "joined": "Bob" }));
    assert_eq!(ann.hear(), json!({ "joined": "Cid" }));
    assert_eq!(bob.hear(), json!({ "joined": "Cid" }));

    ann.say("Who is \"cooking\"?\n\u{1} \\ 🐎");
    for other in [&mut bob, &mut cid] {
        other.hears("Ann", "Who is \"cooking\"?\n\u{1} \\ 🐎");
    }
    bob.say("I am.");
    // If her own text came back to her, it would be the first.
    ann.hears("Bob", "I am.");
    cid.hears("Bob", "I am.");
    // An answer only she gets: nothing else is on its way to her.
    ann.say("/who");
    ann.is_in("kitchen", &["Ann", "Bob", "Cid"], "Ann");
}

fn rooms_hear_nothing_of_each_other_and_one_can_go_from_one_to_another(actor: fn() -> Actor) {
    let server = Server::of(actor());
    let mut ann = Person::enter(&server, "room=kitchen&name=Ann");
    ann.is_in("kitchen", &["Ann"], "Ann");
    let mut zoe = Person::enter(&server, "room=garden&name=Zoe");
    zoe.is_in("garden", &["Zoe"], "Zoe");
    let mut bob = Person::enter(&server, "room=kitchen&name=Bob");
    bob.is_in("kitchen", &["Ann", "Bob"], "Bob");
    bob.say("not for the garden");
    assert_eq!(ann.hear(), json!({ "joined": "Bob" }));
    ann.hears("Bob", "not for the garden");

    bob.say("/room garden");
    bob.is_in("garden", &["Zoe", "Bob"], "Bob");
    assert_eq!(zoe.hear(), json!({ "joined": "Bob" }));
    assert_eq!(ann.hear(), json!({ "left": "Bob" }));
    bob.say("/room garden");
    bob.is_in("garden", &["Zoe", "Bob"], "Bob");
    bob.say("not for the kitchen");
    zoe.hears("Bob", "not for the kitchen");
    bob.client.close(None);
    assert_eq!(zoe.hear(), json!({ "left": "Bob" }));
    ann.say("/who");
    ann.is_in("kitchen", &["Ann"], "Ann");
}

fn who_vanishes_has_left_under_the_name_that_was_the_last(actor: fn() -> Actor) {
    let server = Server::of(actor());
    let mut ann = Person::enter(&server, "room=kitchen&name=Ann");
    ann.is_in("kitchen", &["Ann"], "Ann");
    let mut bob = Person::enter(&server, "room=kitchen&name=Bob");
    bob.is_in("kitchen", &["Ann", "Bob"], "Bob");
    assert_eq!(ann.hear(), json!({ "joined": "Bob" }));
    bob.say("/name  Robert ");
    bob.is_in("kitchen", &["Ann", "Robert"], "Robert");
    assert_eq!(ann.hear(), json!({ "renamed": "Bob", "to": "Robert" }));

    bob.client.vanish();
    assert_eq!(ann.hear(), json!({ "left": "Robert" }));
    ann.say("/who");
    ann.is_in("kitchen", &["Ann"], "Ann");
}

fn a_name_is_had_by_one_in_a_room_and_by_others_elsewhere(actor: fn() -> Actor) {
    let server = Server::of(actor());
    let mut first = Person::enter(&server, "room=kitchen&name=Ann");
    first.is_in("kitchen", &["Ann"], "Ann");
    let mut second = Person::enter(&server, "room=kitchen&name=Ann");
    second.is_in("kitchen", &["Ann", "Ann 2"], "Ann 2");
    let mut third = Person::enter(&server, "room=garden&name=Ann");
    third.is_in("garden", &["Ann"], "Ann");
    third.say("/room kitchen");
    third.is_in("kitchen", &["Ann", "Ann 2", "Ann 3"], "Ann 3");
    // Her own name is not taken.
    second.say("/name Ann 2");
    assert_eq!(second.hear(), json!({ "joined": "Ann 3" }));
    second.is_in("kitchen", &["Ann", "Ann 2", "Ann 3"], "Ann 2");
}

fn names_and_rooms_are_decoded_cut_and_never_empty(actor: fn() -> Actor) {
    let server = Server::of(actor());
    let long = "ä".repeat(30);
    for (number, (query, room, name)) in [
        ("", "lobby", "Guest"),
        ("room=%20&name=Ann", "lobby", "Ann"),
        ("room=w&name=+", "w", "Guest"),
        ("name=%0a%00&room=a%2Fb", "a/b", "Guest"),
        ("room=%E2%98%95&name=Ann+B%20C", "☕", "Ann B C"),
        ("room=%ff&name=100%&name=other", "\u{fffd}", "100%"),
        ("room=x&name=%22%5C%3Cb%3E%", "x", "\"\\<b>%"),
        (&format!("room=y&name={}", "%C3%A4".repeat(30)), "y", &long[..40]),
    ]
    .into_iter()
    .enumerate()
    {
        let mut person = Person::enter(&server, query);
        person.is_in(room, &[name], name);
        // The next one would meet this one otherwise, who may not have left by then.
        let elsewhere = format!("elsewhere {number}");
        person.say(&format!("/room {elsewhere}"));
        person.is_in(&elsewhere, &[name], name);
    }
    let mut ann = Person::enter(&server, "room=z&name=Ann");
    ann.is_in("z", &["Ann"], "Ann");
    for unknown in ["/name", "/name \t", "/room ", "/join x", "/"] {
        ann.say(unknown);
        assert_eq!(ann.hear(), json!({ "error": "There are /room NAME, /name NAME and /who." }));
    }
}

fn what_the_host_refuses_is_told_and_changes_nothing(actor: fn() -> Actor) {
    let server = Server::of(actor().limit("tag", 5));
    let mut ann = Person::enter(&server, "room=lobby&name=Ann");
    ann.is_in("lobby", &["Ann"], "Ann");
    ann.say("/room kitchen");
    let error = ann.hear();
    assert!(error["error"].as_str().unwrap().to_lowercase().ends_with("invalid"), "{error}");
    ann.say("/who");
    ann.is_in("lobby", &["Ann"], "Ann");
}
