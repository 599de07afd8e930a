//! The script of `script` in the shape *renamed*.

use bindings::exports::theater::simple::{actor, websocket_server as wire};
use bindings::theater::simple::{filesystem, runtime};
use script::Shape;

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:guest;

            world guest {
                include theater:simple/websocket-actor-with-init;
                import theater:simple/filesystem;
            }
        ",
        path: "../../../wit-core/wit/renamed",
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
            name: "renamed",
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
