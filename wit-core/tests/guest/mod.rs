//! Memories for results that no honest guest returns.
//!
//! The offsets are worked out by hand from the description of the shapes, and not with the crate.
#![allow(dead_code)] // Each test crate uses a part of it.

use wit_core::{
    Budget, Field, LiftError, Shape,
    error::LiftErrorKind,
    lift::{self, Reply},
};

/// The address of every result.
pub const RESULT: u32 = 0x10;

/// The address of the first message.
pub const MESSAGE: u32 = 0x40;

/// The first free address, for strings.
pub const FREE: u32 = 0x80;

/// The addresses of an answer's parts. Each is a pointer followed by a length.
pub struct Parts {
    pub state: u32,
    pub messages: u32,
    pub ty: u32,
    pub data: u32,
    pub text: u32,
}

pub fn parts(shape: Shape) -> Parts {
    match shape {
        Shape::Guide => Parts { state: 0x10, messages: 0x18, ty: 0x40, data: 0x4c, text: 0x58 },
        Shape::Typed => Parts { state: 0x10, messages: 0x18, ty: 0x44, data: 0x50, text: 0x5c },
        _ => Parts { state: 0x18, messages: 0x20, ty: 0x44, data: 0x50, text: 0x5c },
    }
}

/// The sizes of a message and of the results of `handle-message` and `init`.
pub fn sizes(shape: Shape) -> (u32, u32, u32) {
    match shape {
        Shape::Guide => (32, 16, 8),
        Shape::Typed => (36, 16, 8),
        _ => (36, 24, 16),
    }
}

/// The name of a message's first field in this shape.
pub fn ty(shape: Shape) -> &'static str {
    if shape == Shape::Guide { "message-type" } else { "ty" }
}

/// A guest's memory of 256 bytes.
#[derive(Clone)]
pub struct Guest(pub Vec<u8>);

impl Guest {
    /// A guest that returned one message with all parts, which are empty.
    pub fn answering(shape: Shape) -> Self {
        let guest = Self(vec![0; 256]).pair(parts(shape).messages, MESSAGE, 1);
        guest.message(shape, MESSAGE).byte(0x14, shape.has_results().into())
    }

    /// A guest that returned an error from either function.
    pub fn failing(text: u32, len: u32) -> Self {
        Self(vec![0; 256]).byte(RESULT, 1).pair(0x14, text, len)
    }

    /// Writes a message with all parts, which are empty.
    pub fn message(self, shape: Shape, at: u32) -> Self {
        let Parts { data, text, .. } = parts(shape);
        let guest = if shape == Shape::Guide { self } else { self.byte(at, 6) };
        let [data, text] = [data, text].map(|part| part - 4 - MESSAGE + at);
        guest.byte(data, 1).byte(text, 1)
    }

    pub fn byte(self, at: u32, byte: u8) -> Self {
        self.bytes(at, &[byte])
    }

    pub fn bytes(mut self, at: u32, bytes: &[u8]) -> Self {
        let at = at as usize;
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    /// Writes a pointer and a length.
    pub fn pair(self, at: u32, ptr: u32, len: u32) -> Self {
        self.bytes(at, &ptr.to_le_bytes()).bytes(at + 4, &len.to_le_bytes())
    }

    pub fn reply(&self, shape: Shape, budget: Budget) -> Result<Result<Reply, String>, LiftError> {
        lift::handle_message(shape, self.0.as_slice(), RESULT, &budget)
    }

    /// The error that the result is refused with.
    pub fn refused(&self, shape: Shape) -> LiftError {
        self.reply(shape, Budget::default()).unwrap_err()
    }

    pub fn accepted(&self, shape: Shape) -> Reply {
        self.reply(shape, Budget::default()).unwrap().unwrap()
    }
}

pub fn error(name: &'static str, offset: u32, kind: LiftErrorKind) -> LiftError {
    LiftError { field: Field::new(name), offset, kind }
}

pub fn error_in(index: u32, name: &'static str, offset: u32, kind: LiftErrorKind) -> LiftError {
    LiftError { field: Field { message: Some(index), name }, offset, kind }
}

/// Makes an error about one part, from the shape, the offset and the reason.
pub type PartError = fn(Shape, u32, LiftErrorKind) -> LiftError;

/// The parts that are bytes or text, with the error about each.
pub fn byte_parts(shape: Shape) -> [(u32, PartError); 4] {
    let Parts { state, ty: name, data, text, .. } = parts(shape);
    [
        (state, |_, at, kind| error("state", at, kind)),
        (name, |shape, at, kind| error_in(0, ty(shape), at, kind)),
        (data, |_, at, kind| error_in(0, "data", at, kind)),
        (text, |_, at, kind| error_in(0, "text", at, kind)),
    ]
}
