//! Chat rooms. What a client says is for those in its room.
//!
//! A client's first text names its room and then, in a second line, itself.

// Made from the folder wit. After a change there, make it anew:
//   cargo install wit-bindgen-cli@0.63.0
//   wit-bindgen rust wit --world actor --generate-all --format --out-dir src
//   mv src/actor.rs src/bindings.rs
mod bindings;
#[cfg(test)]
mod testing;

use bindings::exports::ntwk::theater::websocket_server::{
    Guest, WebsocketMessage, WebsocketResponse,
};
use bindings::footlight::host::connections::{ConnectionId, Payload, Refusal};
#[cfg(not(test))]
use bindings::{footlight::host::connections, ntwk::theater::runtime::log};
#[cfg(test)]
use testing::{connections, log};

struct Actor;

bindings::export!(Actor with_types_in bindings);

impl Guest for Actor {
    /// Handles one event of one client. Returns the new state, and the answer to that client.
    ///
    /// There is no state. The host keeps a client's room and name as long as the connection: the
    /// room is its tag, and the attachment has both.
    fn handle_message(message: WebsocketMessage, state: Vec<u8>) -> (Vec<u8>, WebsocketResponse) {
        log_panics();
        let said = message.text.unwrap_or_default();
        let done = match (connections::sender(), message.message_type.as_str()) {
            (Some(id), "text") => match Person::of(id) {
                Some(person) => person.tell(&format!("{}: {said}", person.name)),
                None => Person::enter(id, &said),
            },
            (Some(id), "close") => Person::of(id).map_or(Ok(()), |person| {
                person.tell(&format!("{} has left", person.name))
            }),
            _ => Ok(()),
        };
        let mut messages = vec![];
        if let Err(why) = done {
            messages.push(text(format!("That can't be done: {why:?}")));
        }
        (state, WebsocketResponse { messages })
    }
}

/// A client in a room.
struct Person {
    room: String,
    name: String,
}

impl Person {
    /// The client of a connection, if it has entered a room.
    fn of(id: ConnectionId) -> Option<Self> {
        let kept = String::from_utf8(connections::attachment(id)?).ok()?;
        let (room, name) = kept.split_once('\n')?;
        Some(Self {
            room: room.into(),
            name: name.into(),
        })
    }

    /// Lets a client in. The lines are its room and its name.
    fn enter(id: ConnectionId, lines: &str) -> Result<(), Refusal> {
        let Some((room, name)) = lines.split_once('\n') else {
            return Err(Refusal::Invalid);
        };
        let person = Self {
            room: room.trim().into(),
            name: name.trim().into(),
        };
        connections::tag(id, &person.room)?;
        let kept = format!("{}\n{}", person.room, person.name);
        connections::set_attachment(id, Some(kept.as_bytes()))?;
        log(&format!("{} is in {}", person.name, person.room));
        person.tell(&format!("{} has come in", person.name))
    }

    /// Tells everybody in the room.
    fn tell(&self, line: &str) -> Result<(), Refusal> {
        connections::broadcast(Some(&self.room), &Payload::Text(line.into()), None)?;
        Ok(())
    }
}

/// Has the log say where and why the actor panicked. Otherwise it only says `unreachable`.
fn log_panics() {
    if cfg!(not(test)) {
        std::panic::set_hook(Box::new(|panic| log(&panic.to_string())));
    }
}

/// A text message.
fn text(text: String) -> WebsocketMessage {
    WebsocketMessage {
        message_type: "text".into(),
        text: Some(text),
        data: None,
    }
}

// `cargo test` runs these on this machine.
#[cfg(test)]
mod tests {
    use super::*;

    /// Gives the actor an event of a client. Returns what it tells to rooms.
    fn event(id: ConnectionId, kind: &str, text: &str) -> Vec<(Option<String>, String)> {
        testing::host(|host| host.sender = Some(id));
        let message = WebsocketMessage {
            message_type: kind.into(),
            text: Some(text.into()),
            data: None,
        };
        Actor::handle_message(message, vec![]);
        testing::host(|host| std::mem::take(&mut host.sent))
    }

    #[test]
    fn a_room_hears_what_its_people_say() {
        let kitchen = |line: &str| vec![(Some("kitchen".into()), line.into())];
        assert_eq!(event(1, "text", "kitchen\nAnn"), kitchen("Ann has come in"));
        assert_eq!(event(1, "text", "Hello"), kitchen("Ann: Hello"));
        assert_eq!(event(1, "close", ""), kitchen("Ann has left"));
        assert_eq!(event(2, "text", "no second line"), []);
    }
}
