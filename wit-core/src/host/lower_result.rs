//! A result on its way to where a guest wants it: blocks that the guest's allocator has to make
//! room for, and the area that has their pointers.
//!
//! As with parameters, this is a loop that the host drives: [`LoweredResult::next_block`] says what
//! to allocate, the host calls `cabi_realloc(0, 0, align, len)`, [`LoweredResult::place`] copies the
//! block there, and at the end [`LoweredResult::finish`] writes the area. The guest sees nothing of
//! the result before that. Blocks are asked for in the order of the canonical ABI: a list, and
//! then what its elements point to.

use alloc::{borrow::Cow, vec::Vec};

use crate::{
    error::{Field, LowerError},
    memory::Memory,
};

/// The parent of blocks that the area itself points to.
pub(super) const AREA: usize = usize::MAX;
/// The largest area that any result has.
const MAX_AREA: usize = 56;

/// A result on its way into the guest.
#[derive(Debug)]
pub struct LoweredResult<'a> {
    /// Where the area is in the guest's memory.
    pointer: u32,
    /// What will be written there.
    area: [u8; MAX_AREA],
    /// How much of it.
    size: usize,
    /// The blocks, each after the one that has its pointer.
    blocks: Vec<Block<'a>>,
    /// How many of them are placed.
    placed: usize,
}

/// Bytes to be placed in the guest's memory.
#[derive(Debug)]
struct Block<'a> {
    /// The bytes.
    bytes: Cow<'a, [u8]>,
    /// The alignment that they need.
    align: u32,
    /// What they are, for errors.
    field: &'static str,
    /// The index of the block that has the pointer to this one, or [`AREA`].
    parent: usize,
    /// Where in there.
    at: usize,
    /// Where it is placed, once it is.
    ptr: u32,
}

impl<'a> LoweredResult<'a> {
    /// A result for the area at `pointer`, all zeroes so far and of no size.
    pub(super) fn new(pointer: u32) -> Self {
        Self { pointer, area: [0; MAX_AREA], size: 0, blocks: Vec::new(), placed: 0 }
    }

    /// The length and the alignment of the block to place next, or `None` once all are placed.
    /// Empty ones count.
    pub fn next_block(&self) -> Option<(usize, u32)> {
        self.blocks.get(self.placed).map(|block| (block.bytes.len(), block.align))
    }

    /// Copies the block that [`next_block`](Self::next_block) told of to `ptr`.
    ///
    /// # Errors
    /// It does not fit into the memory there, or is not aligned: the guest's `cabi_realloc` is
    /// wrong.
    pub fn place<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        ptr: u32,
    ) -> Result<(), LowerError> {
        let Some(block) = self.blocks.get(self.placed) else { return Ok(()) };
        let (len, align, parent, at) = (block.bytes.len(), block.align, block.parent, block.at);
        let (field, size) = (Field::new(block.field), memory.size());
        let error = LowerError { field, ptr, len, align, memory: size };
        if !ptr.is_multiple_of(align) {
            return Err(error);
        }
        memory.write(ptr, len).ok_or(error)?.copy_from_slice(&block.bytes);
        // A list is in the guest already, with room for the pointers of its elements.
        let slot = match self.blocks.get(parent) {
            Some(list) => {
                let at = u32::try_from(at).ok().and_then(|at| list.ptr.checked_add(at));
                memory.write(at.ok_or(error)?, 4).ok_or(error)?
            }
            None => self.area.get_mut(at..).and_then(|rest| rest.get_mut(..4)).ok_or(error)?,
        };
        slot.copy_from_slice(&ptr.to_le_bytes());
        if let Some(block) = self.blocks.get_mut(self.placed) {
            block.bytes = Cow::Borrowed(&[]);
            block.ptr = ptr;
        }
        self.placed += 1;
        Ok(())
    }

    /// Writes the area, once all blocks are placed.
    ///
    /// # Errors
    /// It is not in the memory, which was checked when the request was lifted: memories do not
    /// shrink.
    pub fn finish<M: Memory + ?Sized>(self, memory: &mut M) -> Result<(), LowerError> {
        let bytes = self.area.get(..self.size).unwrap_or_default();
        let size = memory.size();
        let Some(target) = memory.write(self.pointer, bytes.len()) else {
            let (field, ptr, len) = (Field::new("result"), self.pointer, bytes.len());
            return Err(LowerError { field, ptr, len, align: 1, memory: size });
        };
        target.copy_from_slice(bytes);
        Ok(())
    }

    /// Says how large the area is.
    pub(super) fn size(&mut self, size: usize) {
        self.size = size;
    }

    /// Puts a byte into the area.
    pub(super) fn u8(&mut self, at: usize, value: u8) {
        put(&mut self.area, at, [value]);
    }

    /// Puts a number of 32 bits into the area.
    pub(super) fn u32(&mut self, at: usize, value: u32) {
        put(&mut self.area, at, value.to_le_bytes());
    }

    /// Puts a number of 64 bits into the area.
    pub(super) fn u64(&mut self, at: usize, value: u64) {
        put(&mut self.area, at, value.to_le_bytes());
    }

    /// Adds a string or a list of bytes, whose `{ptr, len}` is at `at` in `parent`: the area, or
    /// the index of a list that was added before and has the length already.
    pub(super) fn bytes(&mut self, parent: usize, at: usize, field: &'static str, bytes: &'a [u8]) {
        if parent == AREA {
            put(&mut self.area, at.saturating_add(4), length(bytes.len()));
        }
        let bytes = Cow::Borrowed(bytes);
        self.blocks.push(Block { bytes, align: 1, field, parent, at, ptr: 0 });
    }

    /// Adds a list of `count` elements, which `bytes` are, whose `{ptr, len}` is at `at` in the
    /// area. Gives its index.
    pub(super) fn list(
        &mut self,
        at: usize,
        field: &'static str,
        bytes: Cow<'a, [u8]>,
        align: u32,
        count: usize,
    ) -> usize {
        put(&mut self.area, at.saturating_add(4), length(count));
        self.blocks.push(Block { bytes, align, field, parent: AREA, at, ptr: 0 });
        self.blocks.len().saturating_sub(1)
    }
}

/// A length as the guest sees it. One that its memory cannot hold fails in `place`.
pub(super) fn length(len: usize) -> [u8; 4] {
    u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes()
}

/// Puts bytes into others. The offsets are this crate's own.
fn put<const N: usize>(bytes: &mut [u8], at: usize, value: [u8; N]) {
    if let Some(slot) = bytes.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *slot = value;
    }
}
