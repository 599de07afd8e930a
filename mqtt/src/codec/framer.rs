//! Where packets begin and end (section 2.1).

use bytes::Bytes;

use super::{CONNACK, PUBLISH, name};
use crate::{broken::Broken, settings::Version};

/// A packet of the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The first byte: type and flags.
    pub(crate) first: u8,
    /// How many bytes come before the body.
    pub(crate) header: usize,
    /// What follows the header. Of a packet past the limit, only its beginning.
    pub(crate) body: Bytes,
    /// How large the whole packet is, in bytes.
    pub(crate) size: usize,
}

impl Frame {
    /// The packet's type.
    pub(crate) fn kind(&self) -> u8 {
        self.first >> 4
    }

    /// Whether the body is only a beginning.
    pub(crate) fn is_cut(&self) -> bool {
        self.header + self.body.len() < self.size
    }
}

/// Takes a connection's bytes apart. It holds one packet at most, and of that no more than the limit.
#[derive(Debug)]
pub(crate) struct Framer {
    version: Version,
    /// The largest packet, in bytes.
    limit: usize,
    /// The bytes of the header that were there, 5 at most.
    header: Vec<u8>,
    /// How many bytes the body has, once that is known.
    len: Option<usize>,
    /// How many bytes of the body are kept.
    kept: usize,
    /// The bytes of the body that were there and are kept.
    body: Vec<u8>,
    /// How many bytes of the body were there.
    seen: usize,
}

impl Framer {
    pub(crate) fn new(version: Version, limit: u32) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let (header, body) = (Vec::new(), Vec::new());
        Self { version, limit, header, len: None, kept: 0, body, seen: 0 }
    }

    /// The memory of the body that it holds, in bytes.
    pub(crate) fn held(&self) -> usize {
        self.body.capacity()
    }

    /// Takes bytes up to the end of a packet. Returns how many it took, and the packet if it is
    /// complete.
    pub(crate) fn push(&mut self, input: &[u8]) -> Result<(usize, Option<Frame>), Broken> {
        let mut taken = 0;
        while self.len.is_none() {
            let Some(&byte) = input.get(taken) else { return Ok((taken, None)) };
            taken += 1;
            self.header_byte(byte)?;
        }
        let len = self.len.unwrap_or_default();
        let rest = input.get(taken..).unwrap_or_default();
        let part = rest.get(..len - self.seen).unwrap_or(rest);
        let room = self.kept - self.body.len();
        self.body.extend_from_slice(part.get(..room).unwrap_or(part));
        self.seen += part.len();
        taken += part.len();
        Ok((taken, (self.seen == len).then(|| self.finish(len))))
    }

    fn header_byte(&mut self, byte: u8) -> Result<(), Broken> {
        self.header.push(byte);
        let Some((first, digits)) = self.header.split_first() else { return Ok(()) };
        if digits.is_empty() {
            return check_flags(*first);
        }
        if byte & 0x80 != 0 {
            if digits.len() == 4 {
                return Err(self.broken("the length has more than 4 bytes", 0x81));
            }
            return Ok(());
        }
        let digits = digits.iter().rev();
        let len = digits.fold(0, |sum, digit| sum << 7 | usize::from(digit & 0x7F));
        let header = self.header.len();
        self.kept = len;
        if header + len > self.limit {
            // A broker of 3.1.1 does not know the limit. It would send the message again and again.
            if self.version == Version::V5 || first >> 4 != PUBLISH {
                return Err(self.broken("the packet is larger than the limit", 0x95));
            }
            self.kept = self.limit.saturating_sub(header);
        }
        self.len = Some(len);
        self.body = Vec::with_capacity(self.kept);
        Ok(())
    }

    fn broken(&self, problem: &'static str, code: u8) -> Broken {
        let packet = name(self.header.first().map_or(0, |first| first >> 4));
        Broken { packet, offset: self.header.len().saturating_sub(1), problem, code }
    }

    fn finish(&mut self, len: usize) -> Frame {
        let header = self.header.len();
        let first = self.header.first().copied().unwrap_or_default();
        self.header.clear();
        (self.len, self.seen) = (None, 0);
        let body = std::mem::take(&mut self.body).into();
        Frame { first, header, body, size: header + len }
    }
}

/// Whether a server may send packets of this type, with these flags (section 2.1.3).
fn check_flags(first: u8) -> Result<(), Broken> {
    let (kind, flags) = (first >> 4, first & 0x0F);
    let broken = |problem, code| Err(Broken { packet: name(kind), offset: 0, problem, code });
    match kind {
        PUBLISH if flags & 0b110 == 0b100 => {
            broken("it has QoS 2, and at most 1 was granted", 0x9B)
        }
        PUBLISH if flags & 0b110 == 0b110 => broken("QoS 3 does not exist", 0x81),
        PUBLISH if flags & 0b1110 == 0b1000 => broken("QoS 0 has no duplicates", 0x81),
        PUBLISH => Ok(()),
        CONNACK | super::PUBACK | super::SUBACK | super::PINGRESP | super::DISCONNECT => {
            match flags {
                0 => Ok(()),
                _ => broken("a reserved flag is set", 0x81),
            }
        }
        _ => broken("the session has not asked for it", 0x82),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(
        version: Version,
        limit: u32,
        input: &[u8],
        chunk: usize,
    ) -> Result<Vec<Frame>, Broken> {
        let mut framer = Framer::new(version, limit);
        let mut frames = Vec::new();
        for chunk in input.chunks(chunk) {
            let mut rest = chunk;
            while !rest.is_empty() {
                let (taken, frame) = framer.push(rest)?;
                rest = &rest[taken..];
                frames.extend(frame);
                assert!(framer.held() <= limit as usize);
            }
        }
        Ok(frames)
    }

    fn publish(len: usize) -> Vec<u8> {
        let digit = |shift: usize| u8::try_from(len >> shift & 0x7F).unwrap();
        let mut packet = match len {
            0..=0x7F => vec![0x30, digit(0)],
            0x80..=0x3FFF => vec![0x30, digit(0) | 0x80, digit(7)],
            _ => vec![0x30, digit(0) | 0x80, digit(7) | 0x80, digit(14)],
        };
        packet.resize(packet.len() + len, b'x');
        packet
    }

    #[test]
    fn packets_are_the_same_however_their_bytes_arrive() {
        let input =
            [publish(0), publish(127), publish(128), publish(16_384), vec![0xD0, 0]].concat();
        let whole = frames(Version::V5, 20_000, &input, usize::MAX).unwrap();
        let lens: Vec<_> = whole.iter().map(|frame| frame.body.len()).collect();
        assert_eq!(lens, [0, 127, 128, 16_384, 0]);
        for chunk in [1, 2, 3, 100, 1000] {
            assert_eq!(frames(Version::V5, 20_000, &input, chunk).unwrap(), whole);
        }
    }

    #[test]
    fn a_packet_at_the_limit_is_taken_and_one_past_it_refused() {
        assert_eq!(frames(Version::V5, 100, &publish(98), 7).unwrap().len(), 1);
        let broken = frames(Version::V5, 100, &publish(99), 7).unwrap_err();
        assert_eq!((broken.packet, broken.offset, broken.code), ("PUBLISH", 1, 0x95));
        assert_eq!(frames(Version::V3_1_1, 100, &[0x40, 99], 7).unwrap_err().code, 0x95);
    }

    #[test]
    fn of_a_large_message_on_3_1_1_the_beginning_is_kept() {
        let frames = frames(Version::V3_1_1, 100, &[publish(1_000_000), publish(3)].concat(), 999);
        let frames = frames.unwrap();
        assert!(frames[0].is_cut() && !frames[1].is_cut());
        assert_eq!((frames[0].body.len(), frames[0].size), (96, 1_000_004));
    }

    #[test]
    fn a_length_has_4_bytes_at_most() {
        let four = frames(Version::V3_1_1, 100, &[0x30, 0xFF, 0xFF, 0xFF, 0x7F], 9).unwrap();
        assert!(four.is_empty());
        let broken = frames(Version::V3_1_1, 100, &[0x30, 0x80, 0x80, 0x80, 0x80], 9).unwrap_err();
        assert_eq!((broken.offset, broken.code), (4, 0x81));
    }

    #[test]
    fn types_and_flags_that_no_server_sends_are_refused() {
        for first in 0..=255 {
            let taken = frames(Version::V5, 100, &[first], 1).is_ok();
            let allowed = [0x20, 0x30, 0x31, 0x32, 0x33, 0x3A, 0x3B, 0x40, 0x90, 0xD0, 0xE0];
            assert_eq!(taken, allowed.contains(&first), "{first:#x}");
        }
    }
}
