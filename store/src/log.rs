//! Two files as one log. It is deterministic and knows no threads, so that a simulated disk can try it.
//!
//! Records are appended to the *active* file. When that is nearly full, a turn-over brings the live set
//! to the *spare* one, which is active from then on. After a failed write nothing is appended to a file
//! again: the same turn-over brings the live set to the spare one. The file with the last complete live
//! set is never overwritten, so the spare one is tried again until that succeeds.

use std::{collections::BTreeSet, io};

pub use crate::append_error::AppendError;
use crate::{
    changes::Changes,
    disk::{Disk, Place},
    file::File,
    image::Image,
    live_set::LiveSet,
    log_error::LogError,
    opening::{self, Opened},
    operation::Operation,
    record::Body,
    spare::{Sizes, Spare, is_full},
    turn_over::Repeated,
    which::Which,
};

/// A record that is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The bytes that were written to the active file, 0 if nothing changed.
    pub bytes: u64,
}

/// Whether [`Log::step`] has something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Nothing.
    None,
    /// A piece of a turn-over is due when nothing else waits.
    Soon,
    /// A piece is due before the next append: a turn-over must begin or keep up, or the log has failed
    /// over.
    Now,
}

/// The log.
#[derive(Debug)]
pub struct Log {
    disk: Disk,
    sizes: Sizes,
    /// Where the next record of the active file goes.
    place: Place,
    /// How much of the active file is written when a turn-over begins.
    threshold: u64,
    spare: Spare,
    /// Nothing may be appended to the active file any more.
    failed: bool,
    /// The last record is an `End`.
    ended: bool,
    /// There is the header of a commit that was cut where the next record goes.
    torn: bool,
}

/// What one owner changes, as operations.
type Part<'a> = (&'a str, Vec<Operation<'a>>);

impl Log {
    /// Reads both files. Their order is that of [`Which`].
    ///
    /// # Errors
    /// See [`LogError`].
    pub fn open(
        files: [impl File + 'static; 2],
        sizes: Sizes,
    ) -> Result<(Self, Image, Opened), LogError> {
        Self::read(files.map(|file| Box::new(file) as Box<dyn File>), sizes)
    }

    fn read(files: [Box<dyn File>; 2], sizes: Sizes) -> Result<(Self, Image, Opened), LogError> {
        // What another process wrote last may not be on the disk yet.
        for file in [Which::A, Which::B] {
            file.of(&files).sync().map_err(|error| LogError::Io { file, error })?;
        }
        let (found, trouble) = opening::read(&files, sizes.least)?;
        if let Some(trouble) = trouble {
            return Err(trouble);
        }
        let chain = found.chain;
        let ((seq, at), size) = (chain.next, chain.size);
        let log = Self {
            disk: Disk { files, salt: chain.salt, written: 0, syncs: 0 },
            sizes,
            place: Place { file: chain.file, epoch: chain.epoch, seq, at, size },
            threshold: threshold(size, chain.complete.unwrap_or(at)),
            spare: Spare::new(found.spare, found.highest, found.torn),
            failed: false,
            ended: chain.ended,
            torn: chain.torn,
        };
        let torn = chain.torn.then_some(at);
        Ok((log, chain.image, Opened { file: chain.file, torn, clean: chain.ended }))
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
        image: &mut dyn LiveSet,
        batch: &[(&str, &Changes)],
        blocks: Option<u64>,
    ) -> Result<Appended, AppendError> {
        // The second change would be one of a value that is not stored.
        debug_assert!(is_distinct(batch), "an owner is there twice");
        let mut parts: Vec<Part<'_>> = Vec::with_capacity(batch.len());
        let mut blocks = blocks;
        image.look(&mut |image| {
            for (owner, changes) in batch {
                parts.push((owner, changes.operations(image.owner(owner))));
            }
            blocks = blocks.filter(|blocks| *blocks != image.blocks());
        });
        let mut body = Body::default();
        if let Some(blocks) = blocks {
            body.push(&Operation::Blocks(blocks));
        }
        for (owner, operations) in &parts {
            operations.iter().for_each(|operation| body.push_of(owner, operation));
        }
        if body.is_empty() {
            return Ok(Appended { bytes: 0 });
        }
        self.make_room(image, body.size())?;
        let repeated = self.repeated(&parts, blocks);
        let bytes = self.write(body)?;
        self.spare.committed(repeated, bytes, self.place.room());
        image.change(&mut |image| {
            for (owner, changes) in batch {
                image.apply(owner, changes);
            }
            if let Some(blocks) = blocks {
                image.set_blocks(blocks);
            }
        });
        self.ended = false;
        Ok(Appended { bytes })
    }

    /// Writes and syncs the record that says that the process ends cleanly. Writes nothing if the last
    /// record is one.
    ///
    /// # Errors
    /// See [`AppendError`].
    pub fn append_end(&mut self, image: &dyn LiveSet) -> Result<Appended, AppendError> {
        if self.ended && !self.failed {
            return Ok(Appended { bytes: 0 });
        }
        let mut body = Body::default();
        body.push(&Operation::End);
        self.make_room(image, body.size())?;
        let bytes = self.write(body)?;
        self.ended = true;
        Ok(Appended { bytes })
    }

    /// Whether a step is due. It changes with each append and each step.
    #[must_use]
    pub fn work(&self) -> Work {
        match self.spare.is_behind() {
            _ if self.failed => Work::Now,
            Some(behind) => {
                if behind {
                    Work::Now
                } else {
                    Work::Soon
                }
            }
            None if self.place.at >= self.threshold => Work::Now,
            None => Work::None,
        }
    }

    /// Writes and syncs one bounded piece to the other file: zeros to make it larger, a part of the
    /// live set, or the end of the turn-over, from which on that file is the active one. Does nothing
    /// if nothing is due. Returns the bytes written.
    ///
    /// # Errors
    /// The other file failed, or is too small and can't grow (`StorageFull`). The turn-over begins
    /// anew with the next step. Call it again after a while. [`Self::has_failed`] may change.
    pub fn step(&mut self, image: &dyn LiveSet) -> io::Result<u64> {
        if self.work() == Work::None {
            return Ok(0);
        }
        let before = self.disk.written;
        self.advance(image, 0)?;
        Ok(self.disk.written - before)
    }

    /// Lets the log go on through other files, which lead to the same ones.
    ///
    /// # Errors
    /// Those of `lead`.
    pub(crate) fn through(
        self,
        lead: impl Fn(Which, Box<dyn File>) -> io::Result<Box<dyn File>>,
    ) -> io::Result<Self> {
        let [a, b] = self.disk.files;
        let files = [lead(Which::A, a)?, lead(Which::B, b)?];
        Ok(Self { disk: Disk { files, ..self.disk }, ..self })
    }

    /// Gives the active file up, as a failed write does: nothing is appended to it again. The next
    /// steps bring the live set into the other file.
    pub fn fail_over(&mut self) {
        self.failed = true;
    }

    /// Whether nothing can be appended until the live set is in the other file.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.failed
    }

    /// The size of the active file in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.place.size
    }

    /// How much of the active file is written, in bytes.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.place.at
    }

    /// All bytes that were written to the files since the log was opened.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.disk.written
    }

    /// How often a file was synced since the log was opened.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.disk.syncs
    }

    /// What a turn-over that is under way must repeat of a commit.
    fn repeated(&self, parts: &[Part<'_>], blocks: Option<u64>) -> Repeated {
        let mut repeated = Repeated::default();
        let Some(turn_over) = self.spare.turn_over() else { return repeated };
        if let Some(blocks) = blocks {
            repeated.push(&Operation::Blocks(blocks));
        }
        for (owner, operations) in parts {
            for operation in operations {
                turn_over.repeat(&mut repeated, owner, operation);
            }
        }
        repeated
    }

    /// Makes sure that the active file has room for a record. Turns over if it has not.
    fn make_room(&mut self, image: &dyn LiveSet, bytes: u64) -> Result<(), AppendError> {
        if self.failed {
            let error = io::Error::other("the live set is not in the other file yet");
            return Err(AppendError::Failed(error));
        }
        if bytes > u64::from(u32::MAX) {
            let error = io::Error::new(io::ErrorKind::InvalidInput, "the record is too long");
            return Err(AppendError::Full(error));
        }
        // One turn-over that is under way need not make enough room.
        for _ in 0..2 {
            let epoch = self.place.epoch;
            while bytes > self.place.room() && self.place.epoch == epoch {
                if let Err(error) = self.advance(image, bytes) {
                    if is_full(&error) && !self.failed {
                        return Err(AppendError::Full(error));
                    }
                    self.failed = true;
                    return Err(AppendError::Failed(error));
                }
            }
        }
        if bytes > self.place.room() {
            return Err(AppendError::Full(io::ErrorKind::StorageFull.into()));
        }
        Ok(())
    }

    /// Writes a record to the active file, and syncs it.
    fn write(&mut self, body: Body) -> Result<u64, AppendError> {
        let written =
            self.remove_torn().and_then(|()| self.disk.append(&mut self.place, body, true));
        written.map_err(|error| {
            self.failed = true;
            AppendError::Failed(error)
        })
    }

    /// Removes the header of a commit that was cut: see [`crate::opening`].
    fn remove_torn(&mut self) -> io::Result<()> {
        if self.torn {
            self.disk.remove_header(self.place.file, self.place.at)?;
            self.torn = false;
        }
        Ok(())
    }

    /// Does one piece of a turn-over. `incoming` is the size of the record that waits for it.
    fn advance(&mut self, image: &dyn LiveSet, incoming: u64) -> io::Result<()> {
        let file = self.place.file.other();
        let done = self.spare.step(&mut self.disk, image, file, incoming, &self.sizes);
        self.failed |= self.spare.is_doubtful();
        if let Some(place) = done? {
            self.spare.exchange(self.place.size);
            self.threshold = threshold(place.size, place.at);
            self.place = place;
            self.failed = false;
            self.ended = false;
            self.torn = false;
        }
        Ok(())
    }
}

/// Whether each owner is there once.
fn is_distinct(batch: &[(&str, &Changes)]) -> bool {
    let mut owners = BTreeSet::new();
    batch.iter().all(|(owner, _)| owners.insert(owner))
}

/// How much of a file is written when the next turn-over begins: three quarters, but at least half of
/// what was free after the live set. On a full disk a file may be too small for its live set.
fn threshold(size: u64, complete: u64) -> u64 {
    let half = complete.saturating_add(size.saturating_sub(complete) / 2);
    half.max(size / 4 * 3)
}
