//! The guest's memory, full of garbage, and a valid but unhelpful `cabi_realloc`.

/// The size of a guest's memory in bytes.
const SIZE: u32 = 4096;

/// The largest gap before a block.
const GAP: u32 = 15;

/// The strictest alignment of a block.
const ALIGN: u32 = 8;

/// A memory that gives out blocks from both ends, with gaps between them. So the order of blocks in
/// memory differs from the order of requests, and blocks of bytes can have odd addresses.
#[derive(Clone, Debug)]
pub struct Arena {
    /// The memory. Everything outside blocks is garbage, and so is a new block.
    pub memory: Vec<u8>,
    /// All blocks so far: address and length.
    pub blocks: Vec<(u32, u32)>,
    /// The free part.
    free: core::ops::Range<u32>,
    /// How each block is chosen, in a cycle: the low bit says from which end, and the other bits
    /// how large the gap is.
    habits: Vec<u8>,
}

impl Arena {
    /// A memory filled with repetitions of `garbage`. It gives out blocks by `habits`.
    pub fn new(garbage: &[u8], habits: &[u8]) -> Self {
        let memory = garbage.iter().copied().cycle().take(SIZE as usize).collect();
        Self { memory, blocks: Vec::new(), free: 0..SIZE, habits: habits.to_vec() }
    }

    /// Whether this many blocks with this many bytes in all fit, whatever the habits.
    pub fn fits(bytes: usize, blocks: usize) -> bool {
        bytes + blocks * (GAP + ALIGN - 1) as usize <= SIZE as usize
    }

    /// `cabi_realloc(0, 0, align, len)`.
    pub fn realloc(&mut self, align: u32, len: u32) -> u32 {
        let habit = self.habits[self.blocks.len() % self.habits.len()];
        let gap = u32::from(habit >> 1) % (GAP + 1);
        let at = if habit & 1 == 0 {
            let at = (self.free.start + gap).next_multiple_of(align);
            self.free.start = at + len;
            at
        } else {
            let at = self.free.end.checked_sub(gap + len).expect("enough memory");
            self.free.end = at - at % align;
            self.free.end
        };
        assert!(self.free.start <= self.free.end, "enough memory");
        self.blocks.push((at, len));
        at
    }

    /// Writes the content of a block.
    pub fn write(&mut self, at: u32, bytes: &[u8]) {
        let at = at as usize;
        self.memory[at..at + bytes.len()].copy_from_slice(bytes);
    }
}
