//! What an inspector sees of an event: what came, and what it did.
//!
//! It is JSON of a bounded length, whatever guests and clients do.

use std::fmt::{self, Display, Write as _};

use super::{effects::Effect, ended::Ended, outgoing::Ending};
use crate::{
    beginning::beginning,
    exchange::{ActorMessage, Close, Event, EventKind, Message},
    inspection::json::{Bytes, Text},
};

/// The most bytes that are shown of a message or another payload.
const PAYLOAD: usize = 512;
/// The most outputs of an event that are shown.
const OUTPUTS: usize = 8;
/// The most bytes that are shown of why an event failed.
const FAILURE: usize = 1024;

/// What came or left: its type and its payload.
struct Part<'a> {
    ty: &'a str,
    payload: &'a [u8],
}

/// What an event did, as members of JSON: its `type`, the `connection` that it is about, its payload, the
/// microseconds and the fuel that it took, what it sends, and why it `failed`.
pub(super) fn event(event: &Event, ended: Ended<'_>, nanos: u64, fuel: u64) -> String {
    let mut json = String::with_capacity(512);
    // Writing to a string can't fail.
    let _ = write_event(&mut json, event, ended, nanos, fuel);
    json
}

/// Writes what [`event`] returns.
fn write_event(
    json: &mut String,
    event: &Event,
    ended: Ended<'_>,
    nanos: u64,
    fuel: u64,
) -> fmt::Result {
    let text = match &event.kind {
        EventKind::Request(request) => format!("{} {}", request.method, request.uri),
        EventKind::Response(answered) => answered.tag.to_string(),
        EventKind::Close(close) => self::close(close),
        EventKind::Message(_)
        | EventKind::Connect
        | EventKind::Alarm
        | EventKind::Sent(_)
        | EventKind::Asked(_)
        | EventKind::Mqtt(_) => String::new(),
        EventKind::MqttUp(broker) | EventKind::MqttDown(broker) => broker.to_string(),
    };
    let payload = match &event.kind {
        EventKind::Message(message) => message.payload(),
        EventKind::Sent(message) | EventKind::Asked(message) => &message.content,
        EventKind::Mqtt(message) => &message.payload,
        _ => text.as_bytes(),
    };
    write!(json, ",{}", Part { ty: event.kind.name(), payload })?;
    if let Some(id) = event.source.connection() {
        write!(json, ",\"connection\":{}", id.0)?;
    }
    if let EventKind::Sent(ActorMessage { from, .. })
    | EventKind::Asked(ActorMessage { from, .. }) = &event.kind
    {
        // A name has no characters that JSON would escape.
        write!(json, ",\"from\":\"{from}\"")?;
    }
    write!(json, ",\"us\":{},\"fuel\":{fuel}", nanos / 1000)?;
    match ended {
        Ended::Failed(failure) => {
            let why = failure.at(event).to_string();
            write!(json, ",\"failed\":{}", Text(beginning(&why, FAILURE)))
        }
        Ended::Committed(effects, ending) => write_outputs(json, effects, ending),
    }
}

/// Writes the list of what an event sends, and how much of it is not in the list.
fn write_outputs(json: &mut String, effects: &[Effect], ending: &Ending) -> fmt::Result {
    json.push_str(",\"out\":[");
    let mut all = 0;
    let mut output = |to: &dyn Display, ty: &str, payload: &[u8]| {
        all += 1;
        if all > OUTPUTS {
            return Ok(());
        }
        let comma = if all > 1 { "," } else { "" };
        write!(json, "{comma}{{\"to\":\"{to}\",{}}}", Part { ty, payload })
    };
    let close = |close: &Close| self::close(close);
    for effect in effects {
        match effect {
            Effect::Send { to, message } => output(&to.id(), message.name(), message.payload())?,
            Effect::Broadcast { to, message } => {
                let to = format!("{} clients", to.len());
                output(&to, message.name(), message.payload())?;
            }
            Effect::Fetch(asked) => output(&"server", "request", asked.tag().as_bytes())?,
            Effect::Message(sent) => output(&sent.to(), "send", sent.content())?,
            Effect::Publish(publishing) => {
                // The name of a broker needs no escapes.
                output(&publishing.broker(), "publish", &publishing.publication().payload)?;
            }
            Effect::Close { to, close: why } => {
                output(&to.id(), "close", close(why).as_bytes())?;
            }
        }
    }
    match ending {
        Ending::Answer(answer) => {
            let mut messages = answer.messages.iter();
            messages.try_for_each(|sent: &Message| output(&"", sent.name(), sent.payload()))?;
            if let Some(why) = &answer.close {
                output(&"", "close", close(why).as_bytes())?;
            }
        }
        Ending::Response(response) => {
            let ty = response.status.to_string();
            output(&"", &ty, response.body.as_deref().unwrap_or_default())?;
        }
        Ending::Reply(reply) => output(&"", "reply", reply)?,
        Ending::Failed { .. } => {}
    }
    write!(json, "],\"more\":{}", all.saturating_sub(OUTPUTS))
}

/// A close frame in words.
fn close(close: &Close) -> String {
    format!("{} {}", close.code.0, close.reason)
}

impl Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ty, payload } = self;
        write!(f, "\"type\":\"{ty}\",{}", Bytes { all: payload, most: PAYLOAD })
    }
}
