//! Reads more than was asked for, while a client sends much.
//!
//! A WebSocket's read buffer is small, because it is zero-filled before every read and kept for as long
//! as the client is there. A large message would then take many reads. So after a read that filled its
//! buffer, the next one fetches up to 16 KiB, which are handed out piece by piece. The memory is given
//! back once the client has sent less than that.

use std::io;

/// The most bytes that are fetched at once.
pub(super) const READ_AHEAD: usize = 16 << 10;

/// Bytes that have been fetched and not asked for yet.
#[derive(Debug, Default)]
pub(super) struct ReadAhead {
    /// Empty while the client sends little.
    fetched: Vec<u8>,
    /// How many of them have been handed out.
    taken: usize,
    /// Whether the last read filled its buffer, so that there may be more.
    filled: bool,
}

impl ReadAhead {
    /// Whether there are bytes that need no read.
    pub(super) fn has_bytes(&self) -> bool {
        self.taken < self.fetched.len()
    }

    /// Fills `buffer`: with bytes that were fetched, else with what `read` returns, which is called once
    /// at most. Returns the number of bytes, and what was read to get them.
    ///
    /// # Errors
    /// Those of `read`.
    pub(super) fn read(
        &mut self,
        buffer: &mut [u8],
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<(usize, Option<Read>)> {
        if self.has_bytes() {
            return Ok((self.take(buffer), None));
        }
        if !self.filled || buffer.len() >= READ_AHEAD {
            let len = read(buffer)?;
            self.filled = len == buffer.len();
            return Ok((len, Some(Read { len, is_full: self.filled })));
        }
        let mut fetched = std::mem::take(&mut self.fetched);
        fetched.resize(READ_AHEAD, 0);
        let len = read(&mut fetched)?;
        self.filled = len == READ_AHEAD;
        fetched.truncate(len);
        (self.fetched, self.taken) = (fetched, 0);
        Ok((self.take(buffer), Some(Read { len, is_full: self.filled })))
    }

    /// Hands out bytes that were fetched. Frees the memory behind the last ones, unless more will follow.
    fn take(&mut self, buffer: &mut [u8]) -> usize {
        let rest = self.fetched.get(self.taken..).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..len), rest.get(..len)) {
            to.copy_from_slice(from);
        }
        self.taken += len;
        if !self.has_bytes() {
            self.taken = 0;
            if self.filled {
                self.fetched.clear();
            } else {
                self.fetched = Vec::new();
            }
        }
        len
    }
}

/// One read of the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Read {
    /// The bytes that it has returned.
    pub(super) len: usize,
    /// Whether the buffer is full. Otherwise it took all there was.
    pub(super) is_full: bool,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    /// Reads all that `sent` has through a buffer of this size. Returns the sizes of the reads.
    fn reads(sent: &[u8], size: usize) -> (Vec<usize>, ReadAhead) {
        let (mut ahead, mut reads, mut got) = (ReadAhead::default(), Vec::new(), Vec::new());
        let mut rest = sent;
        while got.len() < sent.len() {
            let mut buffer = vec![0; size];
            let from = |buffer: &mut [u8]| io::Read::read(&mut rest, buffer);
            let (len, read) = ahead.read(&mut buffer, from).unwrap();
            got.extend_from_slice(&buffer[..len]);
            reads.extend(read.map(|read| read.len));
        }
        assert_eq!(got, sent);
        (reads, ahead)
    }

    #[test]
    fn what_fits_into_the_buffer_takes_one_read_and_no_memory() {
        let (reads, ahead) = reads(&[7; 1023], 1024);
        assert_eq!(reads, [1023]);
        assert_eq!(ahead.fetched.capacity(), 0);
    }

    #[test]
    fn much_takes_few_reads_and_the_memory_is_given_back() {
        let sent: Vec<u8> = (0..=250).cycle().take(60_000).collect();
        let (reads, ahead) = reads(&sent, 1024);
        assert_eq!(
            reads,
            [1024, READ_AHEAD, READ_AHEAD, READ_AHEAD, 60_000 - 1024 - 3 * READ_AHEAD]
        );
        assert_eq!(ahead.fetched.capacity(), 0);
    }

    #[test]
    fn a_failed_read_loses_nothing_and_keeps_no_memory() {
        let mut ahead = ReadAhead { filled: true, ..ReadAhead::default() };
        let blocked = |_: &mut [u8]| Err(io::ErrorKind::WouldBlock.into());
        assert!(ahead.read(&mut [0; 8], blocked).is_err());
        assert_eq!(ahead.fetched.capacity(), 0);
        let (len, _) = ahead.read(&mut [0; 8], |buffer| Ok(buffer.len().min(20))).unwrap();
        assert_eq!((len, ahead.has_bytes()), (8, true));
    }
}
