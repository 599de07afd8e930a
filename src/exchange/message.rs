//! What a client and its actor send each other.

use bytes::Bytes;
use bytestring::ByteString;

/// A message, in either direction. Payloads are counted references: cloning a message copies
/// nothing, however many clients it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(ByteString),
    /// Bytes.
    Binary(Bytes),
    /// Asks for a pong. Of at most [`CONTROL`](super::close::CONTROL) bytes.
    Ping(Bytes),
    /// Answers a ping, or says that its sender is there. Likewise.
    Pong(Bytes),
}

impl Message {
    /// Its bytes.
    pub fn payload(&self) -> &Bytes {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(data) | Self::Ping(data) | Self::Pong(data) => data,
        }
    }

    /// The bytes that it counts for in an outbox: those of its payload, and one if it has none,
    /// so that no number of empty messages can wait.
    pub fn cost(&self) -> usize {
        self.payload().len().max(1)
    }

    /// Its `message-type`, for logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Binary(_) => "binary",
            Self::Ping(_) => "ping",
            Self::Pong(_) => "pong",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_message_costs_a_byte_and_every_other_its_payload() {
        for (len, cost) in [(0, 1), (1, 1), (2, 2), (65_536, 65_536)] {
            assert_eq!(Message::Text("x".repeat(len).into()).cost(), cost);
            assert_eq!(Message::Binary(vec![0; len].into()).cost(), cost);
        }
    }
}
