//! The client identifier, by which a broker knows its clients. Two clients with the same one push each
//! other out (MQTT 5.0, section 3.1.4).
//!
//! Fleets are copies of one card, so the manifest's text may have placeholders for what differs.

use std::{fmt, fs, io};

use sha1::{Digest as _, Sha1};

use crate::{convert::hex, server::names};

/// The longest identifier in bytes. Brokers have to take 23, and usually take more (section 3.1.3.1).
const MAX: usize = 128;
/// The identifier of actors whose manifest has none, before the actor's name.
const DEFAULT: &str = "footlight-{hostname}-";
/// What a placeholder stands for.
const PLACEHOLDERS: [&str; 2] = ["hostname", "machine-id"];
/// Has the machine's identifier (`machine-id(5)`).
const MACHINE_ID: &str = "/etc/machine-id";

/// Why a text is no client identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ClientIdError {
    /// It is empty or too long.
    Length,
    /// It has a character that brokers may refuse.
    Character(char),
    /// It has braces around something else than a placeholder's name, or one brace alone.
    Placeholder(String),
}

/// Checks a client identifier that may have placeholders.
///
/// # Errors
/// See [`ClientIdError`].
pub(super) fn check(text: &str) -> Result<(), ClientIdError> {
    if !(1..=MAX).contains(&text.len()) {
        return Err(ClientIdError::Length);
    }
    fill_with(text, &mut |_| Ok(String::new())).map(drop)
}

/// The client identifier of an actor on this machine. `text` was checked.
///
/// # Errors
/// The machine has no identifier, or the text is too long with what it stands for.
pub(crate) fn fill(text: Option<&str>, actor: &str) -> Result<String, String> {
    let text = text.map_or_else(|| format!("{DEFAULT}{actor}"), String::from);
    let mut failed = None;
    let filled = fill_with(&text, &mut |name| {
        if name == "hostname" {
            // A system may have a name of other characters.
            return Ok(names::machine().replace(|c| !is_allowed(c), "-"));
        }
        machine_id().map_err(|error| {
            failed = Some(format!("{MACHINE_ID} cannot be read: {error}; write no {{machine-id}}"));
            ClientIdError::Placeholder(name.into())
        })
    });
    let filled = filled.map_err(|error| failed.unwrap_or_else(|| error.to_string()))?;
    if filled.len() > MAX {
        return Err(format!("{filled} has more than {MAX} bytes; write a shorter `client_id`"));
    }
    Ok(filled)
}

/// Replaces the placeholders.
fn fill_with(
    text: &str,
    value: &mut dyn FnMut(&str) -> Result<String, ClientIdError>,
) -> Result<String, ClientIdError> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let unknown = |name: &str| ClientIdError::Placeholder(format!("{{{name}"));
        let (name, after) = after.split_once('}').ok_or_else(|| unknown(after))?;
        if !PLACEHOLDERS.contains(&name) {
            return Err(unknown(&format!("{name}}}")));
        }
        filled += plain(before)?;
        filled += &value(name)?;
        rest = after;
    }
    Ok(filled + plain(rest)?)
}

/// A part of the text between placeholders.
fn plain(text: &str) -> Result<&str, ClientIdError> {
    match text.chars().find(|c| !is_allowed(*c)) {
        Some('}') => Err(ClientIdError::Placeholder("}".into())),
        Some(c) => Err(ClientIdError::Character(c)),
        None => Ok(text),
    }
}

/// Whether an identifier may have this character. Brokers have to take letters and digits.
fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.:".contains(c)
}

/// What stands for the machine's identifier, which itself is to be kept from others: 16 digits of its
/// hash.
fn machine_id() -> io::Result<String> {
    let id = fs::read_to_string(MACHINE_ID)?;
    let hash = Sha1::digest(format!("footlight mqtt {}", id.trim()));
    Ok(hex(hash.get(..8).unwrap_or_default()))
}

impl fmt::Display for ClientIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => write!(f, "it needs 1 to {MAX} characters"),
            Self::Character(c) => {
                write!(f, "it has {c:?}; write ASCII letters, digits, `-`, `_`, `.` and `:`")
            }
            Self::Placeholder(found) => {
                let all = PLACEHOLDERS.map(|name| format!("`{{{name}}}`")).join(" and ");
                write!(f, "{:?} is no placeholder; there are {all}", found)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_taken_up_to_its_length_and_with_known_placeholders() {
        for text in ["a", "A-1_b.c:d", "kitchen-{hostname}", "{machine-id}{hostname}"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        assert_eq!(check(&"x".repeat(MAX)), Ok(()));
        assert_eq!(check(&"x".repeat(MAX + 1)), Err(ClientIdError::Length));
        assert_eq!(check(""), Err(ClientIdError::Length));
        assert_eq!(check("a b"), Err(ClientIdError::Character(' ')));
        for (text, found) in [("{host}", "{host}"), ("{hostname", "{hostname"), ("a}", "}")] {
            assert_eq!(check(text), Err(ClientIdError::Placeholder(found.into())));
        }
    }

    #[test]
    fn placeholders_stand_for_this_machine_and_the_default_has_the_actors_name() {
        let host = names::machine().replace(|c| !is_allowed(c), "-");
        assert_eq!(fill(None, "lamp"), Ok(format!("footlight-{host}-lamp")));
        assert_eq!(fill(Some("a-{hostname}-b"), "lamp"), Ok(format!("a-{host}-b")));
        if let Ok(id) = machine_id() {
            assert_eq!(id.len(), 16);
            assert_eq!(fill(Some("{machine-id}"), "lamp"), Ok(id));
        }
        let long = format!("{}{{hostname}}", "x".repeat(MAX - 10));
        assert_eq!(fill(Some(&long), "lamp").is_ok(), host.len() <= 10);
    }
}
