//! A message as it goes over the wire: framed once, however many clients it is for.

use async_tungstenite::tungstenite::{
    Bytes,
    protocol::frame::{
        FrameHeader,
        coding::{Control, Data, OpCode},
    },
};

/// A whole frame of a server: its head and its payload (RFC 6455, section 5.2). Cloning it
/// copies nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Head and payload.
    bytes: Bytes,
    /// How many of the bytes are payload.
    payload: usize,
}

/// The most bytes of a head without a mask.
const MOST_HEAD: usize = 10;

impl Frame {
    /// A text message.
    pub fn text(text: &str) -> Self {
        Self::new(OpCode::Data(Data::Text), text.as_bytes())
    }

    /// A binary message.
    pub fn binary(data: &[u8]) -> Self {
        Self::new(OpCode::Data(Data::Binary), data)
    }

    /// A ping. That its payload is short enough is the caller's to see to.
    pub fn ping(data: &[u8]) -> Self {
        Self::new(OpCode::Control(Control::Ping), data)
    }

    /// A pong, likewise.
    pub fn pong(data: &[u8]) -> Self {
        Self::new(OpCode::Control(Control::Pong), data)
    }

    /// Head and payload.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The length of the payload in bytes.
    pub fn payload(&self) -> usize {
        self.payload
    }

    /// The bytes that it counts for in an outbox: those of its payload, and one if it has none,
    /// so that no number of empty messages can wait.
    pub fn cost(&self) -> usize {
        self.payload.max(1)
    }

    /// Puts a head before a payload.
    fn new(opcode: OpCode, payload: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(MOST_HEAD.saturating_add(payload.len()));
        let head = FrameHeader { opcode, ..FrameHeader::default() };
        // Writing to a vector can't fail.
        let _ = head.format(u64::try_from(payload.len()).unwrap_or(u64::MAX), &mut bytes);
        bytes.extend_from_slice(payload);
        Self { bytes: bytes.into(), payload: payload.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_length_has_the_head_that_the_rfc_has_for_it() {
        for (len, head) in [
            (0, &[0x81, 0][..]),
            (1, &[0x81, 1]),
            (125, &[0x81, 125]),
            (126, &[0x81, 126, 0, 126]),
            (65_535, &[0x81, 126, 0xff, 0xff]),
            (65_536, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let frame = Frame::text(&"x".repeat(len));
            assert_eq!(frame.bytes().get(..head.len()), Some(head));
            assert_eq!(frame.bytes().len(), head.len() + len);
            assert_eq!((frame.payload(), frame.cost()), (len, len.max(1)));
        }
    }

    #[test]
    fn each_kind_has_its_opcode_and_is_final() {
        for (frame, first) in [
            (Frame::text("a"), 0x81),
            (Frame::binary(b"a"), 0x82),
            (Frame::ping(b"a"), 0x89),
            (Frame::pong(b"a"), 0x8a),
        ] {
            assert_eq!(frame.bytes().as_ref(), [first, 1, b'a']);
        }
    }
}
