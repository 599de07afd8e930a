//! Sends text and binary messages back as they came, and keeps no state.

use bindings::exports::ntwk::theater::websocket_server::{
    Guest, WebsocketMessage, WebsocketResponse,
};
use bindings::ntwk::theater::types::Json;

mod bindings {
    wit_bindgen::generate!({ path: "../../wit-core/wit/guide", world: "websocket-actor" });
}

struct Echo;

impl Guest for Echo {
    fn handle_message(message: WebsocketMessage, state: Json) -> (Json, WebsocketResponse) {
        // The message is moved into the answer: its bytes are never copied here.
        let messages = match message.message_type.as_str() {
            "text" | "binary" => vec![message],
            _ => vec![],
        };
        (state, WebsocketResponse { messages })
    }
}

bindings::export!(Echo with_types_in bindings);
