//! The script of `script` in the shape *typed*.

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
        path: "../../../wit-core/wit/typed",
        world: "local:guest/guest",
        generate_all,
    });
}

script::variant_messages!(wire);
script::plain_component!("typed", filesystem::read_file);
