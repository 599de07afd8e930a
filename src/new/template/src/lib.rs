//! Greets its clients and counts them.

wit_bindgen::generate!({ path: "wit", world: "websocket-actor" });

use exports::ntwk::theater::websocket_server::{Guest, WebsocketMessage, WebsocketResponse};
use ntwk::theater::runtime::log;

struct Actor;

export!(Actor);

impl Guest for Actor {
    /// Handles one event of one client. Returns the new state, and the answer to that client.
    ///
    /// The state can be any bytes. All clients share it, and it is all that remains until the next
    /// call. After a panic, the old state remains and this connection ends.
    fn handle_message(message: WebsocketMessage, state: Vec<u8>) -> (Vec<u8>, WebsocketResponse) {
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

// `cargo test --target host-tuple` runs these on this machine.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitors_are_counted_from_call_to_call() {
        let mut visitors = Visitors::from_state(&[]);
        assert_eq!(visitors.welcome(), 1);
        let mut visitors = Visitors::from_state(&visitors.into_state());
        assert_eq!(visitors.welcome(), 2);
    }
}
