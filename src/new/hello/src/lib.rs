//! Greets its clients and counts them.

// Made from wit/theater.wit. After a change there, make it anew:
//   cargo install wit-bindgen-cli@0.63.0
//   wit-bindgen rust wit --world websocket-actor --generate-all --format --out-dir src
//   mv src/websocket_actor.rs src/bindings.rs
mod bindings;
#[cfg(test)]
mod testing;

use bindings::exports::ntwk::theater::websocket_server::{
    Guest, WebsocketMessage, WebsocketResponse,
};
#[cfg(not(test))]
use bindings::ntwk::theater::runtime::log;
#[cfg(test)]
use testing::log;

struct Actor;

bindings::export!(Actor with_types_in bindings);

impl Guest for Actor {
    /// Handles one event of one client. Returns the new state, and the answer to that client.
    ///
    /// The state can be any bytes. All clients share it, and it is all that remains until the next
    /// call. After a panic, the old state remains and this connection ends.
    fn handle_message(message: WebsocketMessage, state: Vec<u8>) -> (Vec<u8>, WebsocketResponse) {
        log_panics();
        let mut visitors = Visitors::from_state(&state);
        let mut messages = vec![];
        match message.message_type.as_str() {
            "connect" => {
                let number = visitors.welcome();
                messages.push(text(format!("Welcome, visitor number {number}!")));
            }
            "text" => {
                let name = message.text.unwrap_or_default();
                messages.push(text(format!("Hello, {name}!")));
            }
            // The connection has ended, so nobody gets an answer.
            "close" => log("a visitor left"),
            // The bytes of a "binary" are in `message.data`. The host answers a "ping" itself.
            _ => {}
        }
        (visitors.into_state(), WebsocketResponse { messages })
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

/// What the actor remembers.
struct Visitors(u64);

impl Visitors {
    /// The first state is empty, unless manifest.toml names an `init_state` file.
    fn from_state(state: &[u8]) -> Self {
        let number = state.try_into().map_or(0, u64::from_le_bytes);
        Self(number)
    }

    fn into_state(self) -> Vec<u8> {
        self.0.to_le_bytes().into()
    }

    /// Counts a visitor and returns its number.
    fn welcome(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

// `cargo test` runs these on this machine.
#[cfg(test)]
mod tests {
    use super::*;

    /// Gives the actor an event. Returns the new state, and the texts of the answer.
    fn event(kind: &str, text: &str, state: Vec<u8>) -> (Vec<u8>, Vec<String>) {
        let message = WebsocketMessage {
            message_type: kind.into(),
            text: Some(text.into()),
            data: None,
        };
        let (state, answer) = Actor::handle_message(message, state);
        let texts = answer.messages.into_iter().filter_map(|it| it.text);
        (state, texts.collect())
    }

    #[test]
    fn visitors_are_counted_and_greeted() {
        let (state, answer) = event("connect", "", vec![]);
        assert_eq!(answer, ["Welcome, visitor number 1!"]);
        let (state, answer) = event("connect", "", state);
        assert_eq!(answer, ["Welcome, visitor number 2!"]);
        assert_eq!(event("text", "Ada", state).1, ["Hello, Ada!"]);
    }

    #[test]
    fn the_log_says_when_a_visitor_leaves() {
        assert!(event("close", "", vec![]).1.is_empty());
        assert_eq!(testing::logged(), ["a visitor left"]);
    }
}
