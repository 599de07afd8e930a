//! From Rust to the guest: the parameters of `handle-message` and `init` (canonical ABI,
//! *lower* and *flattening*).
//!
//! All parameters fit the sixteen flat ones, so no record is written to memory, only the
//! bytes that strings and lists point to. Lowering is a loop that the host drives, because
//! each block needs a call into the guest: [`Lowering::next_block`] gives the bytes to place
//! next, the host calls `cabi_realloc(0, 0, 1, len)`, and [`Lowering::place`] copies them
//! there. Like other hosts, this asks for empty blocks too.

use crate::{
    error::{Field, LowerError},
    memory::Memory,
    shape::Shape,
    types::{MessageRef, MessageType},
};

/// The most flat parameters that any function of the interface has.
pub const MAX_FLAT: usize = 12;

/// The most blocks: type name, data, text, state.
const MAX_BLOCKS: usize = 4;

/// Parameters on their way into the guest.
#[derive(Debug, Default)]
pub struct Lowering<'a> {
    /// The flat parameters; a block's pointer is filled in by [`place`](Self::place).
    flat: [u32; MAX_FLAT],
    /// How many of them there are.
    len: usize,
    /// The blocks in the order of the parameters, each with the index of its pointer.
    blocks: [Option<Block<'a>>; MAX_BLOCKS],
    /// The index of the next block to place.
    next: usize,
}

/// Bytes to be placed in the guest's memory.
#[derive(Clone, Copy, Debug)]
struct Block<'a> {
    /// The bytes.
    bytes: &'a [u8],
    /// What they are, for errors.
    field: &'static str,
    /// Which flat parameter takes their pointer.
    pointer: usize,
}

/// Lowers the parameters of `handle-message`.
///
/// An absent state becomes the empty list in the shapes whose state is not optional.
pub fn handle_message<'a>(
    shape: Shape,
    message: MessageRef<'a>,
    state: Option<&'a [u8]>,
) -> Lowering<'a> {
    let mut lowering = Lowering::default();
    if shape.has_results() {
        lowering.option("state", state);
        lowering.message(shape, message);
    } else {
        lowering.message(shape, message);
        lowering.bytes("state", state.unwrap_or_default());
    }
    lowering
}

/// Lowers the parameters of `init`: in the shapes where it has any, the state so far and the
/// actor's name.
pub fn init<'a>(shape: Shape, state: Option<&'a [u8]>, name: &'a str) -> Lowering<'a> {
    let mut lowering = Lowering::default();
    if shape.has_results() {
        lowering.option("state", state);
        lowering.bytes("params", name.as_bytes());
    }
    lowering
}

impl<'a> Lowering<'a> {
    /// The bytes to place next, or `None` once all are placed. Empty ones count.
    pub fn next_block(&self) -> Option<&'a [u8]> {
        self.current().map(|block| block.bytes)
    }

    /// Copies the block that [`next_block`](Self::next_block) gave to `ptr`.
    ///
    /// # Errors
    /// The block does not fit into the memory there: the guest's `cabi_realloc` is wrong.
    pub fn place<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        ptr: u32,
    ) -> Result<(), LowerError> {
        let Some(block) = self.current() else { return Ok(()) };
        let len = block.bytes.len();
        let Some(target) = memory.write(ptr, len) else {
            let field = Field::new(block.field);
            return Err(LowerError { field, ptr, len, align: 1, memory: memory.size() });
        };
        target.copy_from_slice(block.bytes);
        if let Some(pointer) = self.flat.get_mut(block.pointer) {
            *pointer = ptr;
        }
        self.next += 1;
        Ok(())
    }

    /// The flat parameters, to be called with once all blocks are placed.
    pub fn parameters(&self) -> &[u32] {
        self.flat.get(..self.len).unwrap_or_default()
    }

    /// The block to place next.
    fn current(&self) -> Option<Block<'a>> {
        self.blocks.get(self.next).copied().flatten()
    }

    /// Adds a `websocket-message`.
    fn message(&mut self, shape: Shape, message: MessageRef<'a>) {
        match (shape, message.ty) {
            (Shape::Guide, ty) => self.bytes("message-type", ty.name().as_bytes()),
            (_, ty @ MessageType::Other(name)) => {
                self.flat(u32::from(ty.discriminant()));
                self.bytes("ty", name.as_bytes());
            }
            (_, ty) => {
                self.flat(u32::from(ty.discriminant()));
                self.flat(0);
                self.flat(0);
            }
        }
        self.option("data", message.data);
        self.option("text", message.text.map(str::as_bytes));
    }

    /// Adds an `option` of a list or string.
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

    /// Adds a list or string: a pointer, unknown as yet, and a length.
    fn bytes(&mut self, field: &'static str, bytes: &'a [u8]) {
        let block = Block { bytes, field, pointer: self.len };
        if let Some(free) = self.blocks.iter_mut().find(|block| block.is_none()) {
            *free = Some(block);
        }
        self.flat(0);
        // A length that a guest's 32-bit memory cannot hold is cut here and then fails in
        // `place`, which checks the real one.
        self.flat(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    }

    /// Adds one flat parameter.
    fn flat(&mut self, value: u32) {
        if let Some(slot) = self.flat.get_mut(self.len) {
            *slot = value;
            self.len += 1;
        }
    }
}
