//! What the disk takes without a server.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    time::Instant,
};

use super::common::{
    Result,
    spread::{Spread, percentile},
};

/// The bytes of a write: a block.
const BLOCK: usize = 4096;
/// The blocks of the file.
const BLOCKS: u64 = 256;

/// A file of a fixed size.
pub(crate) struct Blocks {
    /// The file, full of zeros at first.
    file: File,
    /// The number of writes so far.
    writes: u64,
}

impl Blocks {
    /// Makes the file.
    pub(crate) fn make(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        (&file).write_all(&vec![0; BLOCK * 256])?;
        file.sync_all()?;
        Ok(Self { file, writes: 0 })
    }

    /// Writes and syncs a block so many times. Returns the median and the 99th percentile of the
    /// times in microseconds.
    pub(crate) fn write(&mut self, times: usize) -> Result<(f64, f64)> {
        let mut all = Vec::new();
        for _ in 0..times {
            let start = Instant::now();
            self.writes += 1;
            let block = [self.writes.to_le_bytes()[0]; BLOCK];
            self.file.write_all_at(&block, self.writes % BLOCKS * BLOCK as u64)?;
            self.file.sync_data()?;
            all.push(start.elapsed().as_secs_f64() * 1e6);
        }
        all.sort_by(f64::total_cmp);
        Ok((Spread::of(all.iter().copied()).median, percentile(&all, 99)))
    }
}

/// A file that is replaced by a new one at each change.
pub(crate) struct Renamed {
    /// Its folder.
    folder: PathBuf,
    /// Its content.
    content: Vec<u8>,
    /// The number of changes so far.
    changes: usize,
}

impl Renamed {
    /// A file of this size, which the first change makes.
    pub(crate) fn new(folder: &Path, size: usize) -> Self {
        Self { folder: folder.into(), content: vec![0; size], changes: 0 }
    }

    /// Changes 100 bytes.
    pub(crate) fn change(&mut self) -> io::Result<()> {
        let at = self.changes * 100 % (self.content.len() - 99);
        self.changes += 1;
        self.content[at..at + 100].fill(self.changes.to_le_bytes()[0]);
        let (beside, path) = (self.folder.join("beside"), self.folder.join("file"));
        let mut file = File::create(&beside)?;
        file.write_all(&self.content)?;
        file.sync_all()?;
        fs::rename(beside, path)?;
        File::open(&self.folder)?.sync_all()
    }
}
