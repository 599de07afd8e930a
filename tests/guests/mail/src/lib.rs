//! What the guests do that send messages to each other, in every shape of the interface.
//!
//! The state is a text: what a guest has got, with a space after each message.
//!
//! | a client's text | what happens |
//! |---|---|
//! | `seen` | text: the state |
//! | `send TO MESSAGE` | `send`; text: `sent`, or the error |
//! | `burst N TO MESSAGE` | `send` so often, with `MESSAGE0` and so on; text: how many were accepted, and the last error |
//! | `big N TO` | `send` of so many bytes; text: `sent`, or the error |
//! | `trap TO MESSAGE` | `send`, then a trap |
//! | `request TO MESSAGE` | `request`; text: the reply, or the error |
//! | `large N TO` | `request` of so many bytes; text: the length of the reply, or the error |
//! | `spin N` | nothing, for a while |
//!
//! A connecting client gets `ready`.
//!
//! | a message | what happens |
//! |---|---|
//! | `trap` | a trap |
//! | `send TO MESSAGE` | `send` |
//! | others | the state gets it |
//!
//! | a request | what happens |
//! |---|---|
//! | `trap` | a trap |
//! | `request TO MESSAGE` | `request`; the reply is that of the other one after `TO: `, or the error |
//! | `size N` | a reply of so many bytes |
//! | `spin N` | as above, then an empty reply |
//! | others | the state gets it, and the reply is `got MESSAGE` |

use std::hint::black_box;

/// `send` and `request` of a shape.
pub struct Host {
    pub send: fn(&str, &[u8]) -> Result<(), String>,
    pub request: fn(&str, &[u8]) -> Result<Vec<u8>, String>,
}

impl Host {
    /// Asks another actor. The reply, or the error.
    fn ask(&self, to: &str, message: &[u8]) -> String {
        let reply = (self.request)(to, message);
        reply.map_or_else(|error| error, |reply| String::from_utf8_lossy(&reply).into_owned())
    }

    /// Sends a message. `sent`, or the error.
    fn sent(&self, to: &str, message: &[u8]) -> String {
        (self.send)(to, message).map_or_else(|error| error, |()| "sent".to_owned())
    }

    /// Handles a client's event. The texts of the answer.
    pub fn message(&self, text: Option<&str>, state: &[u8]) -> Vec<String> {
        let Some(text) = text else { return vec!["ready".to_owned()] };
        let (first, rest) = split(text);
        let (second, last) = split(rest);
        vec![match first {
            "seen" => String::from_utf8_lossy(state).into_owned(),
            "send" => self.sent(second, last.as_bytes()),
            "burst" => {
                let (to, message) = split(last);
                let (mut accepted, mut error) = (0, String::new());
                for index in 0..number(second) {
                    match (self.send)(to, format!("{message}{index}").as_bytes()) {
                        Ok(()) => accepted += 1,
                        Err(why) => error = why,
                    }
                }
                format!("{accepted} {error}")
            }
            "big" => self.sent(last, &vec![b'x'; number(second)]),
            "trap" => {
                let _ = (self.send)(second, last.as_bytes());
                panic!("asked to")
            }
            "request" => self.ask(second, last.as_bytes()),
            "large" => {
                let reply = (self.request)(last, &vec![b'x'; number(second)]);
                reply.map_or_else(|error| error, |reply| reply.len().to_string())
            }
            "spin" => spin(second),
            other => other.to_owned(),
        }]
    }

    /// Handles another actor's message. The new state.
    pub fn handle_send(&self, message: &[u8], mut state: Vec<u8>) -> Vec<u8> {
        let text = String::from_utf8_lossy(message);
        let (first, rest) = split(&text);
        match first {
            "trap" => panic!("asked to"),
            "send" => {
                let (to, message) = split(rest);
                let _ = (self.send)(to, message.as_bytes());
            }
            _ => {
                state.extend_from_slice(message);
                state.push(b' ');
            }
        }
        state
    }

    /// Handles another actor's request. The reply and the new state.
    pub fn handle_request(&self, message: &[u8], mut state: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
        let text = String::from_utf8_lossy(message);
        let (first, rest) = split(&text);
        let reply = match first {
            "trap" => panic!("asked to"),
            "request" => {
                let (to, message) = split(rest);
                format!("{to}: {}", self.ask(to, message.as_bytes())).into_bytes()
            }
            "size" => vec![b'x'; number(rest)],
            "spin" => spin(rest).into_bytes(),
            _ => {
                state.extend_from_slice(message);
                state.push(b' ');
                format!("got {text}").into_bytes()
            }
        };
        (reply, state)
    }
}

/// The first word, and the rest.
fn split(text: &str) -> (&str, &str) {
    text.split_once(' ').unwrap_or((text, ""))
}

fn number(text: &str) -> usize {
    text.parse().unwrap_or(0)
}

/// Computes for a while.
fn spin(number: &str) -> String {
    for index in 0..self::number(number) {
        black_box(index);
    }
    String::new()
}

/// The component of a shape whose functions return a `result`. The guest has a `text` and a `to_wire`.
#[macro_export]
macro_rules! fallible_component {
    () => {
        const HOST: $crate::Host = $crate::Host { send: host::send, request: host::request };

        struct Component;

        impl wire::Guest for Component {
            fn handle_message(
                state: Option<Vec<u8>>,
                (message,): (wire::WebsocketMessage,),
            ) -> Result<(Option<Vec<u8>>, (wire::WebsocketResponse,)), String> {
                let messages = match is_told(&message) {
                    true => HOST.message(message.text.as_deref(), state.as_deref().unwrap_or_default()),
                    false => vec![],
                };
                let messages = messages.into_iter().map(to_wire).collect();
                Ok((state, (wire::WebsocketResponse { messages },)))
            }
        }

        impl client::Guest for Component {
            fn handle_send(
                state: Option<Vec<u8>>,
                (message,): (Vec<u8>,),
            ) -> Result<(Option<Vec<u8>>,), String> {
                if message == b"refuse" {
                    return Err("asked to".to_owned());
                }
                Ok((Some(HOST.handle_send(&message, state.unwrap_or_default())),))
            }

            fn handle_request(
                state: Option<Vec<u8>>,
                (message,): (Vec<u8>,),
            ) -> Result<(Option<Vec<u8>>, (Vec<u8>,)), String> {
                if message == b"refuse" {
                    return Err("asked to".to_owned());
                }
                let (reply, state) = HOST.handle_request(&message, state.unwrap_or_default());
                Ok((Some(state), (reply,)))
            }
        }

        bindings::export!(Component with_types_in bindings);
    };
}

/// The component of a shape whose functions return their values as they are. The guest has an
/// `is_told` and a `to_wire`.
#[macro_export]
macro_rules! plain_component {
    () => {
        const HOST: $crate::Host = $crate::Host { send: host::send, request: host::request };

        struct Component;

        impl wire::Guest for Component {
            fn handle_message(
                message: wire::WebsocketMessage,
                state: Vec<u8>,
            ) -> (Vec<u8>, wire::WebsocketResponse) {
                let messages = match is_told(&message) {
                    true => HOST.message(message.text.as_deref(), &state),
                    false => vec![],
                };
                let messages = messages.into_iter().map(to_wire).collect();
                (state, wire::WebsocketResponse { messages })
            }
        }

        impl client::Guest for Component {
            fn handle_send(message: Vec<u8>, state: Vec<u8>) -> Vec<u8> {
                HOST.handle_send(&message, state)
            }

            fn handle_request(message: Vec<u8>, state: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
                HOST.handle_request(&message, state)
            }
        }

        bindings::export!(Component with_types_in bindings);
    };
}

/// Makes `is_told` and `to_wire` for the shapes whose message type is a variant.
#[macro_export]
macro_rules! variant_messages {
    () => {
        /// Whether a client has connected or sent a text.
        fn is_told(message: &wire::WebsocketMessage) -> bool {
            matches!(message.ty, wire::MessageType::Text | wire::MessageType::Connect)
        }

        fn to_wire(text: String) -> wire::WebsocketMessage {
            wire::WebsocketMessage { ty: wire::MessageType::Text, data: None, text: Some(text) }
        }
    };
}
