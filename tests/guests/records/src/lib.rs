//! The last readings of many sensors, like the guest `readings`. The state is records of a fixed length, of which
//! a message changes one. For `benches/compare`. The first state determines the size of the state.

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

struct Records;

impl Guest for Records {
    fn handle_message(message: WebsocketMessage, mut state: Json) -> (Json, WebsocketResponse) {
        let text = message.text.filter(|_| message.message_type == "text");
        let answer = text.and_then(|text| board::take(&text, &mut state));
        let answer = answer.map(|answer| WebsocketMessage {
            message_type: "text".into(),
            text: Some(answer),
            data: None,
        });
        (state, WebsocketResponse { messages: answer.into_iter().collect() })
    }
}

bindings::export!(Records with_types_in bindings);
