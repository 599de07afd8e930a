//! What actors have stored, as JSON that a person can read and `import` reads back.
//!
//! ```json
//! {
//!   "format": 1,
//!   "blocks": 3,
//!   "actors": {
//!     "notes": {
//!       "state": "text",
//!       "keys": { "a": "text", "b": { "base64": "AP8=" } },
//!       "alarm": { "at": 1767225600000, "left": 5000 },
//!       "open": [17]
//!     }
//!   }
//! }
//! ```
//!
//! Bytes that are UTF-8 are a string, and others are in `base64`. `alarm` has the moment in
//! milliseconds since 1970, and how many milliseconds were left. `open` has the connections whose end
//! the actor has not been told, and `blocks` says which numbers of connections were used.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use data_encoding::BASE64;
use footlight_store::{Contents, StoredAlarm};
use serde_json::{Map, Value, json};

use crate::manifest::is_name;

/// The number of this form. A later form that this version can't read gets another one.
const FORMAT: u64 = 1;

/// The most blocks of numbers that connections can have used.
const MAX_BLOCKS: u64 = 1 << 33;
/// The largest number of a connection.
const MAX_CONNECTION: u64 = (1 << 53) - 1;

/// What is stored of several actors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Exported {
    /// How many blocks of numbers connections have used.
    pub(super) blocks: u64,
    /// The actors by name.
    pub(super) actors: BTreeMap<Box<str>, Contents>,
}

/// A mistake in such JSON: its place and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake(pub(super) String);

impl Exported {
    /// The text, which ends with a line break.
    pub(super) fn text(&self) -> String {
        let actors = self.actors.iter().map(|(name, one)| (name.to_string(), write(one)));
        let actors: Map<_, _> = actors.collect();
        format!("{:#}\n", json!({ "format": FORMAT, "blocks": self.blocks, "actors": actors }))
    }

    /// Reads such a text.
    ///
    /// # Errors
    /// The first mistake.
    pub(super) fn read(text: &str) -> Result<Self, Mistake> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| Mistake(format!("not JSON: {error}")))?;
        let mut root = Object::new(value, "")?;
        match root.take("format").and_then(|format| format.as_u64()) {
            Some(FORMAT) => {}
            _ => return Err(root.mistake("format", "is not 1; this version reads no other form")),
        }
        let blocks = root.take("blocks");
        let blocks = blocks.map_or(Ok(0), |value| number(&value, "blocks", MAX_BLOCKS))?;
        let actors = root.take("actors").ok_or_else(|| root.mistake("actors", "is missing"))?;
        root.finish()?;
        let mut exported = Self { blocks, actors: BTreeMap::new() };
        for (name, value) in Object::new(actors, "actors")?.entries {
            let place = format!("actors.{name}");
            if !is_name(&name) {
                return Err(wrong(&place, "an actor can't have this name"));
            }
            exported.actors.insert(name.into(), read(Object::new(value, &place)?)?);
        }
        Ok(exported)
    }
}

/// What is stored of one actor, as JSON. What it does not have is left out.
fn write(contents: &Contents) -> Value {
    let Contents { state, alarm, keys, open } = contents;
    let mut entries = Map::new();
    if let Some(state) = state {
        entries.insert("state".into(), write_bytes(state));
    }
    if let Some(StoredAlarm { at, left }) = alarm {
        entries.insert("alarm".into(), json!({ "at": at, "left": left }));
    }
    if !keys.is_empty() {
        let keys = keys.iter().map(|(key, value)| (key.to_string(), write_bytes(value)));
        entries.insert("keys".into(), keys.collect::<Map<_, _>>().into());
    }
    if !open.is_empty() {
        entries.insert("open".into(), open.iter().copied().collect());
    }
    entries.into()
}

/// Reads what [`write()`] has written.
fn read(mut object: Object) -> Result<Contents, Mistake> {
    let mut contents = Contents::default();
    if let Some(state) = object.take("state") {
        contents.state = Some(read_bytes(state, &object.place("state"))?);
    }
    if let Some(alarm) = object.take("alarm") {
        let mut alarm = Object::new(alarm, &object.place("alarm"))?;
        let mut field = |key| {
            let value = alarm.take(key).ok_or_else(|| alarm.mistake(key, "is missing"))?;
            number(&value, &alarm.place(key), u64::MAX)
        };
        contents.alarm = Some(StoredAlarm { at: field("at")?, left: field("left")? });
        alarm.finish()?;
    }
    if let Some(keys) = object.take("keys") {
        for (key, value) in Object::new(keys, &object.place("keys"))?.entries {
            let place = format!("{}.{key}", object.place("keys"));
            contents.keys.insert(key.into(), read_bytes(value, &place)?);
        }
    }
    if let Some(open) = object.take("open") {
        let place = object.place("open");
        let items = open.as_array().ok_or_else(|| wrong(&place, "is not a list"))?;
        let numbers = items.iter().map(|item| number(item, &place, MAX_CONNECTION));
        contents.open = numbers.collect::<Result<BTreeSet<u64>, _>>()?;
    }
    object.finish()?;
    Ok(contents)
}

/// Bytes as a string, or in base64 if they are not UTF-8.
fn write_bytes(bytes: &Bytes) -> Value {
    match str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => json!({ "base64": BASE64.encode(bytes) }),
    }
}

/// Reads what [`write_bytes()`] has written.
fn read_bytes(value: Value, place: &str) -> Result<Bytes, Mistake> {
    if let Value::String(text) = value {
        return Ok(text.into());
    }
    let both = "is neither a string nor {\"base64\": \"...\"}";
    let mut object = Object::new(value, place).map_err(|_| wrong(place, both))?;
    let encoded = object.take("base64");
    let encoded = encoded.as_ref().and_then(Value::as_str).ok_or_else(|| wrong(place, both))?;
    object.finish()?;
    let bytes = BASE64.decode(encoded.as_bytes());
    bytes.map(Bytes::from).map_err(|error| wrong(place, &format!("is not base64: {error}")))
}

/// A whole number from 0 to `most`.
fn number(value: &Value, place: &str, most: u64) -> Result<u64, Mistake> {
    let number = value.as_u64().filter(|number| *number <= most);
    number.ok_or_else(|| wrong(place, &format!("is not a whole number from 0 to {most}")))
}

/// A mistake at a place.
fn wrong(place: &str, problem: &str) -> Mistake {
    // Keys come from an actor, and must not break the line.
    Mistake(format!("{}: {problem}", place.escape_debug()))
}

/// An object whose entries are taken one by one, so that none is overlooked.
struct Object {
    /// Its place, empty for the root.
    place: String,
    /// The entries that were not taken yet.
    entries: Map<String, Value>,
}

impl Object {
    /// Takes a value for an object.
    fn new(value: Value, place: &str) -> Result<Self, Mistake> {
        match value {
            Value::Object(entries) => Ok(Self { place: place.into(), entries }),
            _ if place.is_empty() => Err(Mistake("is not an object".into())),
            _ => Err(wrong(place, "is not an object")),
        }
    }

    /// Takes an entry out.
    fn take(&mut self, key: &str) -> Option<Value> {
        self.entries.remove(key)
    }

    /// The place of an entry.
    fn place(&self, key: &str) -> String {
        let dot = if self.place.is_empty() { "" } else { "." };
        format!("{}{dot}{key}", self.place)
    }

    /// A mistake in an entry.
    fn mistake(&self, key: &str, problem: &str) -> Mistake {
        wrong(&self.place(key), problem)
    }

    /// Refuses the entries that are left.
    fn finish(self) -> Result<(), Mistake> {
        match self.entries.keys().next() {
            Some(key) => Err(self.mistake(key, "is unknown here")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
