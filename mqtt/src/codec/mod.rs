//! Packets and their bytes: what a client sends and receives, in MQTT 5 and 3.1.1.
//!
//! Everything that a broker can send is checked here, and bounded before it takes memory.

pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod framer;
mod properties;
mod reader;

use bytestring::ByteString;

/// CONNACK (section 3.2).
pub(crate) const CONNACK: u8 = 2;
/// PUBLISH (section 3.3).
pub(crate) const PUBLISH: u8 = 3;
/// PUBACK (section 3.4).
pub(crate) const PUBACK: u8 = 4;
/// SUBACK (section 3.9).
pub(crate) const SUBACK: u8 = 9;
/// PINGRESP (section 3.13).
pub(crate) const PINGRESP: u8 = 13;
/// DISCONNECT (section 3.14).
pub(crate) const DISCONNECT: u8 = 14;

/// A packet's type, which has 4 bits, by its name (section 2.1.2).
pub(crate) fn name(kind: u8) -> &'static str {
    match kind {
        1 => "CONNECT",
        CONNACK => "CONNACK",
        PUBLISH => "PUBLISH",
        PUBACK => "PUBACK",
        5 => "PUBREC",
        6 => "PUBREL",
        7 => "PUBCOMP",
        8 => "SUBSCRIBE",
        SUBACK => "SUBACK",
        10 => "UNSUBSCRIBE",
        11 => "UNSUBACK",
        12 => "PINGREQ",
        PINGRESP => "PINGRESP",
        DISCONNECT => "DISCONNECT",
        15 => "AUTH",
        _ => "packet of type 0",
    }
}

/// The first 256 bytes of a text of the broker, in memory of their own.
pub(crate) fn beginning(text: &ByteString) -> ByteString {
    const MAX: usize = 256;
    let end = (0..=MAX.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default().into()
}
