//! Changes a folder while no host has it open.

use std::{io, path::Path};

use crate::{
    changes::Changes,
    folder::Folder,
    image::Image,
    log::{AppendError, Log, Work},
    open_error::OpenError,
    spare::Sizes,
};

/// A folder that is open, with the lock.
#[derive(Debug)]
pub struct Offline {
    log: Log,
    image: Image,
    /// Released after the log is closed.
    _folder: Folder,
}

impl Offline {
    /// Opens or makes `dir/store`.
    ///
    /// # Errors
    /// See [`crate::OpenErrorKind`].
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        let (folder, files) = Folder::open(dir)?;
        match Log::open(files, Sizes::default()) {
            Ok((log, image, _)) => Ok(Self { log, image, _folder: folder }),
            Err(error) => Err(folder.unreadable(error)),
        }
    }

    /// What is stored.
    #[must_use]
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// Makes all these changes, or none. They are durable when this returns. An owner is in `batch` at
    /// most once.
    ///
    /// # Errors
    /// See [`AppendError`].
    pub fn change(&mut self, batch: &[(&str, &Changes)]) -> Result<(), AppendError> {
        self.log.append(&mut self.image, batch, None).map(drop)
    }

    /// Records that at least this many blocks of connection numbers were given out, for contents that
    /// come from another folder. It is durable when this returns.
    ///
    /// # Errors
    /// See [`AppendError`].
    pub fn reserve_blocks(&mut self, blocks: u64) -> Result<(), AppendError> {
        if blocks <= self.image.blocks() {
            return Ok(());
        }
        self.log.append(&mut self.image, &[], Some(blocks)).map(drop)
    }

    /// Ends cleanly, with room for what a host writes next.
    ///
    /// # Errors
    /// Those of the disk. The changes are durable all the same.
    pub fn close(mut self) -> io::Result<()> {
        while self.log.work() != Work::None {
            self.log.step(&self.image)?;
        }
        match self.log.append_end(&self.image) {
            Ok(_) => Ok(()),
            Err(AppendError::Full(error) | AppendError::Failed(error)) => Err(error),
        }
    }
}
