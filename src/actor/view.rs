//! What an inspector sees of an actor between two events: what it keeps, its connections and counters.
//!
//! It is JSON of a bounded length, whatever guests and clients do.

use std::fmt::{self, Write as _};

use super::{clients::KnownClient, task::Actor};
use crate::{
    beginning::beginning,
    exchange::Session,
    inspection::json::{Bytes, Text},
    stats::Metric,
    world::millis,
};

/// The most bytes that are shown of the state.
const STATE: usize = 64 << 10;
/// The most bytes of the list of keys, and of the list of connections. The last entry may go past it.
const LIST: usize = 32 << 10;
/// The most tags of a connection that are shown.
const TAGS: usize = 32;
/// The most bytes that are shown of a key, a path or a tag.
const NAME: usize = 256;

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
