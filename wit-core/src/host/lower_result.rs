//! Places a result in a guest: the blocks that the guest's allocator provides, and the area with
//! their pointers.
//!
//! As with parameters, the host drives a loop. [`LoweredResult::next_block`] returns what to
//! allocate, the host calls `cabi_realloc(0, 0, align, len)`, and [`LoweredResult::place`] copies
//! the block there. At the end [`LoweredResult::finish`] writes the area. Before that, the guest
//! can't see the result. The blocks come in the order of the canonical ABI: first a list, and then
//! what its elements point to.

use alloc::vec::Vec;
use core::{fmt, marker::PhantomData};

use super::Lower;
use crate::{
    error::{Field, LowerError},
    memory::Memory,
};

/// The parent of blocks whose pointer is in the area itself.
const AREA: usize = usize::MAX;
/// The size of the largest area in bytes.
const MAX_AREA: usize = 56;

/// The checked place for a result of type `R` in a guest's memory.
pub struct ResultSlot<R> {
    /// The pointer to the area; 0 if there is no area.
    pointer: u32,
    /// The name of the result's blocks in errors.
    field: &'static str,
    result: PhantomData<fn(R)>,
}

impl<R: Lower> ResultSlot<R> {
    /// The place at a pointer that has been checked.
    pub(super) fn new(pointer: u32, field: &'static str) -> Self {
        Self { pointer, field, result: PhantomData }
    }

    /// Lays out a result for this place.
    pub fn lower(self, result: R) -> LoweredResult {
        const { assert!(R::SIZE as usize <= MAX_AREA, "MAX_AREA has to grow") };
        let mut to = LoweredResult {
            pointer: self.pointer,
            area: [0; MAX_AREA],
            size: R::SIZE as usize,
            blocks: Vec::new(),
            placed: 0,
            content_bytes: result.content_bytes(),
        };
        result.lower(&mut to, 0, self.field);
        to
    }
}

impl<R> fmt::Debug for ResultSlot<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.pointer)
    }
}

/// A result that is being placed in a guest.
#[derive(Debug)]
pub struct LoweredResult {
    /// Where the guest wants the area.
    pointer: u32,
    /// What is written there at the end, when all pointers are known.
    area: [u8; MAX_AREA],
    /// How many bytes of `area` count.
    size: usize,
    /// Each follows the one that has its pointer.
    blocks: Vec<Block>,
    /// How many of `blocks` are placed.
    placed: usize,
    /// The bytes of texts and lists, for the import's cost.
    content_bytes: usize,
}

/// Bytes to place in the guest's memory.
#[derive(Debug)]
struct Block {
    bytes: Vec<u8>,
    align: u32,
    /// The name of the block in errors.
    field: &'static str,
    /// The index of the block that has this block's pointer, or [`AREA`].
    parent: usize,
    /// The offset of the pointer there.
    at: u32,
    /// The address of the block, once it is placed.
    ptr: u32,
}

impl LoweredResult {
    /// The bytes of texts and lists in the result.
    pub fn content_bytes(&self) -> usize {
        self.content_bytes
    }

    /// The length and the alignment of the next block, or `None` once all are placed. Empty blocks
    /// count too.
    pub fn next_block(&self) -> Option<(usize, u32)> {
        self.blocks.get(self.placed).map(|block| (block.bytes.len(), block.align))
    }

    /// Copies the block of [`next_block`](Self::next_block) to `ptr`.
    ///
    /// # Errors
    /// The block does not fit into the memory at `ptr`, or is not aligned. The guest's
    /// `cabi_realloc` is wrong.
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
        // A list is already placed, with space for the pointers of its elements.
        let slot = match self.blocks.get(parent) {
            Some(list) => {
                let at = list.ptr.checked_add(at).ok_or(error)?;
                memory.write(at, 4).ok_or(error)?
            }
            None => from(&mut self.area, at).and_then(|rest| rest.get_mut(..4)).ok_or(error)?,
        };
        slot.copy_from_slice(&ptr.to_le_bytes());
        if let Some(block) = self.blocks.get_mut(self.placed) {
            block.bytes = Vec::new();
            block.ptr = ptr;
        }
        self.placed += 1;
        Ok(())
    }

    /// Writes the area, once all blocks are placed.
    ///
    /// # Errors
    /// The area is outside the memory. That was checked when the parameters were lifted, and
    /// memories do not shrink.
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

    /// Writes bytes to the area.
    pub fn put(&mut self, at: u32, bytes: &[u8]) {
        put(&mut self.area, at, bytes);
    }

    /// Adds a string or a list of bytes. Its pointer and length go to `at` in the area.
    pub fn bytes(&mut self, at: u32, field: &'static str, bytes: Vec<u8>) {
        let count = bytes.len();
        self.list(at, field, bytes, 1, count);
    }

    /// Adds a list of `count` elements, which are encoded in `bytes`. Its pointer and length go to
    /// `at` in the area. Returns its index among the blocks.
    pub fn list(
        &mut self,
        at: u32,
        field: &'static str,
        bytes: Vec<u8>,
        align: u32,
        count: usize,
    ) -> usize {
        self.put(at.saturating_add(4), &length(count));
        self.blocks.push(Block { bytes, align, field, parent: AREA, at, ptr: 0 });
        self.blocks.len().saturating_sub(1)
    }

    /// Adds a string or a list of bytes that an element of the list with index `list` points to.
    /// The pointer goes to `at` in the list, which already has the length.
    pub fn bytes_of(&mut self, list: usize, at: u32, field: &'static str, bytes: Vec<u8>) {
        self.blocks.push(Block { bytes, align: 1, field, parent: list, at, ptr: 0 });
    }
}

/// Encodes a length. `place` fails if the guest's memory can't hold that much.
pub fn length(len: usize) -> [u8; 4] {
    u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes()
}

/// The bytes of `area` from `at` on.
fn from(area: &mut [u8], at: u32) -> Option<&mut [u8]> {
    area.get_mut(usize::try_from(at).ok()?..)
}

/// Copies bytes into the area. The types guarantee that they fit.
fn put(area: &mut [u8], at: u32, bytes: &[u8]) {
    if let Some(slot) = from(area, at).and_then(|rest| rest.get_mut(..bytes.len())) {
        slot.copy_from_slice(bytes);
    }
}
