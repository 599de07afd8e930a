//! Blocks of connection numbers, none of which is ever handed out twice.

/// How many connection numbers a block has.
pub const BLOCK_SIZE: u64 = 1 << 20;
/// The number of blocks that exist: a connection number has 53 bits.
const LIMIT: u64 = (1 << 53) / BLOCK_SIZE;

/// How many blocks one reservation takes: one to hand out, and a spare.
const STEP: u64 = 2;

/// Which blocks are reserved, and which of those are handed out. A block is handed out only if the disk
/// says that it is reserved. So after a power cut it is not handed out again.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    /// The next block to hand out.
    next: u64,
    /// The disk says that all blocks below may have been handed out.
    reserved: u64,
    /// Whether the first reservation of this process has been tried. Before that it is worth waiting.
    pub(crate) tried: bool,
}

impl Blocks {
    /// Starts above the blocks that are `reserved` on the disk.
    pub(crate) fn new(reserved: u64) -> Self {
        Self { next: reserved, reserved, tried: false }
    }

    /// What to write: the number below which all blocks may be handed out. `None` while there is a
    /// spare.
    pub(crate) fn wanted(&self) -> Option<u64> {
        let wanted = self.next.saturating_add(STEP).min(LIMIT);
        (self.next == self.reserved && wanted > self.reserved).then_some(wanted)
    }

    /// The disk says that blocks below `reserved` may be handed out.
    pub(crate) fn reserved(&mut self, reserved: u64) {
        self.reserved = self.reserved.max(reserved);
        self.tried = true;
    }

    /// Whether there is no block any more. Then no reservation will ever be tried.
    pub(crate) fn are_used_up(&self) -> bool {
        self.next >= LIMIT
    }

    /// A block that was never handed out. `None` if none is reserved.
    pub(crate) fn take(&mut self) -> Option<u64> {
        let block = self.next;
        (block < self.reserved).then(|| {
            self.next += 1;
            block
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_handed_out_only_if_it_is_reserved() {
        let mut blocks = Blocks::new(0);
        assert_eq!(blocks.take(), None);
        assert_eq!(blocks.wanted(), Some(2));
        blocks.reserved(2);
        assert_eq!(blocks.take(), Some(0));
        assert_eq!(blocks.wanted(), None);
        assert_eq!(blocks.take(), Some(1));
        assert_eq!(blocks.take(), None);
        assert_eq!(blocks.wanted(), Some(4));
    }

    #[test]
    fn blocks_that_an_earlier_process_reserved_are_not_handed_out() {
        let mut blocks = Blocks::new(7);
        assert_eq!(blocks.wanted(), Some(9));
        blocks.reserved(9);
        assert_eq!(blocks.take(), Some(7));
    }

    #[test]
    fn the_last_block_is_the_one_below_the_limit() {
        let mut blocks = Blocks::new(LIMIT - 1);
        assert_eq!(blocks.wanted(), Some(LIMIT));
        blocks.reserved(LIMIT);
        assert_eq!(blocks.take(), Some(LIMIT - 1));
        assert_eq!(blocks.take(), None);
        assert_eq!(blocks.wanted(), None);
        assert!(blocks.are_used_up());
    }
}
