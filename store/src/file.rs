//! A file that the log writes to, or what a test has in its place.

use std::{
    fmt, fs, io,
    os::unix::fs::{FileExt as _, MetadataExt as _},
};

#[cfg(not(target_vendor = "apple"))]
use rustix::fs::{Advice, fadvise};

/// A file of fixed places. It is all that the log knows of a disk.
pub trait File: Send {
    /// Its size in bytes.
    ///
    /// # Errors
    /// Those of the system.
    fn size(&self) -> io::Result<u64>;

    /// Fills `buffer` with the bytes from `offset` on.
    ///
    /// # Errors
    /// Those of the system, and `UnexpectedEof` if the file ends before.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Writes all bytes at `offset`. A file that ends before grows.
    ///
    /// # Errors
    /// Those of the system. Any part may be written then.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Returns once everything written before is on the disk.
    ///
    /// # Errors
    /// Those of the system. Any part may be on the disk then, and a second call that succeeds proves
    /// nothing: Linux reports a failed write once, and may forget what was not written.
    fn sync(&self) -> io::Result<()>;
}

impl fmt::Debug for dyn File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("File")
    }
}

impl<T: File + ?Sized> File for Box<T> {
    fn size(&self) -> io::Result<u64> {
        (**self).size()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        (**self).read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        (**self).write_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        (**self).sync()
    }
}

/// A file of the system.
#[derive(Debug)]
pub struct RealFile(fs::File);

impl RealFile {
    /// Takes over a file that this process has just made, or only reads.
    pub(crate) fn new(file: fs::File) -> Self {
        Self(file)
    }

    /// Takes over an open file. What an earlier process left unwritten is written first. Then the
    /// system forgets its copy, which may differ from the disk after an error, so that all reads come
    /// from the disk.
    ///
    /// # Errors
    /// It is not a regular file, or the system can't write what was left.
    pub(crate) fn settle(file: fs::File) -> io::Result<Self> {
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("this is not a regular file"));
        }
        file.sync_data()?;
        // Not every file system has such a copy. macOS has no such call.
        #[cfg(not(target_vendor = "apple"))]
        let _ = fadvise(&file, 0, None, Advice::DontNeed);
        Ok(Self(file))
    }
}

impl File for RealFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()?;
        // What is written to a removed file is gone when this process ends.
        match self.0.metadata()?.nlink() {
            0 => Err(io::Error::other("somebody has removed the file; restart the host")),
            _ => Ok(()),
        }
    }
}
