//! From Rust to the guest: the parameters of `handle-message`, `handle-request` and `init`
//! (canonical ABI, *lower* and *flattening*).
//!
//! The canonical ABI allows sixteen flat parameters, and all parameters fit. So only the bytes of
//! strings and lists go to memory, and no records but a request's header fields.
//!
//! The host drives lowering in a loop, because the guest has to provide the memory for each block of
//! bytes. [`Lowering::next_block`] returns the next block, the host calls `cabi_realloc(0, 0, 1, len)`,
//! and [`Lowering::place`] copies the block there. Empty blocks have a pointer too. Like other hosts, this
//! one asks the guest for it.

mod request;

pub use self::request::{LoweringRequest, handle_request};
use crate::{
    error::{Field, LowerError},
    memory::Memory,
    shape::{InitForm, Shape},
    types::{MessageRef, MessageType},
};

/// The most flat parameters that any function of the interface has.
pub const MAX_FLAT: usize = 12;

/// The most blocks: type name, data, text, state.
const MAX_BLOCKS: usize = 4;

/// Parameters that are being lowered.
#[derive(Debug, Default)]
pub struct Lowering<'a> {
    /// The flat parameters. [`place`](Self::place) fills in the pointers of blocks.
    flat: [u32; MAX_FLAT],
    /// How many of `flat` are used.
    len: usize,
    /// The blocks in the order of the parameters.
    blocks: [Option<Block<'a>>; MAX_BLOCKS],
    /// The index of the block to place next.
    next: usize,
}

/// Bytes to be placed in the guest's memory.
#[derive(Clone, Copy, Debug)]
struct Block<'a> {
    bytes: &'a [u8],
    /// The field's name, for errors.
    field: &'static str,
    /// The index of the flat parameter that takes the pointer.
    pointer: usize,
}

/// Lowers the parameters of `handle-message`.
///
/// In shapes whose state is not optional, an absent state becomes an empty list.
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

/// Lowers the parameters of `init`: the state so far and the actor's name, if this form has them.
///
/// In a form whose state is not optional, an absent state becomes an empty list.
pub fn init<'a>(form: InitForm, state: Option<&'a [u8]>, name: &'a str) -> Lowering<'a> {
    let mut lowering = Lowering::default();
    match form {
        InitForm::Bare => {}
        InitForm::Bytes => lowering.bytes("data", state.unwrap_or_default()),
        InitForm::Optional => lowering.option("data", state),
        InitForm::Named => {
            lowering.option("state", state);
            lowering.bytes("params", name.as_bytes());
        }
    }
    lowering
}

/// Lowers the parameters of `handle-send` and of the `handle-request` beside it, which are the same.
///
/// In shapes whose state is not optional, an absent state becomes an empty list.
pub fn actor_message<'a>(shape: Shape, msg: &'a [u8], state: Option<&'a [u8]>) -> Lowering<'a> {
    let mut lowering = Lowering::default();
    if shape.has_results() {
        lowering.option("state", state);
        lowering.bytes("msg", msg);
    } else {
        lowering.bytes("msg", msg);
        lowering.bytes("state", state.unwrap_or_default());
    }
    lowering
}

/// Lowers the parameter of [`migrate`](crate::migrate): the old state.
pub fn migrate(old: Option<&[u8]>) -> Lowering<'_> {
    let mut lowering = Lowering::default();
    lowering.option("old", old);
    lowering
}

impl<'a> Lowering<'a> {
    /// The block to place next, which may be empty, or `None` if all are placed.
    pub fn next_block(&self) -> Option<&'a [u8]> {
        self.current().map(|block| block.bytes)
    }

    /// The block after the next one.
    pub fn following_block(&self) -> Option<&'a [u8]> {
        let following = self.blocks.get(self.next.checked_add(1)?)?;
        following.map(|block| block.bytes)
    }

    /// Copies the block from [`next_block`](Self::next_block) to `ptr`.
    ///
    /// # Errors
    /// The memory has no room for the block there: the guest's `cabi_realloc` is wrong.
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

    /// The flat parameters for the call. They are complete once all blocks are placed.
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

    /// Adds a list or string: a pointer that is not known yet, and a length.
    fn bytes(&mut self, field: &'static str, bytes: &'a [u8]) {
        let block = Block { bytes, field, pointer: self.len };
        if let Some(free) = self.blocks.iter_mut().find(|block| block.is_none()) {
            *free = Some(block);
        }
        self.flat(0);
        // A 32-bit memory can't hold a length that is cut here. `place` checks the real length
        // and fails.
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
