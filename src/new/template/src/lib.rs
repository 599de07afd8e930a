//! Greets its clients, and remembers how many came.

wit_bindgen::generate!({ path: "wit", world: "websocket-actor" });

use exports::ntwk::theater::websocket_server::{Guest, WebsocketMessage, WebsocketResponse};
use ntwk::theater::runtime::log;

struct Actor;

export!(Actor);

impl Guest for Actor {
    /// Handles one event of one client, and returns the new state and the answer to that client.
    ///
    /// The state is whatever bytes you make of it; all clients share it. It is the only thing
    /// that survives until the next call. A panic keeps the old one and ends this connection.
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
            // However the connection ended. Nobody is there to be answered.
            "close" => log("a visitor left"),
            // "binary" has its bytes in `message.data`. A "ping" the host answers by itself.
            _ => {}
        }
        (visitors.into_state(), WebsocketResponse { messages })
    }
}

/// A text to send.
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
    /// The first state is empty, unless manifest.toml has an `init_state` file.
    fn from_state(state: &[u8]) -> Self {
        let number = state.try_into().map_or(0, u64::from_le_bytes);
        Self(number)
    }

    fn into_state(self) -> Vec<u8> {
        self.0.to_le_bytes().into()
    }

    /// Counts one more, and says which it is.
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
