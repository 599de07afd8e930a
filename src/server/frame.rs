//! Converts messages to WebSocket frames and back.

use std::io::{Cursor, IoSlice};

use async_tungstenite::tungstenite::{
    self, Error, Utf8Bytes,
    protocol::{
        CloseFrame,
        frame::{
            FrameHeader,
            coding::{Control, Data, OpCode},
        },
    },
};
use bytes::{Buf, Bytes, buf::Chain};
use bytestring::ByteString;

use crate::{
    convert::to_u64,
    exchange::{
        Message,
        close::{Close, CloseCode},
    },
};

/// The longest head of a frame without a mask, in bytes.
const MAX_HEAD: usize = 10;
/// The largest frame that is copied into one buffer before it is written, in bytes. The kernel
/// takes longer to write two buffers than one; that only pays for a larger payload.
pub(crate) const MAX_COPIED: usize = 256;

/// The unwritten part of a server's frame (RFC 6455, section 5.2): its head, then its payload. The
/// payload is shared with the message, so a message to a thousand clients is in memory once.
#[derive(Debug)]
pub(crate) struct Frame(Chain<Cursor<[u8; MAX_HEAD]>, Bytes>);

impl Frame {
    /// The frame of a message.
    pub(crate) fn new(message: Message) -> Self {
        let opcode = match message {
            Message::Text(_) => OpCode::Data(Data::Text),
            Message::Binary(_) => OpCode::Data(Data::Binary),
            Message::Ping(_) => OpCode::Control(Control::Ping),
            Message::Pong(_) => OpCode::Control(Control::Pong),
        };
        let payload = message.into_payload();
        let length = to_u64(payload.len());
        let header = FrameHeader { opcode, ..FrameHeader::default() };
        // The head stands at the end of its buffer, so that the unwritten part is always the tail.
        let (mut head, start) = ([0; MAX_HEAD], MAX_HEAD.saturating_sub(header.len(length)));
        // The buffer is long enough, so this can't fail.
        let _ = header.format(length, &mut head.get_mut(start..).unwrap_or_default());
        let mut head = Cursor::new(head);
        head.advance(start);
        Self(head.chain(payload))
    }

    /// A frame that is already written.
    pub(crate) fn written() -> Self {
        let mut head = Cursor::new([0; MAX_HEAD]);
        head.advance(MAX_HEAD);
        Self(head.chain(Bytes::new()))
    }

    /// Whether the whole frame is written.
    pub(crate) fn is_written(&self) -> bool {
        !self.0.has_remaining()
    }

    /// The unwritten part as one buffer, if it is small enough to copy.
    pub(crate) fn copied<'b>(&self, buffer: &'b mut [u8; MAX_COPIED]) -> Option<&'b [u8]> {
        let (head, payload) = (self.0.first_ref().chunk(), self.0.last_ref().chunk());
        let whole = buffer.get_mut(..head.len().checked_add(payload.len())?)?;
        let (first, second) = whole.split_at_mut_checked(head.len())?;
        first.copy_from_slice(head);
        second.copy_from_slice(payload);
        Some(whole)
    }

    /// The unwritten part as buffers in order. Returns how many there are.
    pub(crate) fn remaining<'f>(&'f self, parts: &mut [IoSlice<'f>; 2]) -> usize {
        self.0.chunks_vectored(parts)
    }

    /// Notes that this many more bytes were written.
    pub(crate) fn advance(&mut self, written: usize) {
        self.0.advance(written.min(self.0.remaining()));
    }
}

/// Converts a received text. tungstenite has checked that it is UTF-8, but its type does not allow
/// to skip the second check. That is cheaper than a copy.
///
/// # Errors
/// The text is not UTF-8.
pub(crate) fn text(text: Utf8Bytes) -> Result<ByteString, Error> {
    ByteString::try_from(Bytes::from(text)).map_err(|error| Error::Utf8(error.to_string()))
}

/// The close frame for a code and a reason.
pub(crate) fn close_frame(close: &Close) -> tungstenite::Message {
    let (code, reason) = (close.code.0.into(), (&*close.reason).into());
    tungstenite::Message::Close(Some(CloseFrame { code, reason }))
}

/// The code and the reason of a client's close frame.
pub(crate) fn parse_close(frame: &CloseFrame) -> Close {
    Close { code: CloseCode(frame.code.into()), reason: frame.reason.as_str().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of a frame if each write takes at most `step` bytes.
    fn stream(message: &Message, step: usize) -> Vec<u8> {
        let (mut frame, mut stream) = (Frame::new(message.clone()), Vec::new());
        while !frame.is_written() {
            let mut parts = [IoSlice::new(&[]); 2];
            let count = frame.remaining(&mut parts);
            let all: Vec<u8> = parts[..count].iter().flat_map(|part| part.to_vec()).collect();
            let copied = (all.len() <= MAX_COPIED).then_some(&all[..]);
            assert_eq!(frame.copied(&mut [0; MAX_COPIED]), copied);
            let written = step.min(all.len());
            assert!(written > 0, "something is left");
            stream.extend_from_slice(&all[..written]);
            frame.advance(written);
        }
        stream
    }

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
            let text = "x".repeat(len);
            let expected = [head, text.as_bytes()].concat();
            assert!(stream(&Message::Text(text.into()), usize::MAX) == expected, "{len}");
        }
    }

    #[test]
    fn each_kind_has_its_opcode_and_is_final() {
        let a = Bytes::from_static(b"a");
        for (message, first) in [
            (Message::Text("a".into()), 0x81),
            (Message::Binary(a.clone()), 0x82),
            (Message::Ping(a.clone()), 0x89),
            (Message::Pong(a), 0x8a),
        ] {
            assert_eq!(stream(&message, usize::MAX), [first, 1, b'a']);
        }
    }

    #[test]
    fn a_frame_is_the_same_however_little_of_it_is_taken_at_a_time() {
        let message = Message::Binary((0..=255).chain(0..50).collect::<Vec<u8>>().into());
        let whole = stream(&message, usize::MAX);
        assert_eq!(whole.len(), 4 + 306);
        for step in 1..=whole.len() {
            assert_eq!(stream(&message, step), whole, "{step}");
        }
        assert!(Frame::written().is_written());
    }
}
