//! The script of `script` in the shape *typed*.

use bindings::exports::ntwk::theater::{actor, websocket_server as wire};
use bindings::ntwk::theater::{filesystem, runtime};
use script::Shape;

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:guest;

            world guest {
                include ntwk:theater/websocket-actor-with-init;
                import ntwk:theater/filesystem;
            }
        ",
        path: "../../../wit-core/wit/typed",
        world: "local:guest/guest",
        generate_all,
    });
}

script::variant_messages!(wire);

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
            name: "typed",
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
