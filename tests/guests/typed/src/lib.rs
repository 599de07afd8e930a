//! The script of `script` in the shape *typed*.

use bindings::exports::ntwk::theater::{actor, websocket_server as wire};
use bindings::ntwk::theater::runtime;
use script::Shape;

mod bindings {
    wit_bindgen::generate!({
        path: "../../../wit-core/wit/typed",
        world: "websocket-actor-with-init",
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
        let shape = Shape { name: "typed", fallible: false, log: runtime::log };
        let Ok(reply) = script::handle(&shape, from_wire(message), Some(state)) else {
            unreachable!("only a fallible shape is asked to fail");
        };
        let messages = reply.messages.into_iter().map(to_wire).collect();
        (reply.state.unwrap_or_default(), wire::WebsocketResponse { messages })
    }
}

bindings::export!(Component with_types_in bindings);
