//! The script of `script` in the shape *result*.

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
        path: "../../../wit-core/wit/result",
        world: "local:guest/guest",
        generate_all,
    });
}

script::variant_messages!(wire);

struct Component;

impl actor::Guest for Component {
    fn init(state: Option<Vec<u8>>, (name,): (String,)) -> Result<(Option<Vec<u8>>,), String> {
        Ok((script::init(state, &name)?,))
    }
}

impl wire::Guest for Component {
    fn handle_message(
        state: Option<Vec<u8>>,
        (message,): (wire::WebsocketMessage,),
    ) -> Result<(Option<Vec<u8>>, (wire::WebsocketResponse,)), String> {
        let shape = Shape {
            name: "result",
            fallible: true,
            log: runtime::log,
            read_file: filesystem::read_file,
        };
        let reply = script::handle(&shape, from_wire(message), state)?;
        let messages = reply.messages.into_iter().map(to_wire).collect();
        Ok((reply.state, (wire::WebsocketResponse { messages },)))
    }
}

bindings::export!(Component with_types_in bindings);
