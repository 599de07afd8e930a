//! A result on its way to where a guest wants it: blocks that the guest's allocator has to make
//! room for, and the area that has their pointers.
//!
//! As with parameters, this is a loop that the host drives: [`LoweredResult::next_block`] says what
//! to allocate, the host calls `cabi_realloc(0, 0, align, len)`, [`LoweredResult::place`] copies the
//! block there, and at the end [`LoweredResult::finish`] writes the area. The guest sees nothing of
//! the result before that. Blocks are asked for in the order of the canonical ABI: a list, and
//! then what its elements point to.

use alloc::vec::Vec;
use core::{fmt, marker::PhantomData};

use super::Lower;
use crate::{
    error::{Field, LowerError},
    memory::Memory,
};

/// The parent of blocks that the area itself points to.
const AREA: usize = usize::MAX;
/// The largest area that any result has, in bytes.
const MAX_AREA: usize = 56;

/// Where a guest wants a result of type `R`: in its memory, where there is room for it.
pub struct Place<R> {
    /// The pointer to the area; 0 if there is none.
    pointer: u32,
    /// What errors call the result's blocks.
    field: &'static str,
    /// What it is the place of.
    result: PhantomData<fn(R)>,
}

impl<R: Lower> Place<R> {
    /// The place at `pointer`, which has been checked.
    pub(super) fn new(pointer: u32, field: &'static str) -> Self {
        Self { pointer, field, result: PhantomData }
    }

    /// Lays a result out for this place.
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

impl<R> fmt::Debug for Place<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.pointer)
    }
}

/// A result on its way into the guest.
#[derive(Debug)]
pub struct LoweredResult {
    /// Where the area is in the guest's memory.
    pointer: u32,
    /// What will be written there.
    area: [u8; MAX_AREA],
    /// How much of it.
    size: usize,
    /// The blocks, each after the one that has its pointer.
    blocks: Vec<Block>,
    /// How many of them are placed.
    placed: usize,
    /// The bytes of texts and lists that the guest asked for.
    content_bytes: usize,
}

/// Bytes to be placed in the guest's memory.
#[derive(Debug)]
struct Block {
    /// The bytes.
    bytes: Vec<u8>,
    /// The alignment that they need.
    align: u32,
    /// What they are, for errors.
    field: &'static str,
    /// The index of the block that has the pointer to this one, or [`AREA`].
    parent: usize,
    /// Where in there.
    at: u32,
    /// Where it is placed, once it is.
    ptr: u32,
}

impl LoweredResult {
    /// The bytes of texts and lists that the guest asked for.
    pub fn content_bytes(&self) -> usize {
        self.content_bytes
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
    /// It is not in the memory, which was checked when the parameters were lifted: memories do not
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

    /// Puts bytes into the area.
    pub fn put(&mut self, at: u32, bytes: &[u8]) {
        put(&mut self.area, at, bytes);
    }

    /// Adds a string or a list of bytes, whose `{ptr, len}` is at `at` in the area.
    pub fn bytes(&mut self, at: u32, field: &'static str, bytes: Vec<u8>) {
        let count = bytes.len();
        self.list(at, field, bytes, 1, count);
    }

    /// Adds a list of `count` elements, which `bytes` are, whose `{ptr, len}` is at `at` in the
    /// area. Gives its index among the blocks.
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

    /// Adds a string or a list of bytes that an element of the list with this index points to: the
    /// list has its length already, and the pointer belongs at `at` there.
    pub fn bytes_of(&mut self, list: usize, at: u32, field: &'static str, bytes: Vec<u8>) {
        self.blocks.push(Block { bytes, align: 1, field, parent: list, at, ptr: 0 });
    }
}

/// A length as the guest sees it. One that its memory cannot hold fails in `place`.
pub fn length(len: usize) -> [u8; 4] {
    u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes()
}

/// The bytes of `area` from `at` on.
fn from(area: &mut [u8], at: u32) -> Option<&mut [u8]> {
    area.get_mut(usize::try_from(at).ok()?..)
}

/// Puts bytes into others. The offsets follow from the types.
fn put(area: &mut [u8], at: u32, bytes: &[u8]) {
    if let Some(slot) = from(area, at).and_then(|rest| rest.get_mut(..bytes.len())) {
        slot.copy_from_slice(bytes);
    }
}
