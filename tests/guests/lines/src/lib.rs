//! A chat room that keeps its last thousand lines, each under a key of its own, and answers with the new line
//! only. So a message costs the same however many lines there are. For `benches/compare`.

use bindings::exports::ntwk::theater::websocket_server::{
    Guest, WebsocketMessage, WebsocketResponse,
};
use bindings::footlight::host::storage;
use serde::Serialize;

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:lines;

            world lines {
                import footlight:host/storage@0.1.0;
                export ntwk:theater/websocket-server;
            }
        ",
        path: ["../../../wit-core/wit/guide", "../../../wit-core/wit/host"],
        world: "local:lines/lines",
        generate_all,
    });
}

#[global_allocator]
static ALLOCATOR: allocator::Allocator = allocator::Allocator::new();

/// How many lines are kept.
const KEPT: u64 = 1000;

/// A line, as clients get it and as it is stored.
#[derive(Serialize)]
struct Line<'a> {
    user: &'a str,
    content: &'a str,
    timestamp: u64,
}

struct Lines;

impl Guest for Lines {
    /// The state is the number of lines so far.
    fn handle_message(message: WebsocketMessage, state: Vec<u8>) -> (Vec<u8>, WebsocketResponse) {
        let text = message.text.filter(|_| message.message_type == "text");
        let Some(content) = text else {
            return (state, WebsocketResponse { messages: vec![] });
        };
        let count = state.as_slice().try_into().map_or(0, u64::from_le_bytes) + 1;
        let line = Line { user: "anonymous", content: &content, timestamp: count };
        let line = serde_json::to_string(&line).unwrap();
        storage::put(&key(count), line.as_bytes()).unwrap();
        if let Some(old) = count.checked_sub(KEPT) {
            storage::delete(&key(old)).unwrap();
        }
        let answer = WebsocketMessage { message_type: "text".into(), text: Some(line), data: None };
        (count.to_le_bytes().into(), WebsocketResponse { messages: vec![answer] })
    }
}

/// The key of a line. Keys are in the order of the lines.
fn key(number: u64) -> String {
    format!("{number:016x}")
}

bindings::export!(Lines with_types_in bindings);
