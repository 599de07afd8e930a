//! An allocator for actors: small blocks come from lists of free ones, larger ones from Rust's own allocator.
//!
//! An event takes a few small blocks and gives them back. Rust's allocator looks for the best place for each, and
//! joins it with its neighbours later, which is many operations for an interpreter. To take the first block of
//! a list is about ten. An echo takes a sixth fewer of the host's instructions with it.
//!
//! The blocks of a list stay in it. So small blocks never need more memory than they once took together, each
//! size by itself.
//!
//! ```
//! #[global_allocator]
//! static ALLOCATOR: allocator::Allocator = allocator::Allocator::new();
//! ```

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::UnsafeCell,
    ptr::{self, null_mut},
};

/// Sizes of small blocks are multiples of this, in bytes. It is also their alignment.
const UNIT: usize = 16;
/// The largest small block has this many units.
const LISTS: usize = 32;
/// What is taken from Rust's allocator at once, in bytes.
const CHUNK: usize = 2048;

/// The allocator of a module without threads.
pub struct Allocator(UnsafeCell<Lists>);

struct Lists {
    /// The first free block of each size; its first bytes have the address of the next one.
    free: [*mut u8; LISTS + 1],
    /// What is left of the last chunk.
    rest: *mut u8,
    left: usize,
}

// SAFETY: a module without shared memory has one thread.
#[cfg(not(target_feature = "atomics"))]
unsafe impl Sync for Allocator {}

impl Allocator {
    /// An allocator that has no blocks yet.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(UnsafeCell::new(Lists { free: [null_mut(); LISTS + 1], rest: null_mut(), left: 0 }))
    }
}

/// The list of a block, if it is small.
fn list(layout: &Layout) -> Option<usize> {
    let units = layout.size().div_ceil(UNIT);
    (units <= LISTS && layout.align() <= UNIT).then_some(units)
}

impl Lists {
    /// Takes the first block of a list, or a new one.
    ///
    /// # Safety
    /// The blocks of the list are free.
    unsafe fn take(&mut self, units: usize) -> *mut u8 {
        let first = self.free[units];
        if first.is_null() {
            return self.carve(units);
        }
        // SAFETY: a free block begins with the address of the next one.
        self.free[units] = unsafe { *first.cast() };
        first
    }

    /// Makes a new block.
    #[inline(never)]
    fn carve(&mut self, units: usize) -> *mut u8 {
        let size = units * UNIT;
        if self.left < size {
            // What is left of the last chunk is lost. It is less than a block.
            let Ok(layout) = Layout::from_size_align(CHUNK, UNIT) else { return null_mut() };
            // SAFETY: the layout has a size.
            let chunk = unsafe { System.alloc(layout) };
            if chunk.is_null() {
                return chunk;
            }
            (self.rest, self.left) = (chunk, CHUNK);
        }
        let block = self.rest;
        self.rest = block.wrapping_add(size);
        self.left -= size;
        block
    }

    /// Puts a block into its list.
    ///
    /// # Safety
    /// [`take`](Self::take) has returned it for this list, and nobody uses it any more.
    unsafe fn give(&mut self, units: usize, block: *mut u8) {
        // SAFETY: a block has room for an address, and is aligned for one.
        unsafe { *block.cast() = self.free[units] };
        self.free[units] = block;
    }
}

impl Allocator {
    /// The lists.
    #[allow(clippy::mut_from_ref)]
    fn lists(&self) -> &mut Lists {
        // SAFETY: there is one thread, and no method below calls another one while it has this.
        unsafe { &mut *self.0.get() }
    }
}

// SAFETY: blocks are disjoint, have their size and alignment, and are in a list only while nobody has them.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match list(&layout) {
            // SAFETY: only free blocks are in lists.
            Some(units) => unsafe { self.lists().take(units) },
            // SAFETY: the caller keeps to the same rules.
            None => unsafe { System.alloc(layout) },
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match list(&layout) {
            // SAFETY: the caller says that the block has this layout, so it is of this list.
            Some(units) => unsafe { self.lists().give(units, block) },
            // SAFETY: the caller keeps to the same rules.
            None => unsafe { System.dealloc(block, layout) },
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller says that the size is valid for the alignment.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (list(&layout), list(&new)) {
            // SAFETY: the caller keeps to the same rules.
            (None, None) => unsafe { System.realloc(block, layout, size) },
            (old, new) if old == new => block,
            // SAFETY: the new block is another one, and both have room for what is copied.
            _ => unsafe {
                let moved = self.alloc(new);
                if !moved.is_null() {
                    ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                    self.dealloc(block, layout);
                }
                moved
            },
        }
    }
}

#[cfg(test)]
mod tests;
