//! What an inspector sees of an actor: what an event did, and how the actor is afterwards.
//!
//! All of it is JSON of a bounded length, whatever guests and clients do.

use std::fmt::{self, Display, Write as _};

use super::{clients::KnownClient, effects::Effect, ended::Ended, outgoing::Ending, task::Actor};
use crate::{
    exchange::{Close, Event, EventKind, Message, Session},
    inspection::json::{Bytes, Text, beginning},
    stats::Metric,
    world::millis,
};

/// The most bytes that are shown of a message or another payload.
const PAYLOAD: usize = 512;
/// The most outputs of an event that are shown.
const OUTPUTS: usize = 8;
/// The most bytes that are shown of why an event failed.
const FAILURE: usize = 1024;
/// The most bytes that are shown of the state.
const STATE: usize = 64 << 10;
/// The most bytes of the list of keys, and of the list of connections. The last entry may go past it.
const LIST: usize = 32 << 10;
/// The most tags of a connection that are shown.
const TAGS: usize = 32;
/// The most bytes that are shown of a key, a path or a tag.
const NAME: usize = 256;

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
        EventKind::Message(_) | EventKind::Connect | EventKind::Alarm => String::new(),
    };
    let payload = match &event.kind {
        EventKind::Message(message) => message.payload(),
        _ => text.as_bytes(),
    };
    write!(json, ",{}", Part { ty: event.kind.name(), payload })?;
    if let Some(id) = event.source.connection() {
        write!(json, ",\"connection\":{}", id.0)?;
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

impl Actor {
    /// Shows how the actor is now.
    pub(super) fn show(&self) {
        if let Some(inspection) = self.lines.inspection() {
            let mut json = String::new();
            // Writing to a string can't fail.
            let _ = self.write_view(&mut json);
            inspection.show(&json);
        }
    }

    /// Writes the state, the keys, the connections, the alarm and the counters.
    fn write_view(&self, json: &mut String) -> fmt::Result {
        let host = &self.context.host;
        write!(json, ",\"actor\":{}", Text(self.lines.actor()))?;
        if let Some(state) = &self.state {
            write!(json, ",\"state\":{{{}}}", Bytes { all: state, most: STATE })?;
        }
        write!(json, ",\"keys\":{{\"all\":{}", host.storage.count())?;
        write_list(json, host.storage.entries(), |json, (key, value)| {
            write!(json, "[{},{}]", Text(beginning(key, NAME)), value.len())
        })?;
        write!(json, ",\"clients\":{{\"all\":{}", host.clients.count(None))?;
        write_list(json, host.clients.all(), write_client)?;
        if let Some(at) = host.alarm.next() {
            let left = at.saturating_duration_since(self.context.host.world.now());
            write!(json, ",\"alarm\":{}", millis(left))?;
        }
        json.push_str(",\"counters\":{");
        for Metric { name, counter, .. } in self.stats.metrics() {
            write!(json, "\"{name}\":{},", counter.get())?;
        }
        let (memory, storage) = (self.stats.memory.get(), self.stats.storage.get());
        write!(json, "\"memory\":{memory},\"storage\":{storage}}}")
    }
}

/// Writes a list as the member `list`, and ends the object.
fn write_list<T>(
    json: &mut String,
    entries: impl Iterator<Item = T>,
    write: impl Fn(&mut String, T) -> fmt::Result,
) -> fmt::Result {
    json.push_str(",\"list\":[");
    let begin = json.len();
    for entry in entries {
        if json.len() > begin {
            json.push(',');
        }
        write(json, entry)?;
        if json.len() - begin > LIST {
            break;
        }
    }
    json.push_str("]}");
    Ok(())
}

/// Writes a connection with what the actor keeps with it.
fn write_client(json: &mut String, client: &KnownClient) -> fmt::Result {
    let session: &Session = &client.session;
    let about = session.client();
    write!(
        json,
        "{{\"id\":{},\"peer\":\"{}\",\"since\":{},\"path\":{},\"attached\":{},\"tags\":[",
        session.id().0,
        about.peer,
        about.since,
        Text(beginning(&about.path, NAME)),
        client.attachment().map_or(0, <[u8]>::len),
    )?;
    let mut comma = "";
    for tag in client.tags().iter().take(TAGS) {
        write!(json, "{comma}{}", Text(beginning(tag, NAME)))?;
        comma = ",";
    }
    json.push_str("]}");
    Ok(())
}
