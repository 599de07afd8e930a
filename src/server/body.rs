//! Takes a request's body out of the bytes that arrive (RFC 9112, sections 6 and 7).
//!
//! [`BodyDecoder`] has no socket, so tests and the fuzz target can feed it any bytes in any pieces.

use std::{error, fmt};

use smol::io::AsyncReadExt as _;

use super::{
    error_response::ErrorResponse,
    framing::{Framing, RequestMeta},
    stream::ClientStream,
};
use crate::convert::to_u64;

/// The longest line with the size of a chunk and its extensions, in bytes.
const MAX_CHUNK_LINE: usize = 256;
/// The most bytes of such lines beyond what chunks of a sensible size need.
const MAX_EXCESS: u64 = 16 << 10;
/// What each chunk may need for its line, and for each byte in it.
const FAIR_LINE: u64 = 16;
/// The most bytes of trailer fields.
const MAX_TRAILERS: usize = 8 << 10;
/// The answer to `Expect: 100-continue`.
#[allow(dead_code, reason = "see `read`")]
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Why a body can't be taken. Where it ends is not known then, so the connection must be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// It does not keep to the protocol.
    Malformed(&'static str),
    /// It is larger than the limit.
    TooLarge,
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed(why) => why,
            Self::TooLarge => "the body is too large",
        })
    }
}

impl error::Error for BodyError {}

impl From<BodyError> for ErrorResponse {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Malformed(why) => Self::Bad(why),
            BodyError::TooLarge => Self::ContentTooLarge,
        }
    }
}

/// Takes a body out of the bytes that follow a request's head.
#[derive(Debug)]
pub struct BodyDecoder {
    state: State,
    /// How many bytes of content may still come.
    room: u64,
    /// The bytes of the present line: that of a chunk, or all trailers together.
    line: usize,
    /// The bytes of chunk lines beyond what is fair, so that tiny content can't come in endless
    /// lines.
    excess: u64,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// So many bytes of a body whose length was told.
    Length(u64),
    /// The size of a chunk. Nothing of it has come yet.
    SizeStart,
    /// More digits of the size, or what ends it.
    Size(u64),
    /// Extensions, which are ignored.
    Extension(u64),
    /// The end of the line after the carriage return.
    SizeEnd(u64),
    /// So many bytes of a chunk.
    Chunk(u64),
    /// The carriage return after a chunk.
    ChunkReturn,
    /// The line feed after that.
    ChunkEnd,
    /// A trailer field, or the end.
    TrailerStart,
    /// More of a trailer field, which is ignored.
    Trailer,
    /// The end of that line after the carriage return.
    TrailerEnd,
    /// The last line feed.
    LastEnd,
    /// Nothing. What follows is the next request.
    Done,
}

impl BodyDecoder {
    /// A decoder for a body of at most `limit` bytes.
    ///
    /// # Errors
    /// The body is larger, as its length says.
    pub fn new(framing: Framing, limit: usize) -> Result<Self, BodyError> {
        let room = to_u64(limit);
        let state = match framing {
            Framing::Length(len) if len > room => return Err(BodyError::TooLarge),
            Framing::Length(0) => State::Done,
            Framing::Length(len) => State::Length(len),
            Framing::Chunked => State::SizeStart,
        };
        Ok(Self { state, room, line: 0, excess: 0 })
    }

    /// Whether all of the body has been taken.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Takes the next piece of content from the front of `input`. An empty piece means that the body
    /// is done, or that all input is used up.
    ///
    /// # Errors
    /// See [`BodyError`]. The decoder must not be used again.
    pub fn next<'i>(&mut self, input: &mut &'i [u8]) -> Result<&'i [u8], BodyError> {
        loop {
            if let State::Length(left) | State::Chunk(left) = self.state {
                let most = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                let (piece, rest) = input.split_at(most);
                *input = rest;
                let left = left.saturating_sub(to_u64(piece.len()));
                self.state = match self.state {
                    State::Length(_) if left == 0 => State::Done,
                    State::Length(_) => State::Length(left),
                    _ if left == 0 => State::ChunkReturn,
                    _ => State::Chunk(left),
                };
                if !piece.is_empty() || left > 0 {
                    return Ok(piece);
                }
            }
            if self.is_done() {
                return Ok(&[]);
            }
            let Some((byte, rest)) = input.split_first() else { return Ok(&[]) };
            *input = rest;
            self.state = self.step(*byte)?;
        }
    }

    /// The state after a byte that is not content.
    fn step(&mut self, byte: u8) -> Result<State, BodyError> {
        let wrong = Err(BodyError::Malformed("the size of a chunk is not valid"));
        self.line += 1;
        Ok(match (self.state, byte) {
            (State::SizeStart, _) if byte.is_ascii_hexdigit() => {
                self.line = 1;
                State::Size(hex(byte))
            }
            (State::Size(size), _) if byte.is_ascii_hexdigit() => {
                self.check_line()?;
                match size.checked_mul(16).and_then(|size| size.checked_add(hex(byte))) {
                    Some(size) => State::Size(size),
                    None => return Err(BodyError::TooLarge),
                }
            }
            (State::Size(size) | State::Extension(size), b'\r') => State::SizeEnd(size),
            (State::Size(size), b';' | b' ' | b'\t') => State::Extension(size),
            (State::Extension(size), _) if !is_control(byte) => {
                self.check_line()?;
                State::Extension(size)
            }
            (State::SizeEnd(size), b'\n') => self.begin_chunk(size)?,
            (State::ChunkReturn, b'\r') => State::ChunkEnd,
            (State::ChunkEnd, b'\n') => State::SizeStart,
            (State::ChunkReturn | State::ChunkEnd, _) => {
                return Err(BodyError::Malformed("a chunk does not end where its size says"));
            }
            (State::TrailerStart, b'\r') => State::LastEnd,
            (State::Trailer, b'\r') => State::TrailerEnd,
            (State::TrailerEnd, b'\n') => State::TrailerStart,
            (State::LastEnd, b'\n') => State::Done,
            (State::TrailerStart | State::Trailer, _)
                if !is_control(byte) && self.line <= MAX_TRAILERS =>
            {
                State::Trailer
            }
            (State::TrailerStart | State::Trailer | State::TrailerEnd | State::LastEnd, _) => {
                return Err(BodyError::Malformed("the trailers of the body are not valid"));
            }
            _ => return wrong,
        })
    }

    /// The state after the line of a chunk with this size.
    fn begin_chunk(&mut self, size: u64) -> Result<State, BodyError> {
        let fair = size.saturating_mul(2).saturating_add(FAIR_LINE);
        self.excess = self.excess.saturating_add(to_u64(self.line)).saturating_sub(fair);
        if self.excess > MAX_EXCESS {
            return Err(BodyError::Malformed("the extensions of the chunks are too long"));
        }
        self.room = self.room.checked_sub(size).ok_or(BodyError::TooLarge)?;
        self.line = 0;
        Ok(if size == 0 { State::TrailerStart } else { State::Chunk(size) })
    }

    /// Checks that the line of a chunk is not too long.
    fn check_line(&self) -> Result<(), BodyError> {
        let fits = self.line <= MAX_CHUNK_LINE;
        let why = "the line with the size of a chunk is too long";
        if fits { Ok(()) } else { Err(BodyError::Malformed(why)) }
    }
}

/// The value of a hexadecimal digit.
fn hex(digit: u8) -> u64 {
    char::from(digit).to_digit(16).map_or(0, u64::from)
}

/// Whether a byte may not be in a line. A tab may.
fn is_control(byte: u8) -> bool {
    byte.is_ascii_control() && byte != b'\t'
}

/// Reads the whole body of a request, of at most `limit` bytes. `bytes` are those that followed the
/// head already; what follows the body stays there. Calls `progress` with how many bytes have arrived.
///
/// Sends `100 Continue` first if the client waits for it.
///
/// # Errors
/// The answer for the client, after which the connection must be closed.
pub(crate) async fn read(
    stream: &mut ClientStream,
    bytes: &mut Vec<u8>,
    meta: &RequestMeta,
    limit: usize,
    progress: impl Fn(usize),
) -> Result<Vec<u8>, ErrorResponse> {
    let mut decoder = BodyDecoder::new(meta.framing, limit)?;
    if meta.expects_continue && bytes.is_empty() {
        stream.send(CONTINUE).await.map_err(|_| ErrorResponse::Timeout)?;
    }
    let mut content = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        let mut rest = bytes.as_slice();
        loop {
            let piece = decoder.next(&mut rest)?;
            content.extend_from_slice(piece);
            if piece.is_empty() {
                break;
            }
        }
        let used = bytes.len() - rest.len();
        bytes.drain(..used);
        if decoder.is_done() {
            return Ok(content);
        }
        match stream.read(&mut buffer).await {
            Ok(len @ 1..) => {
                progress(len);
                bytes.extend_from_slice(buffer.get(..len).unwrap_or_default());
            }
            _ => return Err(ErrorResponse::Bad("the body ends too early")),
        }
    }
}

#[cfg(test)]
mod tests;
