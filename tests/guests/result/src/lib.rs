//! The script of `script` in the shape *result*.

use bindings::exports::ntwk::theater::{actor, websocket_server as wire};
use bindings::ntwk::theater::{filesystem, runtime};

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

script::fallible_component!("result");
