//! The example `house`: rooms on several hosts, and a broker.

mod rooms;

use std::{collections::BTreeMap, path::Path};

use footlight_mqtt::Version;
use serde_json::{Value, json};

use crate::{
    brokers::{
        broker::Broker,
        client::{self, publication, settings, with_all},
    },
    browser::look_if_possible,
    documents::blocks,
    support::{Server, eventually},
};
use rooms::{House, Person, said};

/// Publishes as Home Assistant does, and waits until the broker has it.
fn publish(broker: &Broker, topic: &str, payload: &str) {
    let mut client = client::Client::up(broker, settings(Version::V5, "publisher", &[]));
    client.publish(1, &publication(topic, payload));
    client.wait_delivered(1);
}

/// The payloads that the broker retains for so many topics that this filter matches.
fn retained(broker: &Broker, filter: &str, count: usize) -> BTreeMap<String, String> {
    let mut settings = settings(Version::V5, "subscriber", &[filter]);
    // A session that goes on does not get what is retained.
    settings.session_expiry = 0;
    let mut client = client::Client::up(broker, settings);
    let mut found = BTreeMap::new();
    while found.len() < count {
        let message = client.wait_message();
        if message.retained {
            let payload = String::from_utf8(message.payload.to_vec()).unwrap();
            found.insert(message.topic.to_string(), payload);
        }
    }
    found
}

#[test]
fn two_hosts_show_the_same_lines_in_the_same_order() {
    let Some(broker) = Broker::mosquitto("") else { return };
    let house = House::of(&broker);
    let (one, other) = (house.start(&["kitchen"]), house.start(&["attic"]));
    let mut ann = Person::enter(&one, "kitchen");
    let mut bob = Person::enter(&other, "attic");
    // Nobody waits for anybody. These are fewer lines than a room keeps.
    for number in 0..8 {
        ann.say("Ann", &format!("a{number}"));
        bob.say("Bob", &format!("b{number}"));
    }
    for person in [&mut ann, &mut bob] {
        person.sees("all lines", |shown| said(shown, "lines").len() == 16);
    }
    assert_eq!(ann.shown["lines"], bob.shown["lines"]);
    let lines = said(&ann.shown, "lines");
    for who in ["a", "b"] {
        let own: Vec<_> = lines.iter().filter(|said| said.starts_with(who)).cloned().collect();
        assert_eq!(own, [0, 1, 2, 3, 4, 5, 6, 7].map(|number| format!("{who}{number}")));
    }
    // Who comes later sees the same.
    for (server, room) in [(&one, "kitchen"), (&other, "attic")] {
        let late = Person::enter(server, room);
        assert_eq!(late.shown["lines"], ann.shown["lines"]);
        assert_eq!(late.shown["waiting"], json!([]));
    }
}

#[test]
fn both_rooms_run_in_one_process_with_mosquitto_and_both_versions_and_with_nats() {
    with_all(|broker, version| {
        let number = if version == Version::V5 { "5" } else { "3.1.1" };
        let server = House::with(broker, number).start(&["kitchen", "attic"]);
        server.wait_for(&["kitchen", &format!("over {version} as")]);
        meet(&server, number);
        server.stop();
    });
}

/// Two people talk. The rooms are in one process.
fn meet(server: &Server, said: &str) {
    let mut ann = Person::enter(server, "kitchen");
    let mut bob = Person::enter(server, "attic");
    for person in [&mut ann, &mut bob] {
        person.sees("both", |shown| shown["people"] == json!({ "attic": 1, "kitchen": 1 }));
    }
    let text = format!("\"{said}\" <b>\\ 🐎");
    ann.say("Ann", &text);
    for person in [&mut ann, &mut bob] {
        person.sees("the line", |shown| self::said(shown, "lines").last() == Some(&text));
    }
}

#[test]
fn the_code_and_the_manifest_of_the_document_are_true() {
    let document = include_str!("../../../docs/mqtt.md");
    let [code] = blocks(document, "rust")[..] else { panic!("another number of blocks") };
    assert!(include_str!("../../../examples/house/src/lib.rs").contains(code), "{code}");
    let [handler] = blocks(document, "toml")[..] else { panic!("another number of blocks") };
    let text = format!("name = \"a\"\ncomponent_path = \"a.wasm\"\n\n{handler}\n");
    footlight::Manifest::parse(Path::new("manifest.toml"), &text).unwrap();
}

#[test]
fn a_room_that_comes_later_or_has_forgotten_everything_sees_what_was_said() {
    let Some(broker) = Broker::mosquitto("") else { return };
    let house = House::of(&broker);
    let one = house.start(&["kitchen"]);
    let mut ann = Person::enter(&one, "kitchen");
    ann.say("Ann", "one");
    ann.say("Ann", "two");
    ann.sees_lines(&["one", "two"]);
    let other = house.start(&["attic"]);
    let mut bob = Person::enter(&other, "attic");
    bob.sees_lines(&["one", "two"]);
    bob.say("Bob", "three");
    ann.sees_lines(&["one", "two", "three"]);
    bob.sees_lines(&["one", "two", "three"]);

    // Its process ends, and without a data folder its state does.
    one.stop();
    let one = house.start(&["kitchen"]);
    Person::enter(&one, "kitchen").sees_lines(&["one", "two", "three"]);
}

#[test]
fn without_the_broker_each_room_is_on_its_own_and_says_so_and_then_they_join_again() {
    let Some(mut broker) = Broker::mosquitto("") else { return };
    let house = House::of(&broker);
    let (one, other) = (house.start(&["kitchen"]), house.start(&["attic"]));
    let mut ann = Person::enter(&one, "kitchen");
    let mut bob = Person::enter(&other, "attic");
    ann.say("Ann", "before");
    ann.sees_lines(&["before"]);
    bob.sees_lines(&["before"]);
    broker.end("KILL");
    for (person, name) in [(&mut ann, "Ann"), (&mut bob, "Bob")] {
        person.is_alone(true);
        person.say(name, &format!("{name} alone"));
        person.sees("it at once", |shown| said(shown, "waiting") == [format!("{name} alone")]);
    }
    // Who comes now sees both, and that the room is alone.
    let late = Person::enter(&one, "kitchen");
    assert_eq!(said(&late.shown, "lines"), ["before"]);
    assert_eq!(said(&late.shown, "waiting"), ["Ann alone"]);
    assert!(late.shown["alone"].is_string(), "{}", late.shown);

    broker.restart();
    for person in [&mut ann, &mut bob] {
        person.is_alone(false);
        person.sees("all", |shown| said(shown, "lines").len() == 3);
    }
    // The broker has forgotten the order, and they agree on one.
    assert_eq!(said(&ann.shown, "lines")[0], "before");
    let lines = said(&ann.shown, "lines");
    bob.sees("the same order", |shown| said(shown, "lines") == lines);
    bob.say("Bob", "together");
    ann.sees("it", |shown| said(shown, "lines").last().is_some_and(|last| last == "together"));
    bob.sees("it", |shown| said(shown, "lines").last().is_some_and(|last| last == "together"));
    assert_eq!(said(&ann.shown, "lines"), said(&bob.shown, "lines"));
}

#[test]
fn a_room_that_starts_without_a_broker_keeps_with_a_data_folder_what_is_said_until_there_is_one() {
    let Some(mut broker) = Broker::mosquitto("") else { return };
    broker.end("KILL");
    let house = House::of(&broker);
    let data = tempfile::tempdir().unwrap();
    let options = ["--data", data.path().to_str().unwrap()];
    let server = house.start_with(&options, &["kitchen"]);
    let mut ann = Person::enter(&server, "kitchen");
    assert!(ann.shown["alone"].is_string(), "{}", ann.shown);
    ann.say("Ann", "kept");
    ann.sees("it at once", |shown| said(shown, "waiting") == ["kept"]);
    drop(server);
    broker.restart();
    let server = house.start_with(&options, &["kitchen"]);
    let mut ann = Person::enter(&server, "kitchen");
    ann.sees_lines(&["kept"]);
}

#[test]
fn everybody_is_gone_from_a_room_whose_host_is_killed() {
    let Some(broker) = Broker::mosquitto("") else { return };
    let house = House::of(&broker);
    let (one, other) = (house.start(&["kitchen"]), house.start(&["attic"]));
    let _ann = Person::enter(&one, "kitchen");
    let mut bob = Person::enter(&other, "attic");
    bob.sees("Ann", |shown| shown["people"] == json!({ "attic": 1, "kitchen": 1 }));
    drop(one);
    bob.sees("nobody", |shown| shown["people"] == json!({ "attic": 1, "kitchen": 0 }));
}

#[test]
fn home_assistant_finds_the_lamp_and_the_people_and_switches_the_lamp() {
    let Some(broker) = Broker::mosquitto("") else { return };
    let server = House::of(&broker).start(&["kitchen"]);
    let mut ann = Person::enter(&server, "kitchen");
    let configs = retained(&broker, "homeassistant/#", 2);
    // docs/mqtt.md shows them.
    let document = include_str!("../../../docs/mqtt.md");
    let shown = blocks(document, "json");
    for (topic, block) in [
        ("homeassistant/sensor/house-kitchen/people/config", shown[1]),
        ("homeassistant/switch/house-kitchen/lamp/config", shown[0]),
    ] {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(read(&configs[topic]), read(block));
        assert!(document.contains(&format!("`{topic}`")), "{topic}");
    }
    let lamp = || retained(&broker, "house/kitchen/lamp", 1)["house/kitchen/lamp"].clone();
    assert_eq!(lamp(), "OFF");
    assert_eq!(ann.shown["lamp"], false);
    publish(&broker, "house/kitchen/lamp/set", "ON");
    ann.sees("it on", |shown| shown["lamp"] == true);
    eventually("was it on", || lamp() == "ON");
    ann.client.text(r#"{"lamp":false}"#);
    ann.sees("it off", |shown| shown["lamp"] == false);
    eventually("was it off", || lamp() == "OFF");
    let people = || retained(&broker, "house/kitchen/people", 1)["house/kitchen/people"].clone();
    eventually("was one there", || people() == "1");
}

#[test]
fn what_others_publish_there_and_what_clients_send_wrongly_changes_nothing() {
    let Some(broker) = Broker::mosquitto("") else { return };
    let server = House::of(&broker).start(&["kitchen"]);
    let mut ann = Person::enter(&server, "kitchen");
    let line = |said: &str| json!({ "id": said, "room": "x", "name": "Eve", "said": said, "at": 1, "number": 1 });
    let long = json!([line(&"x".repeat(301))]).to_string();
    for (topic, payload) in [
        ("house/say", "no JSON"),
        ("house/say", "{}"),
        ("house/x/last", "[1]"),
        ("house/x/last", &long),
        ("house/x/people", "-1"),
        ("house/kitchen/lamp/set", "perhaps"),
    ] {
        publish(&broker, topic, payload);
    }
    let many: Vec<_> = (0..100).map(|number| line(&number.to_string())).collect();
    publish(&broker, "house/x/last", &json!(many).to_string());
    ann.sees("as many as a room keeps", |shown| said(shown, "lines").len() == 20);
    assert_eq!(ann.shown["people"], json!({ "kitchen": 1 }));
    let most = "x".repeat(300);
    for wrong in ["hello", "{\"say\":\"\",\"name\":\"Ann\"}", "{\"say\":\"x\"}"] {
        ann.client.text(wrong);
        ann.sees("an error", |shown| shown["error"].is_string());
        ann.shown["error"] = Value::Null;
    }
    ann.say("Ann", &format!("{most}x"));
    ann.sees("an error", |shown| shown["error"] == "A line has 1 to 300 bytes.");
    ann.say("Ann", &most);
    ann.sees("it", |shown| said(shown, "lines").last() == Some(&most));
}

#[test]
fn people_talk_on_the_houses_pages() {
    let Some(broker) = Broker::mosquitto("") else { return };
    let server = House::of(&broker).start(&["kitchen", "attic"]);
    let url = |room| format!("http://{}/", server.address(room));
    look_if_possible(&url("kitchen"), "house_page_client.py", &[Path::new(&url("attic"))]);
}
