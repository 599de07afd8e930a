//! One room of a house. What is said in a room is heard in all of them, in the order of the broker.
//!
//! A client sends JSON: `{"say": "Hello", "name": "Ann"}`, or `{"lamp": true}`. It gets JSON objects with
//! one of these keys, and when it connects one object with all of them but `line` and `error`:
//!
//! | key | value |
//! |---|---|
//! | `room` | the name of this room |
//! | `alone` | `null` if the broker is connected, otherwise why it is not |
//! | `lines` | the last lines of the house |
//! | `waiting` | lines that were said here and are not in the house yet |
//! | `line` | another line of the house |
//! | `people` | how many are in each room |
//! | `lamp` | whether this room's lamp is on |
//! | `error` | why something can't be done |
//!
//! | topic | payload | retained |
//! |---|---|---|
//! | `house/say` | a line | no |
//! | `house/ROOM/last` | the last lines. The room publishes them when one was said in it, and when another room knows less | yes |
//! | `house/ROOM/people` | how many are in the room; the will says `0` | yes |
//! | `house/ROOM/lamp` | `ON` or `OFF` | yes |
//! | `house/ROOM/lamp/set` | the same, from others | no |
//!
//! A line that is said waits until it comes back from the broker, and gets its place then. While there is
//! no broker, the room shows it at once, and publishes it when the broker is there.

mod discovery;
mod line;

use std::collections::BTreeMap;

use bindings::exports::ntwk::theater::websocket_server::{
    Guest, WebsocketMessage, WebsocketResponse,
};
use bindings::footlight::host::{clock, connections, mqtt, random};
use bindings::ntwk::theater::runtime::log;
use line::{KEPT, Line, Lines, NAME, SAID};
use mqtt::{Properties, Publication, Qos, Refusal, Status};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:house;

            world house {
                import footlight:host/clock@0.1.0;
                import footlight:host/connections@0.1.0;
                import footlight:host/mqtt@0.1.0;
                import footlight:host/random@0.1.0;
                import ntwk:theater/runtime;
                export ntwk:theater/websocket-server;
            }
        ",
        path: ["../../wit-core/wit/guide", "../../wit-core/wit/host"],
        world: "local:house/house",
        generate_all,
    });
}

/// The broker's name: that of a handler without one.
const BROKER: &str = "mqtt";
/// The most rooms whose people are counted. Everybody who may publish could name more.
const ROOMS: usize = 64;

/// The state.
#[derive(Serialize, Deserialize)]
struct Room {
    /// Its name, from the manifest's `init_state`.
    room: String,
    #[serde(default)]
    lines: Lines,
    /// What was said here and has not come back from the broker.
    #[serde(default)]
    waiting: Vec<Line>,
    /// How many are in the other rooms.
    #[serde(default)]
    people: BTreeMap<String, usize>,
    #[serde(default)]
    lamp: bool,
}

/// What a client asks for.
#[derive(Deserialize)]
struct Request {
    say: Option<String>,
    #[serde(default)]
    name: String,
    lamp: Option<bool>,
}

impl Room {
    /// Everything, for a client that has connected.
    fn whole(&self) -> Value {
        json!({
            "room": self.room, "alone": alone(), "lines": self.lines, "waiting": self.waiting,
            "people": self.all_people(), "lamp": self.lamp,
        })
    }

    /// How many are in each room.
    fn all_people(&self) -> BTreeMap<String, usize> {
        let mut people = self.people.clone();
        people.insert(self.room.clone(), connections::list(None).len());
        people
    }

    /// Publishes to a topic of this room.
    fn publish(&self, topic: &str, payload: String, qos: Qos) {
        retain(format!("house/{}/{topic}", self.room), payload, qos);
    }

    fn publish_people(&self) {
        let here = connections::list(None).len();
        self.publish("people", here.to_string(), Qos::AtMostOnce);
    }

    fn publish_lamp(&self) {
        let state = if self.lamp { "ON" } else { "OFF" };
        self.publish("lamp", state.into(), Qos::AtLeastOnce);
    }

    fn publish_last(&self) {
        self.publish("last", json!(self.lines).to_string(), Qos::AtLeastOnce);
    }

    /// Somebody has come or gone.
    fn count_people(&self) {
        self.publish_people();
        tell(json!({ "people": self.all_people() }));
    }

    /// A client has sent a text.
    fn asked(&mut self, text: &str) -> Result<(), String> {
        let request = serde_json::from_str(text);
        let Request { say, name, lamp } = request.map_err(|why| format!("No request: {why}"))?;
        if let Some(said) = say {
            self.say(name.trim(), said.trim())?;
        }
        if let Some(lamp) = lamp {
            self.switch(lamp);
        }
        Ok(())
    }

    /// Somebody here says something.
    fn say(&mut self, name: &str, said: &str) -> Result<(), String> {
        for (what, text, most) in [("name", name, NAME), ("line", said, SAID)] {
            if text.is_empty() || text.len() > most {
                return Err(format!("A {what} has 1 to {most} bytes."));
            }
        }
        let random: String = random::bytes(8).iter().map(|byte| format!("{byte:02x}")).collect();
        let line = Line {
            id: format!("{}-{random}", self.room),
            room: self.room.clone(),
            name: name.into(),
            said: said.into(),
            at: clock::now(),
            number: 0,
        };
        if alone().is_some() {
            tell(json!({ "waiting": [line] }));
            // What does not wait any more stays on the pages that show it.
            self.waiting.drain(..(self.waiting.len() + 1).saturating_sub(KEPT));
        } else if self.waiting.len() < KEPT {
            publish_line(&line)
                .map_err(|why| format!("This can't be said now: {}", words(&why)))?;
        } else {
            return Err("The broker has not answered yet.".into());
        }
        self.waiting.push(line);
        Ok(())
    }

    /// Switches the lamp.
    fn switch(&mut self, lamp: bool) {
        self.lamp = lamp;
        self.publish_lamp();
        tell(json!({ "lamp": lamp }));
    }

    /// The broker has sent a message.
    fn received(&mut self, topic: &str, payload: &[u8]) {
        if self.take(topic, payload).is_none() {
            log(&format!("ignores what somebody has published to {topic:?}"));
        }
    }

    /// Takes a message. `None` if it is none that a room or Home Assistant sends.
    fn take(&mut self, topic: &str, payload: &[u8]) -> Option<()> {
        let parts: Vec<_> = topic.split('/').collect();
        match parts[..] {
            ["house", "say"] => {
                let line: Line = serde_json::from_slice(payload).ok()?;
                self.waiting.retain(|waiting| waiting.id != line.id);
                // One that is here already is no mistake.
                if let Some(line) = self.lines.add(line) {
                    tell(json!({ "line": line }));
                    if line.room == self.room {
                        self.publish_last();
                    }
                }
            }
            ["house", room, "last"] => {
                // What this room has published tells it nothing, unless it is from before.
                if room == self.room && !mqtt::message().is_some_and(|message| message.retained) {
                    return Some(());
                }
                let merged = self.lines.merge(serde_json::from_slice(payload).ok()?);
                if merged.has_changed {
                    let Self { lines, waiting, .. } = self;
                    waiting.retain(|line| !lines.has(&line.id));
                    tell(json!({ "lines": lines, "waiting": waiting }));
                }
                if merged.is_ahead {
                    self.publish_last();
                }
            }
            ["house", room, "people"] => {
                let count = str::from_utf8(payload).ok()?.parse().ok()?;
                let is_new = !self.people.contains_key(room);
                if room.len() > NAME || (is_new && self.people.len() >= ROOMS) {
                    return None;
                }
                if room != self.room && self.people.insert(room.into(), count) != Some(count) {
                    tell(json!({ "people": self.all_people() }));
                }
            }
            ["house", room, "lamp", "set"] if room == self.room => match payload {
                b"ON" => self.switch(true),
                b"OFF" => self.switch(false),
                _ => return None,
            },
            _ => return None,
        }
        Some(())
    }

    /// The broker is there. It may have forgotten everything.
    fn up(&self) {
        for (topic, config) in discovery::configs(&self.room) {
            retain(topic, config.to_string(), Qos::AtLeastOnce);
        }
        self.publish_lamp();
        self.publish_people();
        if !self.lines.is_empty() {
            self.publish_last();
        }
        for line in &self.waiting {
            if let Err(why) = publish_line(line) {
                log(&format!("a line waits longer: {why:?}"));
            }
        }
        tell(json!({ "alone": null }));
    }
}

/// Why there is no broker, if there is none.
fn alone() -> Option<String> {
    match mqtt::broker_status(BROKER) {
        Some(Status::Up) => None,
        Some(Status::Down(why)) => Some(why),
        None => Some("the manifest names no broker".into()),
    }
}

/// Why something is not published.
fn words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NoBroker => "this room has no broker".into(),
        Refusal::Denied => "the manifest's `publish` does not allow the topic".into(),
        Refusal::Invalid(why) => why.clone(),
        Refusal::Full(bytes) => format!("{bytes} bytes wait for the broker"),
        Refusal::Limit => "one event asks for too much".into(),
    }
}

/// Publishes a line, for all rooms.
fn publish_line(line: &Line) -> Result<(), Refusal> {
    publish("house/say".into(), json!(line).to_string(), Qos::AtLeastOnce, false)
}

/// Publishes something that the broker retains. While there is no broker, this is not needed, because
/// `up` publishes all of it. A refusal does little harm, because the next one replaces it.
fn retain(topic: String, payload: String, qos: Qos) {
    if alone().is_some() {
        return;
    }
    if let Err(why) = publish(topic, payload, qos, true) {
        log(&format!("this is not published: {}", words(&why)));
    }
}

fn publish(topic: String, payload: String, qos: Qos, retain: bool) -> Result<(), Refusal> {
    let properties = Properties {
        content_type: String::new(),
        response_topic: String::new(),
        correlation_data: vec![],
        user: vec![],
    };
    let payload = payload.into_bytes();
    mqtt::publish(BROKER, &Publication { topic, payload, qos, retain, properties })
}

/// Tells all clients.
fn tell(value: Value) {
    let text = connections::Payload::Text(value.to_string());
    if let Err(why) = connections::broadcast(None, &text, None) {
        log(&format!("the clients are not told: {why:?}"));
    }
}

struct House;

impl Guest for House {
    fn handle_message(message: WebsocketMessage, state: Vec<u8>) -> (Vec<u8>, WebsocketResponse) {
        // A panic is told in the log, with its place.
        std::panic::set_hook(Box::new(|panic| log(&panic.to_string())));
        let mut room: Room =
            serde_json::from_slice(&state).expect("the manifest's init_state names the room");
        let text = message.text.unwrap_or_default();
        let mut answer = None;
        match message.message_type.as_str() {
            "connect" => {
                room.count_people();
                answer = Some(room.whole());
            }
            "close" => room.count_people(),
            "text" => answer = room.asked(&text).err().map(|why| json!({ "error": why })),
            "mqtt" => room.received(&text, &message.data.unwrap_or_default()),
            "mqtt-up" => room.up(),
            "mqtt-down" => tell(json!({ "alone": alone(), "waiting": room.waiting })),
            _ => {}
        }
        let messages = answer.map(|answer| WebsocketMessage {
            message_type: "text".into(),
            text: Some(answer.to_string()),
            data: None,
        });
        let state = serde_json::to_vec(&room).expect("texts and numbers");
        (state, WebsocketResponse { messages: messages.into_iter().collect() })
    }
}

bindings::export!(House with_types_in bindings);
