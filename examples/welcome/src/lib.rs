//! The first sample of the WebSocket server guide: greets each client and confirms every
//! text message.
//!
//! `Component` and its `impl` are the guide's own code, apart from formatting. "Added" marks
//! what it needed to compile.

// Added: the guide parses the state as a demonstration, and then does not use it.
#![allow(unused_mut, unused_variables)]

use bindings::exports::ntwk::theater::websocket_server::Guest;
use bindings::ntwk::theater::types::Json;
use serde::{Deserialize, Serialize};

// Added: the module that the two lines above name, made from the interface's WIT.
mod bindings {
    wit_bindgen::generate!({ path: "../../wit-core/wit/guide", world: "websocket-actor" });
}

// Added: the guide writes these names with a capital S, the generated code does not.
use bindings::exports::ntwk::theater::websocket_server::{
    WebsocketMessage as WebSocketMessage, WebsocketResponse as WebSocketResponse,
};

// Added: the guide leaves this type to the reader. Its JSON is `{}`. The manifest's
// `init_state` file contains that, so the first call has something to parse.
#[derive(Serialize, Deserialize)]
struct State {}

struct Component;

impl Guest for Component {
    fn handle_message(msg: WebSocketMessage, state: Json) -> (Json, WebSocketResponse) {
        // Parse current state
        let mut current_state: State = serde_json::from_slice(&state).unwrap();

        // Handle different message types
        match msg.message_type.as_str() {
            "connect" => {
                // Handle new connection
                let response = WebSocketResponse {
                    messages: vec![WebSocketMessage {
                        message_type: "text".to_string(),
                        text: Some("Welcome!".to_string()),
                        data: None,
                    }],
                };
                (state, response)
            }
            "text" => {
                // Handle text message
                if let Some(text) = msg.text {
                    // Process text message...
                    let response = WebSocketMessage {
                        message_type: "text".to_string(),
                        text: Some("Received your message!".to_string()),
                        data: None,
                    };
                    (state, WebSocketResponse { messages: vec![response] })
                } else {
                    (state, WebSocketResponse { messages: vec![] })
                }
            }
            "close" => {
                // Handle connection close
                (state, WebSocketResponse { messages: vec![] })
            }
            _ => (state, WebSocketResponse { messages: vec![] }),
        }
    }
}

// Added: makes the module's exports from `Component`.
bindings::export!(Component with_types_in bindings);
