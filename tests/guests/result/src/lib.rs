//! The script of `script` in the shape *result*.

use bindings::exports::ntwk::theater::{actor, http_server as http, websocket_server as wire};
use bindings::ntwk::theater::{filesystem, runtime};

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:guest;

            world guest {
                include ntwk:theater/websocket-http-actor;
                import ntwk:theater/filesystem;
            }
        ",
        path: "../../../wit-core/wit/result",
        world: "local:guest/guest",
        generate_all,
    });
}

script::fallible_component!("result");
