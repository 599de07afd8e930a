//! Takes the fields of a packet apart (section 1.5).

use bytes::Bytes;
use bytestring::ByteString;

use super::{framer::Frame, name};
use crate::broken::Broken;

/// A malformed packet, as a reason code.
pub(crate) const MALFORMED: u8 = 0x81;
/// A protocol error, as a reason code.
pub(crate) const PROTOCOL: u8 = 0x82;

/// Reads a packet's body from its beginning to its end.
#[derive(Debug)]
pub(crate) struct Reader {
    /// The packet's type.
    kind: u8,
    /// Where in the packet the rest begins.
    offset: usize,
    rest: Bytes,
}

impl Reader {
    pub(crate) fn new(frame: &Frame) -> Self {
        Self { kind: frame.kind(), offset: frame.header, rest: frame.body.clone() }
    }

    /// That something is wrong in what comes next.
    pub(crate) fn broken(&self, problem: &'static str, code: u8) -> Broken {
        Broken { packet: name(self.kind), offset: self.offset, problem, code }
    }

    pub(crate) fn len(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// All that is left.
    pub(crate) fn rest(self) -> Bytes {
        self.rest
    }

    /// That nothing is left.
    pub(crate) fn end(&self) -> Result<(), Broken> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(self.broken("more follows than there may be", MALFORMED))
        }
    }

    /// A reader for this many of the next bytes.
    pub(crate) fn part(&mut self, len: usize) -> Result<Self, Broken> {
        let (kind, offset) = (self.kind, self.offset);
        Ok(Self { kind, offset, rest: self.take(len)? })
    }

    fn take(&mut self, len: usize) -> Result<Bytes, Broken> {
        if len > self.rest.len() {
            return Err(self.broken("it ends too early", MALFORMED));
        }
        self.offset += len;
        Ok(self.rest.split_to(len))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let bytes = self.take(N)?;
        Ok(<[u8; N]>::try_from(&*bytes).unwrap_or([0; N]))
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Broken> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn two_bytes(&mut self) -> Result<u16, Broken> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn four_bytes(&mut self) -> Result<u32, Broken> {
        self.array().map(u32::from_be_bytes)
    }

    /// A variable byte integer (section 1.5.5).
    pub(crate) fn variable(&mut self) -> Result<u32, Broken> {
        let mut value = 0;
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.broken("a number has more than 4 bytes", MALFORMED))
    }

    /// A packet identifier, which is never 0 (section 2.2.1).
    pub(crate) fn packet_id(&mut self) -> Result<u16, Broken> {
        let before = self.broken("the packet identifier is 0", PROTOCOL);
        match self.two_bytes()? {
            0 => Err(before),
            id => Ok(id),
        }
    }

    pub(crate) fn binary(&mut self) -> Result<Bytes, Broken> {
        let len = self.two_bytes()?;
        self.take(usize::from(len))
    }

    /// A string: UTF-8 without U+0000 (section 1.5.4).
    pub(crate) fn text(&mut self) -> Result<ByteString, Broken> {
        let before = self.broken("a text is not UTF-8, or contains U+0000", MALFORMED);
        let bytes = self.binary()?;
        match ByteString::try_from(bytes) {
            Ok(text) if !text.contains('\0') => Ok(text),
            _ => Err(before),
        }
    }
}
