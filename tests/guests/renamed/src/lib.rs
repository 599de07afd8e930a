//! The script of `script` in the shape *renamed*.

use bindings::exports::theater::simple::{actor, http_server as http, websocket_server as wire};
use bindings::theater::simple::{filesystem, runtime};

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:guest;

            world guest {
                include theater:simple/websocket-http-actor;
                import theater:simple/filesystem;
            }
        ",
        path: "../../../wit-core/wit/renamed",
        world: "local:guest/guest",
        generate_all,
    });
}

script::fallible_component!("renamed");
