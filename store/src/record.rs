//! Records: what a file consists of.
//!
//! A record begins at a multiple of 4096 with a header of 40 bytes, all little-endian: a CRC of all that
//! follows (4 bytes), the magic (3), the version of the format (1), the body's length (4), flags (4), the
//! epoch (8), the salt (8), the sequence number (8). Then comes the body, and zeros up to a multiple of
//! 4096. The header is the same in all versions, so that an older program knows a newer record.

use std::io;

use crc::{CRC_32_ISCSI, Crc, Table};

use crate::{
    file::File,
    operation::{Operation, Wrong},
};

/// Records begin at a multiple of this, which is what cards and file systems write at once.
pub(crate) const BLOCK: usize = 4096;
/// The length of the header.
pub(crate) const HEADER: usize = 40;
/// The version of the format that this program writes.
const VERSION: u8 = 1;
const MAGIC: [u8; 3] = *b"FLS";
/// The flag of every record from the one on that completes the live set in its file.
pub(crate) const COMPLETE: u32 = 1;
/// How much is read at once. Opening needs no more memory than this besides the largest good record.
const CHUNK: usize = 64 << 10;

static CRC: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISCSI);

/// A header that names its place in a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// The body's length.
    pub(crate) len: u32,
    /// [`COMPLETE`], or 0.
    pub(crate) flags: u32,
    /// Counts the live sets that were written.
    pub(crate) epoch: u64,
    /// The store's random number. Bytes of an owner that look like a record do not have it.
    pub(crate) salt: u64,
    /// Counts the records of an epoch.
    pub(crate) seq: u64,
    version: u8,
    crc: u32,
}

impl Header {
    /// Reads a header. `None` if it has no magic.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let crc = u32::from_le_bytes(array(&mut rest)?);
        let [m, a, g, version] = array(&mut rest)?;
        let header = Self {
            crc,
            version,
            len: u32::from_le_bytes(array(&mut rest)?),
            flags: u32::from_le_bytes(array(&mut rest)?),
            epoch: u64::from_le_bytes(array(&mut rest)?),
            salt: u64::from_le_bytes(array(&mut rest)?),
            seq: u64::from_le_bytes(array(&mut rest)?),
        };
        ([m, a, g] == MAGIC).then_some(header)
    }

    /// How much of the file the record takes.
    pub(crate) fn size(&self) -> u64 {
        (u64::from(self.len) + HEADER as u64).next_multiple_of(BLOCK as u64)
    }

    /// What this version does not know of the header, in words.
    pub(crate) fn unknown(&self) -> Option<&'static str> {
        if self.version != VERSION {
            return Some("the record has another version of the format");
        }
        (self.flags & !COMPLETE != 0).then_some("the record has an unknown flag")
    }
}

/// A record under construction.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    /// Room for the header, then the operations.
    bytes: Vec<u8>,
    /// The owner of what comes next.
    owner: Option<Box<str>>,
}

impl Default for Body {
    fn default() -> Self {
        Self { bytes: vec![0; HEADER], owner: None }
    }
}

impl Body {
    /// The length of header and operations.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.len() == HEADER
    }

    /// Adds an operation that is no owner's.
    pub(crate) fn push(&mut self, operation: &Operation<'_>) {
        operation.encode(&mut self.bytes);
    }

    /// Adds an owner's operation.
    pub(crate) fn push_of(&mut self, owner: &str, operation: &Operation<'_>) {
        if self.owner.as_deref() != Some(owner) {
            self.push(&Operation::Owner(owner));
            self.owner = Some(owner.into());
        }
        self.push(operation);
    }

    /// Adds all operations of another body.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.bytes.extend_from_slice(other.bytes.get(HEADER..).unwrap_or_default());
        if other.owner.is_some() {
            self.owner.clone_from(&other.owner);
        }
    }

    /// How much of a file it takes.
    pub(crate) fn size(&self) -> u64 {
        self.bytes.len().next_multiple_of(BLOCK) as u64
    }

    /// The bytes of the record. `None` if it is too long.
    pub(crate) fn seal(mut self, flags: u32, epoch: u64, salt: u64, seq: u64) -> Option<Vec<u8>> {
        let end = self.bytes.len();
        let len = u32::try_from(end - HEADER).ok()?;
        let mut head = Vec::with_capacity(HEADER);
        head.extend_from_slice(&MAGIC);
        head.push(VERSION);
        head.extend_from_slice(&len.to_le_bytes());
        head.extend_from_slice(&flags.to_le_bytes());
        head.extend_from_slice(&epoch.to_le_bytes());
        head.extend_from_slice(&salt.to_le_bytes());
        head.extend_from_slice(&seq.to_le_bytes());
        self.bytes.get_mut(4..HEADER)?.copy_from_slice(&head);
        let crc = CRC.checksum(self.bytes.get(4..end)?);
        self.bytes.get_mut(..4)?.copy_from_slice(&crc.to_le_bytes());
        self.bytes.resize(end.next_multiple_of(BLOCK), 0);
        Some(self.bytes)
    }
}

/// Reads records of a file.
pub(crate) struct Reader<'a> {
    file: &'a dyn File,
    size: u64,
    body: Vec<u8>,
}

impl<'a> Reader<'a> {
    /// Reads a file of this size.
    pub(crate) fn new(file: &'a dyn File, size: u64) -> Self {
        Self { file, size, body: Vec::new() }
    }

    /// The record at `offset`, if there is a whole one that is `wanted`. Its body is read then.
    pub(crate) fn record(
        &mut self,
        offset: u64,
        wanted: &dyn Fn(&Header) -> bool,
    ) -> io::Result<Option<Header>> {
        let left = self.size.saturating_sub(offset);
        if left < HEADER as u64 {
            return Ok(None);
        }
        let mut head = [0; HEADER];
        self.file.read_at(&mut head, offset)?;
        let Some(header) = Header::parse(&head) else { return Ok(None) };
        if header.size() > left || !wanted(&header) {
            return Ok(None);
        }
        let len = header.len as usize;
        let mut digest = CRC.digest();
        digest.update(head.get(4..).unwrap_or_default());
        // A long body is read a second time once it is known to be good, because the length of a bad
        // one says nothing.
        let mut done = 0;
        while done < len {
            self.body.resize(CHUNK.min(len - done), 0);
            self.file.read_at(&mut self.body, offset + (HEADER + done) as u64)?;
            digest.update(&self.body);
            done += self.body.len();
        }
        if digest.finalize() != header.crc {
            return Ok(None);
        }
        if len > CHUNK || len == 0 {
            self.body.resize(len, 0);
            self.file.read_at(&mut self.body, offset + HEADER as u64)?;
            self.body.shrink_to(len.max(CHUNK));
        }
        Ok(Some(header))
    }

    /// The header at `offset`, with whatever follows it.
    pub(crate) fn header(&self, offset: u64) -> io::Result<Option<Header>> {
        if self.size.saturating_sub(offset) < HEADER as u64 {
            return Ok(None);
        }
        let mut head = [0; HEADER];
        self.file.read_at(&mut head, offset)?;
        Ok(Header::parse(&head))
    }

    /// The operations of the last good record.
    pub(crate) fn operations(&self) -> impl Iterator<Item = Result<Operation<'_>, Wrong>> {
        let mut body = self.body.as_slice();
        std::iter::from_fn(move || Operation::decode(&mut body).transpose())
    }

    /// The first good record from `offset` on that is `wanted`.
    pub(crate) fn find(
        &mut self,
        mut offset: u64,
        wanted: &dyn Fn(&Header) -> bool,
    ) -> io::Result<Option<(u64, Header)>> {
        let mut chunk = vec![0; CHUNK];
        while offset < self.size {
            let len = usize::try_from(self.size - offset).unwrap_or(CHUNK).min(CHUNK);
            chunk.truncate(len);
            self.file.read_at(&mut chunk, offset)?;
            for block in chunk.chunks(BLOCK) {
                if Header::parse(block).is_some_and(|header| wanted(&header))
                    && let Some(header) = self.record(offset, wanted)?
                {
                    return Ok(Some((offset, header)));
                }
                offset += BLOCK as u64;
            }
        }
        Ok(None)
    }
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}
