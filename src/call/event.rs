//! Reads an event, which the command line and files write in different ways.

use serde_json::Value;

use super::{
    http, messages, mqtt,
    step::{CLIENT, Handshake, Step, close, control},
};
use crate::{
    exchange::{Close, EventKind, Message},
    state::json::Object,
};

/// The longest name of a client, in bytes.
const MAX_NAME: usize = 64;
/// The keys that every line may have, whatever its event is.
const COMMON: [&str; 7] = ["event", "now", "advance", "random", "files", "answers", "actors"];

/// Reads the event of an object, if it has one. `known` are the clients that were named before.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(object: &Object<'_>, known: &mut Vec<String>) -> Result<Option<Step>, String> {
    let name = match object.text("event")? {
        Some(name) => name,
        None if object.get("text").is_some() => "text",
        None if object.get("data").is_some() => "binary",
        None => {
            object.only(&COMMON)?;
            return Ok(None);
        }
    };
    // The keys that only this event has.
    let own: &[&str] = match name {
        "connect" => &["client", "path", "query", "peer", "subprotocol"],
        "text" => &["client", "text"],
        "binary" | "ping" | "pong" => &["client", "data"],
        "close" => &["client", "code", "reason"],
        "http" => &["method", "path", "query", "headers", "body"],
        "send" | "request" => &["from", "data"],
        "mqtt" => &["broker", "topic", "payload", "qos", "retained"],
        "mqtt-up" => &["broker"],
        "mqtt-down" => &["broker", "reason"],
        "alarm" => &[],
        other => {
            return Err(format!(
                "event: there is no event {other:?}; use connect, text, binary, ping, pong, close, \
                 http, send, request, mqtt, mqtt-up, mqtt-down or alarm"
            ));
        }
    };
    object.only(&[&COMMON, own].concat())?;
    match name {
        "alarm" => return Ok(Some(Step::Alarm)),
        "http" => return http::read_request(object).map(Some),
        "mqtt" | "mqtt-up" | "mqtt-down" => return Ok(Some(mqtt::read(object, name)?)),
        "send" | "request" => return Ok(Some(messages::read(object, name == "request")?)),
        _ => {}
    }
    let client = match object.get("client") {
        None => CLIENT.to_owned(),
        Some(Value::Number(number)) if number.is_u64() => number.to_string(),
        Some(Value::String(name)) if is_name(name) => name.clone(),
        Some(_) => {
            let problem = "is neither a number nor a name of ASCII letters, digits, `-` and `_`";
            return Err(object.mistake("client", problem).into());
        }
    };
    know(&client, known);
    let needs = |key| object.mistake(key, "is missing");
    let data = object.bytes("data")?;
    let message = match name {
        "connect" => {
            let peer = object.text("peer")?.map(|peer| {
                peer.parse().map_err(|_| "peer: is no address such as \"192.0.2.1:50000\"")
            });
            let handshake = Handshake {
                path: object.text("path")?.map(Into::into),
                query: object.text("query")?.unwrap_or_default().into(),
                peer: peer.transpose()?,
                subprotocol: object.text("subprotocol")?.map(Into::into),
            };
            return Ok(Some(Step::Connect(client, handshake)));
        }
        "close" => {
            let code = object.number("code", u16::MAX.into())?;
            let code = code.and_then(|code| u16::try_from(code).ok());
            let reason = object.text("reason")?.unwrap_or_default();
            let kind = close(code.unwrap_or(Close::NO_STATUS.code.0), reason)?;
            return Ok(Some(Step::Client(client, kind)));
        }
        "text" => Message::Text(object.text("text")?.ok_or_else(|| needs("text"))?.into()),
        "binary" => Message::Binary(data.ok_or_else(|| needs("data"))?),
        "ping" => Message::Ping(control(data.unwrap_or_default())?),
        _ => Message::Pong(control(data.unwrap_or_default())?),
    };
    Ok(Some(Step::Client(client, EventKind::Message(message))))
}

/// Adds a client to those that are known.
fn know(client: &str, known: &mut Vec<String>) {
    if known.iter().all(|name| name != client) {
        known.push(client.to_owned());
    }
}

/// Whether a client may have this name.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(allowed)
}
