//! The last readings of many sensors. The state is JSON, which is read and written as a whole for
//! every message, because nothing costs an interpreted actor more. For `benches/compare` and
//! `benches/growth`. The first state determines the size of the state.

use bindings::exports::ntwk::theater::websocket_server::{
    Guest, WebsocketMessage, WebsocketResponse,
};
use bindings::ntwk::theater::types::Json;

mod bindings {
    wit_bindgen::generate!({ path: "../../../wit-core/wit/guide", world: "websocket-actor" });
}

mod board;

#[global_allocator]
static ALLOCATOR: allocator::Allocator = allocator::Allocator::new();

struct Readings;

impl Guest for Readings {
    fn handle_message(message: WebsocketMessage, state: Json) -> (Json, WebsocketResponse) {
        let text = message.text.filter(|_| message.message_type == "text");
        let Some((state_after, answer)) = text.and_then(|text| board::take(&text, &state)) else {
            return (state, WebsocketResponse { messages: vec![] });
        };
        let answer =
            WebsocketMessage { message_type: "text".into(), text: Some(answer), data: None };
        (state_after, WebsocketResponse { messages: vec![answer] })
    }
}

bindings::export!(Readings with_types_in bindings);
