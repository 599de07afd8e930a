//! What can be wrong with a guest's value.
//!
//! Every error is the actor's fault. It names the field and the offset in linear memory, so that
//! the actor's author can find the place.

use core::fmt;

/// The field that an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The index in the list of messages, if the field belongs to a message.
    pub message: Option<u32>,
    /// As the WIT spells it.
    pub name: &'static str,
}

impl Field {
    /// A field of a result or of a parameter, outside the list of messages.
    pub const fn new(name: &'static str) -> Self {
        Self { message: None, name }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message {
            Some(index) => write!(f, "messages[{index}].{}", self.name),
            None => f.write_str(self.name),
        }
    }
}

/// A guest's value is invalid or too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiftError {
    /// Where to look in the guest's source.
    pub field: Field,
    /// The field's offset in linear memory, even if that is out of bounds.
    pub offset: u32,
    /// Says what the guest has to change.
    pub kind: LiftErrorKind,
}

/// What is wrong with a guest's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LiftErrorKind {
    /// The value ends beyond the memory.
    OutOfBounds {
        /// In bytes, as the guest claims.
        len: u64,
        /// In bytes.
        memory: usize,
    },
    /// A compound value's pointer is not a multiple of its alignment.
    Misaligned {
        /// The alignment in bytes.
        align: u32,
    },
    /// A string is not UTF-8.
    Utf8 {
        /// How many bytes from its beginning are valid.
        valid: usize,
    },
    /// A variant, an option or a result has no such case.
    Discriminant {
        /// The discriminant in memory.
        found: u8,
        /// The number of cases.
        cases: u8,
    },
    /// A parameter's variant or option has no such case. A parameter is not in memory, so the
    /// offset is 0.
    FlatDiscriminant {
        /// The discriminant that the guest passed.
        found: u32,
        /// The number of cases.
        cases: u8,
    },
    /// The value is larger than the host's limit.
    TooLarge {
        /// The size in the limit's unit.
        size: u64,
        /// The limit, in bytes or messages.
        limit: usize,
    },
}

impl fmt::Display for LiftError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, offset, kind } = self;
        match kind {
            LiftErrorKind::OutOfBounds { len, memory } => write!(
                f,
                "{field} at offset {offset:#x} is {len} bytes long, which is beyond the memory's {memory} bytes"
            ),
            LiftErrorKind::Misaligned { align } => {
                write!(f, "{field} at offset {offset:#x} is not aligned to {align} bytes")
            }
            LiftErrorKind::FlatDiscriminant { found, cases } => write!(
                f,
                "{field} is passed with discriminant {found}, but only 0 to {} exist",
                cases.saturating_sub(1)
            ),
            LiftErrorKind::Utf8 { valid } => {
                write!(f, "{field} at offset {offset:#x} is not UTF-8 from its byte {valid} on")
            }
            LiftErrorKind::Discriminant { found, cases } => write!(
                f,
                "{field} at offset {offset:#x} has discriminant {found}, but only 0 to {} exist",
                cases.saturating_sub(1)
            ),
            LiftErrorKind::TooLarge { size, limit } => {
                write!(
                    f,
                    "{field} at offset {offset:#x} comes to {size}, past the limit of {limit}"
                )
            }
        }
    }
}

impl core::error::Error for LiftError {}

/// `cabi_realloc` returned a block that is out of bounds or not aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LowerError {
    /// The field for which the host asked for the block.
    pub field: Field,
    /// The pointer that the guest returned.
    pub ptr: u32,
    /// The length that the host asked for, in bytes.
    pub len: usize,
    /// The alignment that the host asked for, in bytes.
    pub align: u32,
    /// The memory's size in bytes.
    pub memory: usize,
}

impl fmt::Display for LowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, ptr, len, align, memory } = self;
        write!(f, "cabi_realloc returned {ptr:#x} for the {len} bytes of {field}, which is ")?;
        if ptr.is_multiple_of(*align) {
            write!(f, "beyond the memory's {memory} bytes")
        } else {
            write!(f, "not aligned to {align} bytes")
        }
    }
}

impl core::error::Error for LowerError {}
