//! The guest of `mail` in the shape *result*.

use bindings::exports::ntwk::theater::{message_server_client as client, websocket_server as wire};
use bindings::ntwk::theater::message_server_host as host;

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:guest;

            world guest {
                import ntwk:theater/message-server-host;
                export ntwk:theater/message-server-client;
                export ntwk:theater/websocket-server;
            }
        ",
        path: "../../../wit-core/wit/result",
        world: "local:guest/guest",
        generate_all,
    });
}

mail::variant_messages!();
mail::fallible_component!();
