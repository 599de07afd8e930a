//! The interface's types in Rust.

use alloc::{string::String, vec::Vec};

/// The type of a message.
///
/// In the shape *guide* this is a string, in the others a variant. The seven cases are the same:
/// a string that names none of the first six is [`Other`](Self::Other).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MessageType {
    /// A text message (RFC 6455, opcode 1).
    Text,
    /// A binary message (opcode 2).
    Binary,
    /// A client's handshake is complete.
    Connect,
    /// The connection has ended. From an actor: close the connection (opcode 8).
    Close,
    /// A ping (opcode 9).
    Ping,
    /// A pong (opcode 10).
    Pong,
    /// A type that the interface does not define.
    Other(String),
}

/// The names of the cases without a payload, in the order of the WIT variant.
const NAMES: [(&str, MessageType); 6] = [
    ("text", MessageType::Text),
    ("binary", MessageType::Binary),
    ("connect", MessageType::Connect),
    ("close", MessageType::Close),
    ("ping", MessageType::Ping),
    ("pong", MessageType::Pong),
];

impl MessageType {
    /// The number of cases of the WIT variant, `other` included.
    pub const CASES: u8 = 7;

    /// The name that the shape *guide* uses on the wire.
    pub fn name(&self) -> &str {
        match self {
            Self::Text => "text",
            Self::Binary => "binary",
            Self::Connect => "connect",
            Self::Close => "close",
            Self::Ping => "ping",
            Self::Pong => "pong",
            Self::Other(name) => name,
        }
    }

    /// The type with this name.
    pub fn from_name(name: &str) -> Self {
        let known = NAMES.into_iter().find(|(known, _)| *known == name);
        known.map_or_else(|| Self::Other(name.into()), |(_, ty)| ty)
    }

    /// The variant's discriminant in the other shapes.
    pub fn discriminant(&self) -> u8 {
        match self {
            Self::Text => 0,
            Self::Binary => 1,
            Self::Connect => 2,
            Self::Close => 3,
            Self::Ping => 4,
            Self::Pong => 5,
            Self::Other(_) => 6,
        }
    }

    /// The case with this discriminant, if it has no payload.
    pub(crate) fn from_discriminant(value: u8) -> Option<Self> {
        NAMES.into_iter().nth(value.into()).map(|(_, ty)| ty)
    }
}

/// A `websocket-message` that the host owns, lifted from a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The type, which says whether `data` or `text` is set.
    pub ty: MessageType,
    /// The bytes. The WIT says which type has which field.
    pub data: Option<Vec<u8>>,
    /// The text.
    pub text: Option<String>,
}

/// A `websocket-message` that the host borrows, to be lowered into a guest. The payload is
/// copied once, into the guest's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageRef<'a> {
    /// The type, which says whether `data` or `text` is set.
    pub ty: &'a MessageType,
    /// The bytes.
    pub data: Option<&'a [u8]>,
    /// The text.
    pub text: Option<&'a str>,
}

impl<'a> MessageRef<'a> {
    /// A message without data and text.
    pub fn bare(ty: &'a MessageType) -> Self {
        Self { ty, data: None, text: None }
    }

    /// A text message.
    pub fn text(text: &'a str) -> Self {
        Self { ty: &MessageType::Text, data: None, text: Some(text) }
    }

    /// A message of type `ty` with bytes.
    pub fn data(ty: &'a MessageType, data: &'a [u8]) -> Self {
        Self { ty, data: Some(data), text: None }
    }
}

impl<'a> From<&'a Message> for MessageRef<'a> {
    fn from(message: &'a Message) -> Self {
        Self { ty: &message.ty, data: message.data.as_deref(), text: message.text.as_deref() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_discriminant_both_lead_back_to_their_type() {
        for (discriminant, (name, ty)) in NAMES.into_iter().enumerate() {
            assert_eq!(MessageType::from_name(name), ty);
            assert_eq!(ty.name(), name);
            assert_eq!(usize::from(ty.discriminant()), discriminant);
            assert_eq!(MessageType::from_discriminant(ty.discriminant()), Some(ty));
        }
        assert_eq!(MessageType::from_name("Text"), MessageType::Other("Text".into()));
        assert_eq!(MessageType::from_discriminant(6), None);
    }
}
