//! The guest of `ask` in the shape *guide*.

use bindings::exports::ntwk::theater::websocket_server as wire;
use bindings::ntwk::theater::http_client;

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:guest;

            world guest {
                import ntwk:theater/http-client;
                export ntwk:theater/websocket-server;
            }
        ",
        path: "../../../wit-core/wit/guide",
        world: "local:guest/guest",
        generate_all,
    });
}

fn kind(message: &wire::WebsocketMessage) -> &str {
    &message.message_type
}

fn to_wire(text: String) -> wire::WebsocketMessage {
    wire::WebsocketMessage { message_type: "text".to_owned(), data: None, text: Some(text) }
}

ask::plain_component!();
