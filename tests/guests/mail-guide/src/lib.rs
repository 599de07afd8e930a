//! The guest of `mail` in the shape *guide*.

use bindings::exports::ntwk::theater::{message_server_client as client, websocket_server as wire};
use bindings::ntwk::theater::message_server_host as host;

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:guest;

            world guest {
                import ntwk:theater/message-server-host;
                export ntwk:theater/message-server-client;
                export ntwk:theater/websocket-server;
            }
        ",
        path: "../../../wit-core/wit/guide",
        world: "local:guest/guest",
        generate_all,
    });
}

/// Whether a client has connected or sent a text.
fn is_told(message: &wire::WebsocketMessage) -> bool {
    ["text", "connect"].contains(&&*message.message_type)
}

fn to_wire(text: String) -> wire::WebsocketMessage {
    wire::WebsocketMessage { message_type: "text".to_owned(), data: None, text: Some(text) }
}

mail::plain_component!();
