//! The script of `script` in the shape *guide*, whose message types are strings.

use bindings::exports::ntwk::theater::{actor, websocket_server as wire};
use bindings::ntwk::theater::{filesystem, runtime};
use script::{Kind, Message, Shape};

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:guest;

            world guest {
                include ntwk:theater/websocket-actor-with-init;
                import ntwk:theater/filesystem;
            }
        ",
        path: "../../../wit-core/wit/guide",
        world: "local:guest/guest",
        generate_all,
    });
}

fn from_wire(message: wire::WebsocketMessage) -> Message {
    let kind = match message.message_type.as_str() {
        "text" => Kind::Text,
        "binary" => Kind::Binary,
        "connect" => Kind::Connect,
        "close" => Kind::Close,
        "ping" => Kind::Ping,
        "pong" => Kind::Pong,
        _ => Kind::Other(message.message_type),
    };
    Message { kind, data: message.data, text: message.text }
}

fn to_wire(message: Message) -> wire::WebsocketMessage {
    let message_type = match message.kind {
        Kind::Text => "text".to_owned(),
        Kind::Binary => "binary".to_owned(),
        Kind::Connect => "connect".to_owned(),
        Kind::Close => "close".to_owned(),
        Kind::Ping => "ping".to_owned(),
        Kind::Pong => "pong".to_owned(),
        Kind::Other(name) => name,
    };
    wire::WebsocketMessage { message_type, data: message.data, text: message.text }
}

struct Component;

impl actor::Guest for Component {
    fn init() -> Vec<u8> {
        script::FIRST_STATE.to_vec()
    }
}

impl wire::Guest for Component {
    fn handle_message(
        message: wire::WebsocketMessage,
        state: Vec<u8>,
    ) -> (Vec<u8>, wire::WebsocketResponse) {
        let shape = Shape {
            name: "guide",
            fallible: false,
            log: runtime::log,
            read_file: |path| Ok(filesystem::read_file(path).into_bytes()),
        };
        let Ok(reply) = script::handle(&shape, from_wire(message), Some(state)) else {
            unreachable!("only a fallible shape is asked to fail");
        };
        let messages = reply.messages.into_iter().map(to_wire).collect();
        (reply.state.unwrap_or_default(), wire::WebsocketResponse { messages })
    }
}

bindings::export!(Component with_types_in bindings);
