//! Sends text and binary messages back unchanged, and keeps no state.

use bindings::exports::ntwk::theater::websocket_server::{
    Guest, WebsocketMessage, WebsocketResponse,
};
use bindings::ntwk::theater::types::Json;

mod bindings {
    wit_bindgen::generate!({ path: "../../wit-core/wit/guide", world: "websocket-actor" });
}

// Takes less time than Rust's own one.
#[global_allocator]
static ALLOCATOR: allocator::Allocator = allocator::Allocator::new();

struct Echo;

impl Guest for Echo {
    fn handle_message(message: WebsocketMessage, state: Json) -> (Json, WebsocketResponse) {
        // The message moves into the answer, so the actor never copies its bytes.
        let messages = match message.message_type.as_str() {
            "text" | "binary" => vec![message],
            _ => vec![],
        };
        (state, WebsocketResponse { messages })
    }
}

bindings::export!(Echo with_types_in bindings);
