//! The guest of `mail` in the shape *renamed*.

use bindings::exports::theater::simple::{
    message_server_client as client, websocket_server as wire,
};
use bindings::theater::simple::message_server_host as host;

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:guest;

            world guest {
                import theater:simple/message-server-host;
                export theater:simple/message-server-client;
                export theater:simple/websocket-server;
            }
        ",
        path: "../../../wit-core/wit/renamed",
        world: "local:guest/guest",
        generate_all,
    });
}

mail::variant_messages!();
mail::fallible_component!();
