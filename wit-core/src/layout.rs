//! The offset of each field in the guest's memory (canonical ABI, *alignment* and *element
//! size*).
//!
//! A record has its fields in order, each at a multiple of its alignment. A `string` or a list is
//! `{ptr: u32, len: u32}`. An option or a variant is a `u8`, followed by its payload at the
//! payload's alignment.

use crate::shape::Shape;

/// The alignment of every compound value of this interface.
pub const ALIGN: u32 = 4;

/// The layout of one shape's `websocket-message`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageLayout {
    /// The record's size in bytes, which is also the distance between two records of a list.
    pub size: u32,
    /// The offset of `message-type` or `ty`.
    pub ty: u32,
    /// The offset of `data`: the option's discriminant. Pointer and length follow at +4 and +8.
    pub data: u32,
    /// The offset of `text`, laid out like `data`.
    pub text: u32,
}

/// The layout of one shape's result of `handle-message`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultLayout {
    /// In bytes.
    pub size: u32,
    /// The offset of the new state's `{ptr, len}`, or of the option's discriminant before them.
    pub state: u32,
    /// The offset of the `{ptr, len}` of the list of messages.
    pub messages: u32,
}

/// The layout of one shape's result of `handle-request`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestResultLayout {
    /// In bytes.
    pub size: u32,
    /// The offset of the new state's `{ptr, len}`, or of the option's discriminant before them.
    pub state: u32,
    /// The offset of the `http-response`.
    pub response: u32,
}

/// The layout of one shape's result of the `handle-request` of `message-server-client`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyLayout {
    /// In bytes.
    pub size: u32,
    /// The offset of the new state's `{ptr, len}`, or of the option's discriminant before them.
    pub state: u32,
    /// The offset of the reply's `{ptr, len}`.
    pub reply: u32,
}

/// The layout of an `http-response`, which is the same in all shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseLayout {
    /// In bytes.
    pub size: u32,
    /// The offset of the status.
    pub status: u32,
    /// The offset of the `{ptr, len}` of the list of header fields.
    pub headers: u32,
    /// The offset of the content: the option's discriminant. Pointer and length follow at +4 and +8.
    pub body: u32,
}

/// The layout of an `http-response`.
pub const RESPONSE: ResponseLayout = ResponseLayout { size: 24, status: 0, headers: 4, body: 12 };

/// The size of a header field in a list: the `{ptr, len}` of its name, then those of its value.
pub const HEADER_FIELD: u32 = 16;

/// The offset of the error's `{ptr, len}` in a `result` that is an error.
pub const ERROR: u32 = 4;

/// The offset of the state's option in the `result` of `init`.
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

    /// The layout of the result of `handle-request`. In the early shapes the response comes first.
    pub const fn request_result_layout(self) -> RequestResultLayout {
        match self {
            Self::Guide | Self::Typed => RequestResultLayout { size: 32, state: 24, response: 0 },
            Self::Result | Self::Renamed => {
                RequestResultLayout { size: 40, state: 4, response: 16 }
            }
        }
    }

    /// The layout of the result of the `handle-request` of `message-server-client`. In the early shapes
    /// the reply comes first.
    pub const fn reply_layout(self) -> ReplyLayout {
        match self {
            Self::Guide | Self::Typed => ReplyLayout { size: 16, state: 8, reply: 0 },
            Self::Result | Self::Renamed => ReplyLayout { size: 24, state: 4, reply: 16 },
        }
    }

    /// The size in bytes of the result of `init`, which is also that of `handle-send`.
    pub const fn init_size(self) -> u32 {
        match self {
            Self::Guide | Self::Typed => 8,
            Self::Result | Self::Renamed => 16,
        }
    }
}
