//! What can be wrong with what a guest gave.
//!
//! Every error is the actor's fault: it names the field and the offset in linear memory, so
//! that its author can find the place.

use core::fmt;

/// Which part of a value an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The index in the list of messages, where the part belongs to one.
    pub message: Option<u32>,
    /// The part, by its name in the WIT.
    pub name: &'static str,
}

impl Field {
    /// A part of a result or of a parameter, outside the list of messages.
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

/// A result that is no valid value of the interface, or is larger than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiftError {
    /// The part that is wrong.
    pub field: Field,
    /// Where it stands, or would stand, in linear memory.
    pub offset: u32,
    /// What is wrong with it.
    pub kind: LiftErrorKind,
}

/// What is wrong with a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LiftErrorKind {
    /// It ends beyond the memory.
    OutOfBounds {
        /// The length in bytes that was claimed.
        len: u64,
        /// The memory's size in bytes.
        memory: usize,
    },
    /// A compound value's pointer is not a multiple of its alignment.
    Misaligned {
        /// The alignment in bytes.
        align: u32,
    },
    /// A string is not UTF-8.
    Utf8 {
        /// How many bytes from its start are.
        valid: usize,
    },
    /// A variant, an option or a result has no such case.
    Discriminant {
        /// What stands there.
        found: u8,
        /// How many cases there are.
        cases: u8,
    },
    /// The same for a parameter, which is in no memory; the offset is 0.
    FlatDiscriminant {
        /// What was passed.
        found: u32,
        /// How many cases there are.
        cases: u8,
    },
    /// It is larger than the host's limit.
    TooLarge {
        /// What it would come to, in the limit's unit.
        size: u64,
        /// The limit: bytes, or a number of messages.
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

/// `cabi_realloc` returned a block that is not in the memory, or not aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LowerError {
    /// What was to be placed there.
    pub field: Field,
    /// The pointer that the guest returned.
    pub ptr: u32,
    /// The length in bytes that was asked for.
    pub len: usize,
    /// The alignment that was asked for.
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
