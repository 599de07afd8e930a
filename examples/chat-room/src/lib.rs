//! The chat room of the WebSocket server guide: keeps every text message in its state and
//! answers with the whole history.
//!
//! The types and the `impl` are the guide's own code, apart from formatting. "Added" and
//! "Changed" mark what it needed to compile.

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

#[derive(Serialize, Deserialize)]
struct ChatState {
    connected_users: Vec<String>,
    messages: Vec<ChatMessage>,
}

#[derive(Serialize, Deserialize)]
struct ChatMessage {
    user: String,
    content: String,
    timestamp: String,
}

// Added: takes less time than Rust's own one.
#[global_allocator]
static ALLOCATOR: allocator::Allocator = allocator::Allocator::new();

struct Component;

impl Guest for Component {
    fn handle_message(msg: WebSocketMessage, state: Json) -> (Json, WebSocketResponse) {
        let mut chat_state: ChatState = serde_json::from_slice(&state).unwrap();

        match msg.message_type.as_str() {
            "connect" => {
                // Send chat history to new user
                let history = serde_json::to_string(&chat_state.messages).unwrap();
                let response = WebSocketResponse {
                    messages: vec![WebSocketMessage {
                        message_type: "text".to_string(),
                        text: Some(history),
                        data: None,
                    }],
                };
                (serde_json::to_vec(&chat_state).unwrap(), response)
            }
            "text" => {
                if let Some(text) = msg.text {
                    // Broadcast message to all clients
                    let new_message = ChatMessage {
                        user: "anonymous".to_string(),
                        content: text,
                        // Changed: the guide calls `chrono::Utc::now()`, which needs a
                        // clock, but wasm32-unknown-unknown and the guide's interface have
                        // none. The message's number in the history replaces the time: it
                        // too tells which message came first.
                        timestamp: (chat_state.messages.len() + 1).to_string(),
                    };

                    chat_state.messages.push(new_message);

                    let broadcast = serde_json::to_string(&chat_state.messages).unwrap();
                    let response = WebSocketResponse {
                        messages: vec![WebSocketMessage {
                            message_type: "text".to_string(),
                            text: Some(broadcast),
                            data: None,
                        }],
                    };
                    (serde_json::to_vec(&chat_state).unwrap(), response)
                } else {
                    (state, WebSocketResponse { messages: vec![] })
                }
            }
            _ => (state, WebSocketResponse { messages: vec![] }),
        }
    }
}

// Added: makes the module's exports from `Component`.
bindings::export!(Component with_types_in bindings);
