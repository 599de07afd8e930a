//! Chat rooms, any number of them. The others in a room get what a client says there.
//!
//! A client connects with `/ws?room=kitchen&name=Ann`. It says its texts in its room, unless a
//! text begins with `/`: `/room NAME` goes to another room, `/name NAME` takes another name, and
//! `/who` asks who is there. The client gets JSON objects. Their only or first key tells what
//! they are: `here`, `said`, `joined`, `left`, `renamed`, `error`.
//!
//! There is no state. A connection's tag is its room, and its attachment has its name. The host
//! keeps both as long as the connection.

mod text;

use bindings::exports::ntwk::theater::websocket_server::{
    Guest, WebsocketMessage, WebsocketResponse,
};
use bindings::footlight::host::{clock, connections};
use bindings::ntwk::theater::runtime::log;
use connections::{ConnectionId, Payload, Refusal};
use text::{json, parameter, printable};

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:rooms;

            world rooms {
                import footlight:host/connections@0.1.0;
                import footlight:host/clock@0.1.0;
                import ntwk:theater/runtime;
                export ntwk:theater/websocket-server;
            }
        ",
        path: ["../../wit-core/wit/guide", "../../wit-core/wit/host"],
        world: "local:rooms/rooms",
        generate_all,
    });
}

/// A client in a room. Its attachment has the two as lines; neither contains a line end.
struct Person {
    name: String,
    room: String,
}

impl Person {
    fn of(id: ConnectionId) -> Option<Self> {
        let kept = String::from_utf8(connections::attachment(id)?).ok()?;
        let (name, room) = kept.split_once('\n')?;
        Some(Self { name: name.into(), room: room.into() })
    }

    fn keep(&self, id: ConnectionId) -> Result<(), Refusal> {
        let kept = format!("{}\n{}", self.name, self.room);
        connections::set_attachment(id, Some(kept.as_bytes()))
    }

    /// Tells the others in the room.
    fn tell_others(&self, id: ConnectionId, message: String) -> Result<(), Refusal> {
        connections::broadcast(Some(&self.room), &Payload::Text(message), Some(id))?;
        Ok(())
    }

    /// Enters the room, and returns who is there.
    fn enter(mut self, id: ConnectionId) -> Result<String, Refusal> {
        self.name = free(self.name, &self.room, id);
        connections::tag(id, &self.room)?;
        self.keep(id)?;
        self.tell_others(id, format!(r#"{{"joined":{}}}"#, json(&self.name)))?;
        Ok(self.here())
    }

    fn leave(&self, id: ConnectionId) -> Result<(), Refusal> {
        self.tell_others(id, format!(r#"{{"left":{}}}"#, json(&self.name)))
    }

    /// Who is in the room, for a client that has come in or asks.
    fn here(&self) -> String {
        let names: Vec<_> = names(&self.room, None).iter().map(|name| json(name)).collect();
        let (room, you, names) = (json(&self.room), json(&self.name), names.join(","));
        format!(r#"{{"here":[{names}],"room":{room},"you":{you}}}"#)
    }
}

/// The names of the clients in a room, in the order in which they connected.
fn names(room: &str, except: Option<ConnectionId>) -> Vec<String> {
    let there = connections::list(Some(room)).into_iter().filter(|id| Some(*id) != except);
    there.filter_map(Person::of).map(|person| person.name).collect()
}

/// A name that nobody else in the room has: this one, with a number if needed.
fn free(name: String, room: &str, id: ConnectionId) -> String {
    let taken = names(room, Some(id));
    let mut free = name.clone();
    let mut number = 2;
    while taken.contains(&free) {
        free = format!("{name} {number}");
        number += 1;
    }
    free
}

/// A client has connected.
fn connect(id: ConnectionId) -> Result<Option<String>, Refusal> {
    let query = connections::info(id).map(|info| info.query).unwrap_or_default();
    let name = parameter(&query, "name").unwrap_or_else(|| "Guest".into());
    let room = parameter(&query, "room").unwrap_or_else(|| "lobby".into());
    Person { name, room }.enter(id).map(Some)
}

/// A client has sent a text. Returns the answer.
fn text(id: ConnectionId, text: &str) -> Result<Option<String>, Refusal> {
    let Some(mut person) = Person::of(id) else { return Ok(None) };
    let (command, value) = text.split_once(' ').unwrap_or((text, ""));
    let value = printable(value);
    match (command, value) {
        ("/who", _) => Ok(Some(person.here())),
        ("/room", Some(room)) if room == person.room => Ok(Some(person.here())),
        ("/room", Some(room)) => {
            // First the step that the host may refuse.
            let here = Person { name: person.name.clone(), room }.enter(id)?;
            connections::untag(id, &person.room)?;
            person.leave(id)?;
            Ok(Some(here))
        }
        ("/name", Some(name)) => {
            let before = std::mem::replace(&mut person.name, free(name, &person.room, id));
            person.keep(id)?;
            let (from, to) = (json(&before), json(&person.name));
            person.tell_others(id, format!(r#"{{"renamed":{from},"to":{to}}}"#))?;
            Ok(Some(person.here()))
        }
        _ if text.starts_with('/') => {
            Ok(Some(r#"{"error":"There are /room NAME, /name NAME and /who."}"#.into()))
        }
        _ => {
            let (said, name, at) = (json(text), json(&person.name), clock::now());
            person.tell_others(id, format!(r#"{{"said":{said},"name":{name},"at":{at}}}"#))?;
            Ok(None)
        }
    }
}

/// A client is gone, with or without a goodbye. Its attachment still has its name.
fn close(id: ConnectionId) -> Result<Option<String>, Refusal> {
    if let Some(person) = Person::of(id) {
        person.leave(id)?;
    }
    Ok(None)
}

struct Rooms;

impl Guest for Rooms {
    fn handle_message(message: WebsocketMessage, state: Vec<u8>) -> (Vec<u8>, WebsocketResponse) {
        // A panic is told in the log, with its place.
        std::panic::set_hook(Box::new(|panic| log(&panic.to_string())));
        let answer = match (connections::sender(), message.message_type.as_str()) {
            (Some(id), "connect") => connect(id),
            (Some(id), "text") => text(id, &message.text.unwrap_or_default()),
            (Some(id), "close") => close(id),
            _ => Ok(None),
        };
        let answer = answer.unwrap_or_else(|why| {
            Some(format!(r#"{{"error":{}}}"#, json(&format!("This can't be done: {why:?}"))))
        });
        let messages = answer.into_iter().map(|text| WebsocketMessage {
            message_type: "text".into(),
            text: Some(text),
            data: None,
        });
        (state, WebsocketResponse { messages: messages.collect() })
    }
}

bindings::export!(Rooms with_types_in bindings);
