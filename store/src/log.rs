//! Two files as one log. It is deterministic and knows no threads, so that a simulated disk can try it.

use std::{error, fmt, io, marker::PhantomData};

use crate::{changes::Changes, file::File, image::Image};

/// One of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// `log-a`
    A,
    /// `log-b`
    B,
}

/// The sizes that tests make smaller.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// The least size of a file in bytes, a multiple of 4096. Files grow in steps of this.
    pub least: u64,
    /// The most bytes of one write of a turn-over, a multiple of 4096.
    pub piece: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { least: 1 << 20, piece: 128 << 10 }
    }
}

/// How the files were when they were opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The file that the contents came from.
    pub file: Which,
    /// Where a commit was cut and dropped. It had not been acknowledged.
    pub torn: Option<u64>,
    /// Whether the last process ended cleanly.
    pub clean: bool,
}

/// Why the files can't be opened.
#[derive(Debug)]
pub enum LogError {
    /// The file can't be read or synced.
    Io {
        /// The file.
        file: Which,
        /// Why.
        error: io::Error,
    },
    /// The file does not have what was written to it.
    Damaged {
        /// The file.
        file: Which,
        /// Where, in bytes.
        offset: u64,
        /// What is wrong there.
        reason: &'static str,
    },
    /// A newer version of this program wrote the file.
    Newer {
        /// The file.
        file: Which,
        /// Where the first record of that version is, in bytes.
        offset: u64,
        /// What is unknown there.
        reason: &'static str,
    },
}

/// Why changes were not appended.
#[derive(Debug)]
pub enum AppendError {
    /// There is no room for them: the disk is full, or they are larger than a record may be. The log
    /// is as before, and other changes may fit.
    Full(io::Error),
    /// A write or a sync failed. Nothing can be appended before the live set is in the other file: see
    /// [`Log::step`].
    Failed(io::Error),
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(error) | Self::Failed(error) => error.fmt(f),
        }
    }
}

impl error::Error for AppendError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Full(error) | Self::Failed(error) => Some(error),
        }
    }
}

/// A record that is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The bytes that were written to the files, 0 if nothing changed.
    pub bytes: u64,
}

/// Whether [`Log::step`] has something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Nothing.
    None,
    /// A piece of a turn-over is due when nothing else waits.
    Soon,
    /// A piece is due before the next append: the turn-over must keep up, or the log has failed over.
    Now,
}

/// The log.
#[derive(Debug)]
pub struct Log<F>(PhantomData<F>);

impl<F: File> Log<F> {
    /// Reads both files. The order of the files is that of [`Which`]. `salt` returns a random number
    /// that nobody can foresee.
    ///
    /// # Errors
    /// See [`LogError`].
    pub fn open(
        files: [F; 2],
        salt: impl FnMut() -> u64 + Send + 'static,
        sizes: Sizes,
    ) -> Result<(Self, Image, Opened), LogError> {
        let _ = (files, salt, sizes);
        Err(LogError::Io { file: Which::A, error: io::ErrorKind::Unsupported.into() })
    }

    /// Writes one record with all these changes, syncs it, and applies it to the image. An owner's
    /// changes are in `batch` at most once. `blocks` is a new number for [`Image::blocks`]. What
    /// changes nothing is left out, and if nothing is left, nothing is written.
    ///
    /// If the active file is full, what is left of the turn-over comes first, however long it takes.
    ///
    /// # Errors
    /// See [`AppendError`]. The image is as before then.
    pub fn append(
        &mut self,
        image: &mut Image,
        batch: &[(&str, &Changes)],
        blocks: Option<u64>,
    ) -> Result<Appended, AppendError> {
        let _ = (image, batch, blocks);
        Err(AppendError::Failed(io::ErrorKind::Unsupported.into()))
    }

    /// Writes and syncs the record that says that the process ends cleanly. Writes nothing if the last
    /// record is one.
    ///
    /// # Errors
    /// See [`AppendError`].
    pub fn append_end(&mut self, image: &Image) -> Result<Appended, AppendError> {
        let _ = image;
        Err(AppendError::Failed(io::ErrorKind::Unsupported.into()))
    }

    /// Whether a step is due. Ask after each append and each step.
    #[must_use]
    pub fn work(&self) -> Work {
        Work::None
    }

    /// Writes and syncs one bounded piece to the other file: zeros to make it larger, a part of the
    /// live set, or the end of the turn-over, from which on that file is the active one. Does nothing
    /// if nothing is due. Returns the bytes written.
    ///
    /// # Errors
    /// The other file failed, or is too small and can't grow (`StorageFull`). The turn-over begins
    /// anew with the next step. Call it again after a while.
    pub fn step(&mut self, image: &Image) -> io::Result<u64> {
        let _ = image;
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Gives the active file up, as a failed write does: nothing is appended to it again. The next
    /// steps bring the live set into the other file.
    pub fn fail_over(&mut self) {}

    /// Whether nothing can be appended until the live set is in the other file.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        false
    }

    /// The size of the active file in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        0
    }

    /// How much of the active file is written, in bytes.
    #[must_use]
    pub fn used(&self) -> u64 {
        0
    }

    /// All bytes that were written to the files since the log was opened.
    #[must_use]
    pub fn written(&self) -> u64 {
        0
    }

    /// How often a file was synced since the log was opened.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        0
    }
}
