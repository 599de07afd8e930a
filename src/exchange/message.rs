//! Messages between clients and actors.

use bytes::Bytes;
use bytestring::ByteString;

/// A message in either direction. Payloads are reference-counted, so cloning a message for many
/// clients copies nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text. It is valid UTF-8.
    Text(ByteString),
    /// Bytes, of any kind.
    Binary(Bytes),
    /// Asks for a pong. At most [`CONTROL`](super::close::CONTROL) bytes.
    Ping(Bytes),
    /// Answers a ping, or just shows that its sender is alive. The same maximum.
    Pong(Bytes),
}

impl Message {
    /// The payload's bytes.
    pub fn payload(&self) -> &Bytes {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(data) | Self::Ping(data) | Self::Pong(data) => data,
        }
    }

    /// The payload alone. Unlike a clone of it, this allocates nothing.
    pub fn into_payload(self) -> Bytes {
        match self {
            Self::Text(text) => text.into_bytes(),
            Self::Binary(data) | Self::Ping(data) | Self::Pong(data) => data,
        }
    }

    /// What the message costs in an outbox, in bytes: its payload, but at least one. So the number
    /// of empty messages is bounded as well.
    pub fn cost(&self) -> usize {
        self.payload().len().max(1)
    }

    /// The message's `message-type`, for logs.
    pub(crate) fn name(&self) -> &'static str {
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
