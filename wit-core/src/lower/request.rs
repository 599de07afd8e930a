//! Lowers the parameters of `handle-request`.
//!
//! A request's header fields are a list of records in the guest's memory. The list is placed before
//! what its elements point to, as the canonical ABI wants it. Each pointer is written once its block
//! is placed.

use alloc::vec::Vec;

use super::MAX_FLAT;
use crate::{
    error::{Field, LowerError},
    http::HttpRequest,
    layout::{ALIGN, HEADER_FIELD},
    memory::Memory,
    shape::Shape,
};

/// Parameters of `handle-request` that are being lowered.
///
/// The host drives it like [`Lowering`](super::Lowering), with `cabi_realloc(0, 0, align, len)` for
/// each block.
#[derive(Debug, Default)]
pub struct LoweringRequest<'a> {
    /// The flat parameters. [`place`](Self::place) fills in the pointers of blocks.
    flat: [u32; MAX_FLAT],
    /// How many of `flat` are used.
    len: usize,
    /// In the order of the canonical ABI.
    blocks: Vec<Block<'a>>,
    /// The index of the block to place next.
    next: usize,
    /// The address of the list of header fields, once it is placed.
    list: u32,
}

/// Bytes to be placed in the guest's memory.
#[derive(Debug)]
struct Block<'a> {
    content: Content<'a>,
    /// The field's name, for errors.
    field: &'static str,
    /// Where its pointer goes.
    pointer: Pointer,
}

/// What a block consists of.
#[derive(Debug)]
enum Content<'a> {
    /// A string or a list of bytes.
    Bytes(&'a [u8]),
    /// The list of header fields. The pointers in it are still 0.
    Fields(Vec<u8>),
}

/// Where the pointer to a block goes.
#[derive(Clone, Copy, Debug)]
enum Pointer {
    /// A flat parameter, by its index.
    Flat(usize),
    /// The list of header fields, at this offset.
    List(u32),
}

/// Lowers the parameters of `handle-request`.
///
/// In shapes whose state is not optional, an absent state becomes an empty list.
pub fn handle_request<'a>(
    shape: Shape,
    request: &'a HttpRequest,
    state: Option<&'a [u8]>,
) -> LoweringRequest<'a> {
    let mut lowering = LoweringRequest::default();
    if shape.has_results() {
        lowering.option("state", state);
        lowering.request(request);
    } else {
        lowering.request(request);
        lowering.bytes("state", state.unwrap_or_default());
    }
    lowering
}

impl Content<'_> {
    /// Its bytes and their alignment.
    fn parts(&self) -> (&[u8], u32) {
        match self {
            Self::Bytes(bytes) => (bytes, 1),
            Self::Fields(bytes) => (bytes, ALIGN),
        }
    }
}

impl<'a> LoweringRequest<'a> {
    /// The length and the alignment of the block to place next, or `None` if all are placed. Empty
    /// blocks count too.
    pub fn next_block(&self) -> Option<(usize, u32)> {
        let (bytes, align) = self.blocks.get(self.next)?.content.parts();
        Some((bytes.len(), align))
    }

    /// Copies the block from [`next_block`](Self::next_block) to `ptr`.
    ///
    /// # Errors
    /// The memory has no room for the block there, or `ptr` is not aligned: the guest's
    /// `cabi_realloc` is wrong.
    pub fn place<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        ptr: u32,
    ) -> Result<(), LowerError> {
        let Some(block) = self.blocks.get(self.next) else { return Ok(()) };
        let (bytes, align) = block.content.parts();
        let (field, len, size) = (Field::new(block.field), bytes.len(), memory.size());
        let error = LowerError { field, ptr, len, align, memory: size };
        if !ptr.is_multiple_of(align) {
            return Err(error);
        }
        memory.write(ptr, len).ok_or(error)?.copy_from_slice(bytes);
        match block.pointer {
            Pointer::Flat(index) => {
                if let Some(pointer) = self.flat.get_mut(index) {
                    *pointer = ptr;
                }
            }
            Pointer::List(at) => {
                // In bounds: the list is placed there, and a memory does not shrink.
                if let Some(pointer) = memory.write(self.list.saturating_add(at), 4) {
                    pointer.copy_from_slice(&ptr.to_le_bytes());
                }
            }
        }
        if matches!(block.content, Content::Fields(_)) {
            self.list = ptr;
        }
        self.next += 1;
        Ok(())
    }

    /// The flat parameters for the call. They are complete once all blocks are placed.
    pub fn parameters(&self) -> &[u32] {
        self.flat.get(..self.len).unwrap_or_default()
    }

    /// Adds an `http-request`.
    fn request(&mut self, request: &'a HttpRequest) {
        let HttpRequest { method, uri, headers, body } = request;
        self.bytes("method", method.as_bytes());
        self.bytes("uri", uri.as_bytes());
        let mut list = Vec::new();
        for (name, value) in headers {
            // Each pointer, which is written later, and its length.
            for text in [name, value] {
                list.extend([0; 4]);
                list.extend(length(text.len()).to_le_bytes());
            }
        }
        self.block("headers", Content::Fields(list), headers.len());
        let mut at = 0_u32;
        for (name, value) in headers {
            for (text, field, at) in [
                (name, "a header field's name", at),
                (value, "a header field's value", at.saturating_add(HEADER_FIELD / 2)),
            ] {
                let (content, pointer) = (Content::Bytes(text.as_bytes()), Pointer::List(at));
                self.blocks.push(Block { content, field, pointer });
            }
            at = at.saturating_add(HEADER_FIELD);
        }
        self.option("body", body.as_deref());
    }

    /// Adds an `option` of a list of bytes.
    fn option(&mut self, field: &'static str, bytes: Option<&'a [u8]>) {
        self.flat(u32::from(bytes.is_some()));
        match bytes {
            Some(bytes) => self.bytes(field, bytes),
            None => {
                self.flat(0);
                self.flat(0);
            }
        }
    }

    /// Adds a string or a list of bytes.
    fn bytes(&mut self, field: &'static str, bytes: &'a [u8]) {
        self.block(field, Content::Bytes(bytes), bytes.len());
    }

    /// Adds a string or a list of `len` elements: a pointer that is not known yet, and a length.
    fn block(&mut self, field: &'static str, content: Content<'a>, len: usize) {
        self.blocks.push(Block { content, field, pointer: Pointer::Flat(self.len) });
        self.flat(0);
        self.flat(length(len));
    }

    /// Adds one flat parameter.
    fn flat(&mut self, value: u32) {
        if let Some(slot) = self.flat.get_mut(self.len) {
            *slot = value;
            self.len += 1;
        }
    }
}

/// A length in a guest's memory. A 32-bit memory can't hold one that is cut here: `place` checks the
/// real length and fails.
fn length(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
