//! Changes files from outside, as damage, another version or an attacker does.

use crc::{CRC_32_ISCSI, Crc};

/// The length of a record's header.
const HEADER: usize = 40;

/// A record's header as it is in the file.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// Where the record begins.
    pub offset: usize,
    /// Where its body ends.
    pub end: usize,
    pub version: u8,
    pub epoch: u64,
    pub seq: u64,
}

/// The record at `offset`, if there is something like one.
pub fn record(bytes: &[u8], offset: usize) -> Option<Found> {
    let header = bytes.get(offset..offset + HEADER)?;
    let number = |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().expect("8 bytes"));
    let len = u32::from_le_bytes(header[8..12].try_into().expect("4 bytes")) as usize;
    (&header[4..7] == b"FLS").then(|| Found {
        offset,
        end: offset + HEADER + len,
        version: header[7],
        epoch: number(16),
        seq: number(32),
    })
}

/// The records from the beginning of a file on that belong to its first one.
pub fn chain(bytes: &[u8]) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::new();
    let mut offset = 0;
    while let Some(found) = record(bytes, offset) {
        if all.first().is_some_and(|first| first.epoch != found.epoch) {
            break;
        }
        offset = found.end.next_multiple_of(4096);
        all.push(found);
    }
    all
}

/// The right checksum of what looks like a record at `offset`.
fn sum(bytes: &[u8], offset: usize) -> Option<[u8; 4]> {
    let covered = bytes.get(offset + 4..record(bytes, offset)?.end)?;
    Some(Crc::<u32>::new(&CRC_32_ISCSI).checksum(covered).to_le_bytes())
}

/// Makes the checksum of the record at `offset` right, if there is something like one.
pub fn reseal(bytes: &mut [u8], offset: usize) {
    if let Some(sum) = sum(bytes, offset) {
        bytes[offset..offset + 4].copy_from_slice(&sum);
    }
}

/// Whether there is a record at `offset` with the right checksum.
pub fn is_sealed(bytes: &[u8], offset: usize) -> bool {
    sum(bytes, offset).is_some_and(|sum| bytes[offset..offset + 4] == sum)
}
