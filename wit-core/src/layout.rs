//! Where each field stands in the guest's memory (canonical ABI, *alignment* and *element
//! size*): records lay their fields out in order, each at a multiple of its alignment; a
//! `string` or a list is `{ptr: u32, len: u32}`; an option or a variant is a `u8` and then
//! its payload at the payload's alignment.

use crate::shape::Shape;

/// The alignment of every compound value of this interface.
pub const ALIGN: u32 = 4;

/// The offsets of one shape's `websocket-message`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageLayout {
    /// The record's size in bytes, which is also the distance between two in a list.
    pub size: u32,
    /// `message-type` or `ty`.
    pub ty: u32,
    /// `data`: the option's discriminant; pointer and length follow at +4 and +8.
    pub data: u32,
    /// `text`: likewise.
    pub text: u32,
}

/// The offsets of one shape's result of `handle-message`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultLayout {
    /// The size in bytes.
    pub size: u32,
    /// The new state: `{ptr, len}`, or the option's discriminant before them.
    pub state: u32,
    /// The list of messages: `{ptr, len}`.
    pub messages: u32,
}

/// Where the error's `{ptr, len}` stands in a `result` that is an error.
pub const ERROR: u32 = 4;

/// Where the state's option stands in an `init` that returned a `result`.
pub const INIT_STATE: u32 = 4;

impl Shape {
    /// The layout of a message.
    pub const fn message_layout(self) -> MessageLayout {
        match self {
            Self::Guide => MessageLayout { size: 32, ty: 0, data: 8, text: 20 },
            _ => MessageLayout { size: 36, ty: 0, data: 12, text: 24 },
        }
    }

    /// The layout of the result of `handle-message`.
    pub const fn result_layout(self) -> ResultLayout {
        match self {
            Self::Guide | Self::Typed => ResultLayout { size: 16, state: 0, messages: 8 },
            Self::Result | Self::Renamed => ResultLayout { size: 24, state: 4, messages: 16 },
        }
    }

    /// The size of the result of `init`.
    pub const fn init_size(self) -> u32 {
        match self {
            Self::Guide | Self::Typed => 8,
            Self::Result | Self::Renamed => 16,
        }
    }
}
