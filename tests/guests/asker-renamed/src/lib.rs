//! The guest of `ask` in the shape *renamed*.

use bindings::exports::theater::simple::websocket_server as wire;
use bindings::theater::simple::http_client;

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:guest;

            world guest {
                import theater:simple/http-client;
                export theater:simple/websocket-server;
            }
        ",
        path: "../../../wit-core/wit/renamed",
        world: "local:guest/guest",
        generate_all,
    });
}

ask::fallible_component!();
