//! The file that is not active: it grows, and takes the live set.

use std::io;

use crate::{
    disk::{Disk, Place},
    live_set::LiveSet,
    operation::Operation,
    record::{BLOCK, Body},
    turn_over::{Repeated, TurnOver},
    which::Which,
};

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

impl Sizes {
    /// The size of a file for this many live bytes: the records that fit beside them are three
    /// quarters of it.
    fn wanted(&self, live: u64) -> u64 {
        live.saturating_mul(4).checked_next_multiple_of(self.least).unwrap_or(u64::MAX)
    }

    /// The most bytes that a copy of this many live bytes takes. A piece has a header, repeats names, and
    /// is not filled if the next value is not worth a part; the last one ends with zeros.
    fn copied(&self, live: u64) -> u64 {
        let piece = self.piece as u64;
        let lost = piece / 16 + 1024;
        let pieces = live.div_ceil(piece.saturating_sub(lost).max(1));
        let bytes = live.saturating_add(pieces.saturating_mul(lost));
        bytes.checked_next_multiple_of(BLOCK as u64).unwrap_or(u64::MAX)
    }
}

/// The spare file.
#[derive(Debug)]
pub(crate) struct Spare {
    /// How much of it is on the disk with certainty, so that writing there needs no room.
    allocated: u64,
    /// The highest epoch of all records that were ever written, or may be.
    highest: u64,
    /// Where the file may have the header of a record that was cut or failed. It must go before anything
    /// else is written: see [`crate::opening`].
    torn: Option<u64>,
    /// That record may be whole, and completes a live set.
    doubtful: bool,
    /// The turn-over to it, and where the next piece goes.
    turn_over: Option<(TurnOver, Place)>,
    /// How many bytes the turn-over has to write yet, about.
    left: u64,
}

impl Spare {
    pub(crate) fn new(allocated: u64, highest: u64, torn: Option<u64>) -> Self {
        Self { allocated, highest, torn, doubtful: false, turn_over: None, left: 0 }
    }

    /// The turn-over that is under way.
    pub(crate) fn turn_over(&self) -> Option<&TurnOver> {
        self.turn_over.as_ref().map(|(turn_over, _)| turn_over)
    }

    /// Says that a commit of so many bytes is on the disk, after which the active file has this room.
    pub(crate) fn committed(&mut self, repeated: Repeated, bytes: u64, room: u64) {
        let Some((turn_over, _)) = &mut self.turn_over else { return };
        // What is left must be written before the room is used up. That is at least as much as was
        // committed, and what is repeated comes on top.
        let share = self.left.saturating_mul(bytes) / room.max(1);
        let share = share.min(self.left).max(bytes);
        turn_over.committed(repeated, bytes.saturating_add(share));
    }

    /// Whether a turn-over is under way, and if so, whether it must catch up before the next commit.
    pub(crate) fn is_behind(&self) -> Option<bool> {
        self.turn_over.as_ref().map(|(turn_over, _)| turn_over.is_behind())
    }

    /// Whether the file may have a complete live set after an error. Then nothing more may be appended
    /// to the active file, because the next start would not see it.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    /// The active file, of which this much is allocated, becomes the spare one.
    pub(crate) fn exchange(&mut self, allocated: u64) {
        self.allocated = allocated;
    }

    /// Does one bounded piece of a turn-over, and begins one if none is under way. `incoming` is the
    /// size of a record that must fit afterwards. Returns the place after the live set once that is
    /// complete. After an error the next piece begins a new turn-over.
    pub(crate) fn step(
        &mut self,
        disk: &mut Disk,
        image: &dyn LiveSet,
        file: Which,
        incoming: u64,
        sizes: &Sizes,
    ) -> io::Result<Option<Place>> {
        if let Some(at) = self.torn {
            disk.remove_header(file, at)?;
            (self.torn, self.doubtful) = (None, false);
            return Ok(None);
        }
        let mut live = 0;
        image.look(&mut |image| live = image.live());
        let (mut turn_over, mut place) = self.turn_over.take().unwrap_or_else(|| {
            self.highest = self.highest.saturating_add(1);
            let wanted = sizes.wanted(live.saturating_add(incoming));
            let size = wanted.max(self.allocated);
            (TurnOver::default(), Place { file, epoch: self.highest, seq: 0, at: 0, size })
        });
        let copied = sizes.copied(live);
        let grown = place.size.saturating_sub(self.allocated);
        self.left = grown.saturating_add(copied).saturating_sub(place.at);
        if self.allocated < place.size {
            let bytes = (sizes.piece as u64).min(place.size - self.allocated);
            match self.grow(disk, file, bytes) {
                Ok(()) => turn_over.pay(bytes),
                Err(error) => {
                    if !is_full(&error) || copied.saturating_add(incoming) > self.allocated {
                        return Err(error);
                    }
                    place.size = self.allocated;
                }
            }
            self.turn_over = Some((turn_over, place));
            return Ok(None);
        }
        let mut body = Body::default();
        let mut complete = false;
        image.look(&mut |image| {
            if place.seq == 0 {
                body.push(&Operation::Begin(place.size));
                body.push(&Operation::Blocks(image.blocks()));
            }
            complete = turn_over.fill(image, &mut body, sizes.piece);
        });
        if body.size() > place.room() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let at = place.at;
        match disk.append(&mut place, body, complete) {
            Ok(_) if complete => Ok(Some(place)),
            Ok(bytes) => {
                turn_over.pay(bytes);
                self.turn_over = Some((turn_over, place));
                Ok(None)
            }
            Err(error) => {
                (self.torn, self.doubtful) = (Some(at), complete);
                Err(error)
            }
        }
    }

    /// Makes the file larger by so many zeros.
    fn grow(&mut self, disk: &mut Disk, file: Which, bytes: u64) -> io::Result<()> {
        let zeros = vec![0; usize::try_from(bytes).unwrap_or(BLOCK)];
        disk.write(file, &zeros, self.allocated)?;
        self.allocated += zeros.len() as u64;
        Ok(())
    }
}

/// Whether an error says that the disk, a quota or a file has no more room.
pub(crate) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), FileTooLarge | QuotaExceeded | StorageFull)
}
