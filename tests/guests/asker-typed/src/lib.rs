//! The guest of `ask` in the shape *typed*.

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
        path: "../../../wit-core/wit/typed",
        world: "local:guest/guest",
        generate_all,
    });
}

ask::variant_messages!(wire);
ask::plain_component!();
