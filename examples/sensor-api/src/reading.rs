//! A reading, and how it is stored: its key has the time and the sensor, so that readings are in
//! order of time, and its value has the number.

use crate::Refusal;

/// The prefix of all keys.
pub const PREFIX: &str = "at/";
/// For how long readings are kept, in milliseconds.
pub const KEPT: u64 = 24 * 60 * 60_000;
/// The longest name of a sensor, in bytes.
const MAX_NAME: usize = 32;
/// The longest number, in bytes.
const MAX_NUMBER: usize = 32;

/// What a sensor has measured.
pub struct Reading {
    /// In milliseconds since 1970.
    pub at: u64,
    /// The name of the sensor.
    name: String,
    /// A number in JSON, as it was sent. Nobody calculates with it here.
    value: String,
}

impl Reading {
    /// A reading that a request has sent.
    pub fn new(at: u64, name: &str, content: &[u8]) -> Result<Self, Refusal> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(is_plain) {
            return Err((400, "A sensor has a name of 1 to 32 letters, digits, `-` and `_`."));
        }
        let content = str::from_utf8(content).unwrap_or_default().trim();
        match number(content).or_else(|| member(content, "\"value\"").and_then(number)) {
            Some(value) => Ok(Self { at, name: name.to_owned(), value: value.to_owned() }),
            None => Err((400, "Send a number, or JSON such as {\"value\":21.5}.")),
        }
    }

    /// The reading of an entry.
    pub fn stored(key: &str, value: &[u8]) -> Option<Self> {
        let (at, name) = key.strip_prefix(PREFIX)?.split_once('/')?;
        let value = str::from_utf8(value).ok()?.to_owned();
        Some(Self { at: at.parse().ok()?, name: name.to_owned(), value })
    }

    /// The key before those of this time. It has as many digits as every other, so that the keys
    /// are in the order of their times.
    pub fn first_key(time: u64) -> String {
        format!("{PREFIX}{time:020}")
    }

    /// The key and the value of the entry.
    pub fn entry(&self) -> (String, Vec<u8>) {
        let key = format!("{}/{}", Self::first_key(self.at), self.name);
        (key, self.value.clone().into_bytes())
    }

    /// As JSON. A name needs no escapes.
    pub fn to_json(&self) -> String {
        format!(r#"[{},"{}",{}]"#, self.at, self.name, self.value)
    }
}

/// The value of a key of a JSON object that has only plain values.
fn member<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let members = text.strip_prefix('{')?.strip_suffix('}')?.split(',');
    let mut pairs = members.filter_map(|member| member.split_once(':'));
    pairs.find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim())
}

/// The text, if it is a number in JSON (RFC 8259, section 6).
fn number(text: &str) -> Option<&str> {
    let digits = |text: &mut &str| {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
        let found = text.len() - rest.len();
        *text = rest;
        found
    };
    let mut rest = text.strip_prefix('-').unwrap_or(text);
    let has_zero = rest.starts_with('0');
    let whole = digits(&mut rest);
    let mut fits = text.len() <= MAX_NUMBER && (whole == 1 || (whole > 1 && !has_zero));
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction;
        fits &= digits(&mut rest) > 0;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        rest = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        fits &= digits(&mut rest) > 0;
    }
    (fits && rest.is_empty()).then_some(text)
}
