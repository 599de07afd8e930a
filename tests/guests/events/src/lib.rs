//! The script of `script` in the shape *guide*, whose message types are strings.

use bindings::exports::ntwk::theater::{actor, http_server as http, websocket_server as wire};
use bindings::ntwk::theater::{filesystem, runtime};
use script::{Kind, Message};

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:guest;

            world guest {
                include ntwk:theater/websocket-http-actor;
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

script::plain_component!("guide", |path| Ok(filesystem::read_file(path).into_bytes()));
