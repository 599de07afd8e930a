//! What actors have stored, as JSON that a person can read and `import` reads back.
//!
//! ```json
//! {
//!   "format": 1,
//!   "blocks": 3,
//!   "actors": {
//!     "notes": {
//!       "state": "text",
//!       "keys": { "a": "text", "b": { "hex": "00ff" } },
//!       "alarm": { "at": 1767225600000, "left": 5000 },
//!       "open": [17],
//!       "host": "0:4:test"
//!     }
//!   }
//! }
//! ```
//!
//! Bytes that are UTF-8 are a string, and others have two hexadecimal digits for each. `alarm` has the moment in
//! milliseconds since 1970, and how many milliseconds were left. `open` has the connections whose end
//! the actor has not been told, and `host` what the host stores beside its keys: the requests to servers
//! that have no answer. `blocks` says which numbers of connections were used.

use bytes::Bytes;
use footlight_store::{BLOCK_SIZE, Contents, HOST_KEY, StoredAlarm};
use serde_json::{Map, Value};

use crate::{convert::hex, manifest::is_name};

/// The number of this form. A later form that this version can't read gets another one.
const FORMAT: u64 = 1;

/// The longest key in bytes: the highest `limits.storage_key`.
const MAX_KEY: usize = 4096;
/// The most blocks of numbers that an import may say to be used: half of all. The others are for the
/// starts to come.
const MAX_BLOCKS: u64 = 1 << 32;
/// The largest number of a connection.
const MAX_CONNECTION: u64 = MAX_BLOCKS * BLOCK_SIZE - 1;

/// What such JSON has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Imported {
    /// How many blocks of numbers connections have used.
    pub(super) blocks: u64,
    /// The actors with their names.
    pub(super) actors: Vec<(Box<str>, Contents)>,
}

/// A mistake in such JSON: its place and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake(pub(crate) String);

impl From<Mistake> for String {
    fn from(mistake: Mistake) -> Self {
        mistake.0
    }
}

/// The text for these actors, which ends with a line break.
pub(super) fn write(blocks: u64, actors: &[(&str, &Contents)]) -> String {
    let mut entries = Map::new();
    for (name, contents) in actors {
        set(&mut entries, name, write_actor(contents));
    }
    let mut root = Map::new();
    set(&mut root, "format", FORMAT.into());
    set(&mut root, "blocks", blocks.into());
    set(&mut root, "actors", entries.into());
    format!("{:#}\n", Value::from(root))
}

/// Reads such a text.
///
/// # Errors
/// The first mistake.
pub(super) fn read(text: &str) -> Result<Imported, Mistake> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| Mistake(format!("not JSON: {error}")))?;
    let root = Object::new(&value, "")?;
    if root.get("format").and_then(Value::as_u64) != Some(FORMAT) {
        return Err(root.mistake("format", "is not 1; this version reads no other form"));
    }
    let blocks = root.get("blocks");
    let blocks = blocks.map_or(Ok(0), |value| number(value, "blocks", MAX_BLOCKS))?;
    let actors = root.object("actors")?.ok_or_else(|| root.mistake("actors", "is missing"))?;
    root.only(&["format", "blocks", "actors"])?;
    let mut imported = Imported { blocks, actors: Vec::new() };
    for (name, value) in actors.entries {
        let place = actors.place(name);
        if !is_name(name) {
            return Err(wrong(&place, "an actor can't have this name"));
        }
        let contents = read_actor(&Object::new(value, &place)?)?;
        // A number that is open was used, so its block was.
        let used = contents.open.last().map_or(0, |number| number / BLOCK_SIZE + 1);
        imported.blocks = imported.blocks.max(used);
        imported.actors.push((name.as_str().into(), contents));
    }
    Ok(imported)
}

/// What is stored of one actor, as JSON. What it does not have is left out.
fn write_actor(contents: &Contents) -> Value {
    let Contents { origin, state, alarm, keys, open } = contents;
    let mut entries = Map::new();
    if let Some(origin) = origin {
        set(&mut entries, "module", write_bytes(origin));
    }
    if let Some(state) = state {
        set(&mut entries, "state", write_bytes(state));
    }
    if let Some(StoredAlarm { at, left }) = alarm {
        let mut alarm = Map::new();
        set(&mut alarm, "at", (*at).into());
        set(&mut alarm, "left", (*left).into());
        set(&mut entries, "alarm", alarm.into());
    }
    let mut values = Map::new();
    for (key, value) in keys {
        if **key == *HOST_KEY {
            set(&mut entries, "host", write_bytes(value));
        } else {
            set(&mut values, key, write_bytes(value));
        }
    }
    if !values.is_empty() {
        set(&mut entries, "keys", values.into());
    }
    if !open.is_empty() {
        let numbers: Vec<_> = open.iter().map(|number| Value::from(*number)).collect();
        set(&mut entries, "open", numbers.into());
    }
    entries.into()
}

/// Reads what [`write_actor()`] has written.
fn read_actor(object: &Object<'_>) -> Result<Contents, Mistake> {
    let mut contents = Contents { state: object.bytes("state")?, ..Contents::default() };
    if let Some(module) = object.bytes("module")? {
        let origin = module.as_ref().try_into();
        contents.origin =
            Some(origin.map_err(|_| object.mistake("module", "is not 20 bytes long"))?);
    }
    if let Some(alarm) = object.object("alarm")? {
        let field = |key| {
            let number = alarm.number(key, u64::MAX)?;
            number.ok_or_else(|| alarm.mistake(key, "is missing"))
        };
        contents.alarm = Some(StoredAlarm { at: field("at")?, left: field("left")? });
        alarm.only(&["at", "left"])?;
    }
    if let Some(keys) = object.object("keys")? {
        for (key, value) in keys.entries {
            if !(1..=MAX_KEY).contains(&key.len()) {
                return Err(wrong(
                    &object.place("keys"),
                    "has a key without or with more than 4096 bytes",
                ));
            }
            let value = read_bytes(value, &keys.place(key))?;
            contents.keys.insert(key.as_str().into(), value);
        }
    }
    if let Some(host) = object.bytes("host")? {
        contents.keys.insert(HOST_KEY.into(), host);
    }
    if let Some(open) = object.get("open") {
        let place = object.place("open");
        for item in open.as_array().ok_or_else(|| wrong(&place, "is not a list"))? {
            contents.open.insert(number(item, &place, MAX_CONNECTION)?);
        }
    }
    object.only(&["module", "state", "alarm", "keys", "open", "host"])?;
    Ok(contents)
}

/// Sets an entry.
// There are so many calls that copies of it would be large.
#[inline(never)]
pub(crate) fn set(object: &mut Map<String, Value>, key: &str, value: Value) {
    object.insert(key.into(), value);
}

/// Bytes as a string, or in hexadecimal if they are not UTF-8.
pub(crate) fn write_bytes(bytes: &[u8]) -> Value {
    if let Ok(text) = str::from_utf8(bytes) {
        return text.into();
    }
    let mut object = Map::new();
    set(&mut object, "hex", hex(bytes).into());
    object.into()
}

/// Reads what [`write_bytes()`] has written.
pub(crate) fn read_bytes(value: &Value, place: &str) -> Result<Bytes, Mistake> {
    if let Some(text) = value.as_str() {
        return Ok(Bytes::copy_from_slice(text.as_bytes()));
    }
    let both = "is neither a string nor {\"hex\": \"00ff\"}, with two digits for each byte";
    let object = Object::new(value, place).map_err(|_| wrong(place, both))?;
    let bytes = object.get("hex").and_then(|digits| from_hex(digits.as_str()?));
    let bytes = bytes.ok_or_else(|| wrong(place, both))?;
    object.only(&["hex"])?;
    Ok(bytes.into())
}

/// Reads bytes in hexadecimal.
pub(crate) fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = digits.as_bytes().chunks(2).map(|pair| match *pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    pairs.collect()
}

/// A whole number from 0 to `most`.
pub(crate) fn number(value: &Value, place: &str, most: u64) -> Result<u64, Mistake> {
    let number = value.as_u64().filter(|number| *number <= most);
    number.ok_or_else(|| wrong(place, &format!("is not a whole number from 0 to {most}")))
}

/// A mistake at a place.
pub(crate) fn wrong(place: &str, problem: &str) -> Mistake {
    // Keys come from an actor, and must not break the line.
    Mistake(format!("{}: {problem}", place.escape_debug()))
}

/// An object and its place.
pub(crate) struct Object<'v> {
    /// Its place, empty for the root.
    pub(crate) place: String,
    /// Its entries.
    pub(crate) entries: &'v Map<String, Value>,
}

impl<'v> Object<'v> {
    /// Takes a value for an object.
    pub(crate) fn new(value: &'v Value, place: &str) -> Result<Self, Mistake> {
        match value.as_object() {
            Some(entries) => Ok(Self { place: place.into(), entries }),
            None if place.is_empty() => Err(Mistake("is not an object".into())),
            None => Err(wrong(place, "is not an object")),
        }
    }

    /// An entry.
    pub(crate) fn get(&self, key: &str) -> Option<&'v Value> {
        self.entries.get(key)
    }

    /// An entry that is a text.
    #[inline(never)]
    pub(crate) fn text(&self, key: &str) -> Result<Option<&'v str>, Mistake> {
        let Some(value) = self.get(key) else { return Ok(None) };
        value.as_str().map(Some).ok_or_else(|| self.mistake(key, "is not a string"))
    }

    /// An entry that has bytes.
    #[inline(never)]
    pub(crate) fn bytes(&self, key: &str) -> Result<Option<Bytes>, Mistake> {
        self.get(key).map(|value| read_bytes(value, &self.place(key))).transpose()
    }

    /// An entry that is a whole number from 0 to `most`.
    #[inline(never)]
    pub(crate) fn number(&self, key: &str, most: u64) -> Result<Option<u64>, Mistake> {
        self.get(key).map(|value| number(value, &self.place(key), most)).transpose()
    }

    /// An entry that is an object.
    #[inline(never)]
    pub(crate) fn object(&self, key: &str) -> Result<Option<Object<'v>>, Mistake> {
        self.get(key).map(|value| Object::new(value, &self.place(key))).transpose()
    }

    /// The place of an entry.
    pub(crate) fn place(&self, key: &str) -> String {
        let dot = if self.place.is_empty() { "" } else { "." };
        [&self.place, dot, key].concat()
    }

    /// A mistake in an entry.
    #[inline(never)]
    pub(crate) fn mistake(&self, key: &str, problem: &str) -> Mistake {
        wrong(&self.place(key), problem)
    }

    /// Refuses entries other than these.
    #[inline(never)]
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Mistake> {
        match self.entries.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(self.mistake(key, "is unknown here")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
