//! A counter that all clients share: each press of the button adds one, and everybody sees it.

// Made from the folder wit. After a change there, make it anew:
//   cargo install wit-bindgen-cli@0.63.0
//   wit-bindgen rust wit --world actor --generate-all --format --out-dir src
//   mv src/actor.rs src/bindings.rs
mod bindings;
#[cfg(test)]
mod testing;

use bindings::exports::ntwk::theater::websocket_server::{
    Guest, WebsocketMessage, WebsocketResponse,
};
use bindings::footlight::host::connections::Payload;
#[cfg(not(test))]
use bindings::{footlight::host::connections, ntwk::theater::runtime::log};
#[cfg(test)]
use testing::{connections, log};

struct Actor;

bindings::export!(Actor with_types_in bindings);

impl Guest for Actor {
    /// Handles one event of one client. Returns the new state, and the answer to that client.
    ///
    /// The state is the count. It is all that remains until the next call.
    fn handle_message(message: WebsocketMessage, state: Vec<u8>) -> (Vec<u8>, WebsocketResponse) {
        log_panics();
        let mut count = state.as_slice().try_into().map_or(0, u64::from_le_bytes);
        let mut messages = vec![];
        match (message.message_type.as_str(), message.text.as_deref()) {
            ("connect", _) => messages.push(text(count.to_string())),
            ("text", Some("add")) => {
                count += 1;
                let news = Payload::Text(count.to_string());
                if let Err(why) = connections::broadcast(None, &news, None) {
                    log(&format!("not everybody knows the count: {why:?}"));
                }
            }
            _ => {}
        }
        (count.to_le_bytes().into(), WebsocketResponse { messages })
    }
}

/// Has the log say where and why the actor panicked. Otherwise it only says `unreachable`.
fn log_panics() {
    if cfg!(not(test)) {
        std::panic::set_hook(Box::new(|panic| log(&panic.to_string())));
    }
}

/// A text message.
fn text(text: String) -> WebsocketMessage {
    WebsocketMessage {
        message_type: "text".into(),
        text: Some(text),
        data: None,
    }
}

// `cargo test` runs these on this machine.
#[cfg(test)]
mod tests {
    use super::*;

    /// Gives the actor an event. Returns the new state, and the texts of the answer.
    fn event(kind: &str, text: &str, state: Vec<u8>) -> (Vec<u8>, Vec<String>) {
        let message = WebsocketMessage {
            message_type: kind.into(),
            text: Some(text.into()),
            data: None,
        };
        let (state, answer) = Actor::handle_message(message, state);
        let texts = answer.messages.into_iter().filter_map(|it| it.text);
        (state, texts.collect())
    }

    #[test]
    fn everybody_sees_what_one_has_added() {
        let (state, answer) = event("connect", "", vec![]);
        assert_eq!(answer, ["0"]);
        let (state, _) = event("text", "add", state);
        let sent = testing::host(|host| host.sent.pop());
        assert_eq!(sent, Some((None, "1".into())));
        assert_eq!(event("connect", "", state).1, ["1"]);
    }
}
