//! The two files together, and places in them.

use std::{fmt, io};

use crate::{
    file::File,
    record::{BLOCK, Body, COMPLETE},
    which::Which,
};

/// Where the next record of a chain goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) file: Which,
    pub(crate) epoch: u64,
    pub(crate) seq: u64,
    /// In bytes.
    pub(crate) at: u64,
    /// The end of the part of the file that the chain may use.
    pub(crate) size: u64,
}

impl Place {
    /// How many bytes fit.
    pub(crate) fn room(&self) -> u64 {
        self.size.saturating_sub(self.at)
    }
}

/// Both files, with what was done to them.
pub(crate) struct Disk {
    pub(crate) files: [Box<dyn File>; 2],
    /// The store's random number, which all its records have.
    pub(crate) salt: u64,
    /// Bytes that were written.
    pub(crate) written: u64,
    pub(crate) syncs: u64,
}

impl Disk {
    /// Writes to a file, and syncs it.
    pub(crate) fn write(&mut self, file: Which, bytes: &[u8], at: u64) -> io::Result<()> {
        let file = file.of(&self.files);
        self.written = self.written.saturating_add(bytes.len() as u64);
        file.write_at(bytes, at)?;
        self.syncs += 1;
        file.sync()
    }

    /// Removes the header of a record that was cut or failed.
    pub(crate) fn remove_header(&mut self, file: Which, at: u64) -> io::Result<()> {
        // A constant would be as large in the program.
        let zeros = vec![0; BLOCK];
        self.write(file, &zeros, at)
    }

    /// Writes a record and syncs it. Returns its size. After an error the place is as before.
    pub(crate) fn append(
        &mut self,
        place: &mut Place,
        body: Body,
        complete: bool,
    ) -> io::Result<u64> {
        let flags = if complete { COMPLETE } else { 0 };
        let record = body.seal(flags, place.epoch, self.salt, place.seq);
        let record = record.ok_or(io::ErrorKind::InvalidInput)?;
        self.write(place.file, &record, place.at)?;
        let bytes = record.len() as u64;
        place.at += bytes;
        place.seq = place.seq.wrapping_add(1);
        Ok(bytes)
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").finish_non_exhaustive()
    }
}
