//! The guest of `ask` in the shape *result*.

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
        path: "../../../wit-core/wit/result",
        world: "local:guest/guest",
        generate_all,
    });
}

ask::fallible_component!();
