//! Shows a device's load, memory and processor temperature every second.
//!
//! A client gets JSON and need not send anything. First comes an object with the device's `name`, its
//! `cores` and its `uptime` in seconds. All other JSON is a list of measurements, each a
//! list of four numbers: the time in milliseconds since 1970, the load in hundredths, the
//! memory in use in thousandths, the temperature in tenths of a degree Celsius. An unknown value
//! is `null`. A new client gets the measurements of the last minutes, then one with each tick.

mod history;
mod sensors;

use bindings::exports::ntwk::theater::websocket_server::{
    Guest, WebsocketMessage, WebsocketResponse,
};
use bindings::footlight::host::{clock, connections, files};
use bindings::ntwk::theater::runtime::log;
use connections::Payload;
use history::History;

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:dashboard;

            world dashboard {
                import footlight:host/connections@0.1.0;
                import footlight:host/clock@0.1.0;
                import footlight:host/files@0.1.0;
                import ntwk:theater/runtime;
                export ntwk:theater/websocket-server;
            }
        ",
        path: ["../../wit-core/wit/guide", "../../wit-core/wit/host"],
        world: "local:dashboard/dashboard",
        generate_all,
    });
}

/// The time between two measurements while nobody watches, in milliseconds.
const QUIET: u64 = 10_000;

/// Measures at a tick, and tells all clients. Without clients, most ticks do nothing.
fn tick(mut history: History) -> History {
    let now = clock::now();
    let watched = !connections::list(None).is_empty();
    if !watched && history.is_younger_than(QUIET, now) {
        return history;
    }
    let measured = sensors::measure(now);
    history.add(&measured);
    history.forget(now);
    if watched {
        // This can only fail at the host's limits, and the next tick tries again.
        let _ = connections::broadcast(None, &Payload::Text(format!("[{measured}]")), None);
    }
    history
}

struct Dashboard;

impl Guest for Dashboard {
    fn handle_message(message: WebsocketMessage, state: Vec<u8>) -> (Vec<u8>, WebsocketResponse) {
        // A panic is told in the log, with its place.
        std::panic::set_hook(Box::new(|panic| log(&panic.to_string())));
        let mut history = History::from(state);
        let mut messages = vec![];
        match message.message_type.as_str() {
            "alarm" => history = tick(history),
            "connect" => {
                history.forget(clock::now());
                messages.extend([sensors::machine(), history.to_json()].map(|json| {
                    WebsocketMessage { message_type: "text".into(), text: Some(json), data: None }
                }));
            }
            _ => {}
        }
        (history.into(), WebsocketResponse { messages })
    }
}

bindings::export!(Dashboard with_types_in bindings);
