//! Counts the text messages of all connections, and answers each with the state as JSON.
//! `init` makes the first state. A new client gets the current one.

use bindings::exports::ntwk::theater::actor;
use bindings::exports::ntwk::theater::websocket_server::{
    self, WebsocketMessage, WebsocketResponse,
};
use bindings::ntwk::theater::runtime::log;
use bindings::ntwk::theater::types::Json;
use serde::{Deserialize, Serialize};

mod bindings {
    wit_bindgen::generate!({
        path: "../../wit-core/wit/guide",
        world: "websocket-actor-with-init",
    });
}

/// The state: `{"count":0}` at first.
///
/// Every call takes it and returns it. It is not in a global, because the host may replace
/// the running instance between any two calls.
#[derive(Default, Serialize, Deserialize)]
struct State {
    count: u64,
}

impl State {
    fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a number can always be written as JSON")
    }
}

struct Counter;

impl actor::Guest for Counter {
    fn init() -> Json {
        State::default().to_json()
    }
}

impl websocket_server::Guest for Counter {
    fn handle_message(message: WebsocketMessage, state: Json) -> (Json, WebsocketResponse) {
        // A panic is told in the log, with its place.
        std::panic::set_hook(Box::new(|panic| log(&panic.to_string())));
        let mut current: State = serde_json::from_slice(&state)
            .expect("the state is what `init` or the last call returned");

        match message.message_type.as_str() {
            "connect" => {}
            "text" => current.count += 1,
            // Other events change no count and get no answer.
            _ => return (state, WebsocketResponse { messages: vec![] }),
        }

        let json = current.to_json();
        let answer = WebsocketMessage {
            message_type: "text".to_string(),
            data: None,
            text: String::from_utf8(json.clone()).ok(),
        };
        (json, WebsocketResponse { messages: vec![answer] })
    }
}

bindings::export!(Counter with_types_in bindings);
