//! From the guest to Rust: the results of `handle-message`, `handle-request` and `init` (canonical
//! ABI, *lift*).
//!
//! This code trusts no pointer, length or byte. It copies only after it has checked the length
//! against the memory and against a [`Budget`]. So a result that claims four billion messages, or
//! a thousand messages that share one long string, costs the host nothing.

mod actor_reply;
mod response;

use alloc::{string::String, vec::Vec};

pub use self::{
    actor_reply::{ActorReply, actor_reply},
    response::{HttpReply, handle_request},
};
use crate::{
    error::{Field, LiftError, LiftErrorKind},
    layout::{self, ALIGN},
    memory::Memory,
    shape::Shape,
    types::{Message, MessageType},
};

/// The limits of one result. A result past any of them is refused as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The largest state, in bytes.
    pub state: usize,
    /// The most messages of one answer, or header fields of one response.
    pub messages: usize,
    /// The most bytes of all messages of one answer together, including their types; of a
    /// response's header fields and its content; or of an error's text.
    pub bytes: usize,
}

impl Default for Budget {
    /// 1 MiB of state, 64 messages, 256 KiB of payload.
    fn default() -> Self {
        Self { state: 1 << 20, messages: 64, bytes: 256 << 10 }
    }
}

/// What `handle-message` returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// `None` if the actor keeps none.
    pub state: Option<Vec<u8>>,
    /// In the order of the answer.
    pub messages: Vec<Message>,
}

/// Lifts the result of `handle-message` from the pointer that the guest returned. The inner
/// error is the actor's own, in the shapes that return a `result`.
///
/// # Errors
/// The result is invalid or exceeds the budget.
pub fn handle_message<M: Memory + ?Sized>(
    shape: Shape,
    memory: &M,
    ptr: u32,
    budget: &Budget,
) -> Result<Result<Reply, String>, LiftError> {
    let layout = shape.result_layout();
    let mut lift = Lift::new(memory, budget.bytes);
    let result = lift.record("result", ptr, layout.size)?;
    if shape.has_results() && lift.discriminant("result", result, 0, 2)? == 1 {
        return lift.string("error", result, layout::ERROR).map(Err);
    }
    let state = lift.state(shape, result, layout.state, budget.state)?;
    let messages = lift.messages(shape, result, layout.messages, budget.messages)?;
    Ok(Ok(Reply { state, messages }))
}

/// Lifts the result of `init`, the first state, from the pointer that the guest returned.
///
/// # Errors
/// The result is invalid or exceeds the budget.
pub fn init<M: Memory + ?Sized>(
    shape: Shape,
    memory: &M,
    ptr: u32,
    budget: &Budget,
) -> Result<Result<Option<Vec<u8>>, String>, LiftError> {
    let mut lift = Lift::new(memory, budget.bytes);
    let result = lift.record("result", ptr, shape.init_size())?;
    if shape.has_results() && lift.discriminant("result", result, 0, 2)? == 1 {
        return lift.string("error", result, layout::ERROR).map(Err);
    }
    let at = if shape.has_results() { layout::INIT_STATE } else { 0 };
    lift.state(shape, result, at, budget.state).map(Ok)
}

/// Lifts a string that the guest passed to an import as pointer and length.
///
/// # Errors
/// The string is out of bounds, not UTF-8, or longer than `limit` bytes.
pub fn string<'m, M: Memory + ?Sized>(
    memory: &'m M,
    name: &'static str,
    ptr: u32,
    len: u32,
    limit: usize,
) -> Result<&'m str, LiftError> {
    let place = Place { field: Field::new(name), offset: ptr };
    let bytes = Lift::new(memory, limit).slice(place, len)?;
    utf8(place, bytes)
}

/// Lifts the beginning of a string that the guest passed to an import: at most `limit` bytes,
/// cut between two characters. Also returns the number of bytes that were cut off.
///
/// # Errors
/// The string is out of bounds, or its beginning is not UTF-8. The rest is not checked.
pub fn prefix<'m, M: Memory + ?Sized>(
    memory: &'m M,
    name: &'static str,
    ptr: u32,
    len: u32,
    limit: usize,
) -> Result<(&'m str, usize), LiftError> {
    let place = Place { field: Field::new(name), offset: ptr };
    let bytes = Lift::new(memory, 0).bounded(place, len.into())?;
    let kept = bytes.get(..limit).unwrap_or(bytes);
    let text = match core::str::from_utf8(kept) {
        Ok(text) => text,
        // The last character may have been cut.
        Err(error) if kept.len() < bytes.len() && error.error_len().is_none() => {
            utf8(place, kept.get(..error.valid_up_to()).unwrap_or_default())?
        }
        Err(_) => utf8(place, kept)?,
    };
    Ok((text, bytes.len() - text.len()))
}

/// Lifts one result.
struct Lift<'m, M: ?Sized> {
    memory: &'m M,
    /// How many bytes may still be copied, of `limit`.
    left: usize,
    /// The budget in bytes, for errors.
    limit: usize,
}

/// A field and its offset in linear memory, for errors.
#[derive(Clone, Copy)]
struct Place {
    field: Field,
    offset: u32,
}

impl Place {
    /// An error about this place.
    fn error(self, kind: LiftErrorKind) -> LiftError {
        LiftError { field: self.field, offset: self.offset, kind }
    }
}

/// A record whose bytes are known to be in bounds.
#[derive(Clone, Copy)]
struct Record<'m> {
    bytes: &'m [u8],
    /// The record's offset in linear memory, for errors.
    offset: u32,
    /// The index of a message in the list of messages, for errors.
    index: Option<u32>,
}

impl Record<'_> {
    /// The place of the field at `at`.
    fn place(&self, name: &'static str, at: u32) -> Place {
        Place { field: Field { message: self.index, name }, offset: self.offset.saturating_add(at) }
    }

    /// The four bytes at `at`, as a number. `at` comes from [`layout`], so it is in bounds.
    fn u32(&self, at: u32) -> u32 {
        let word = usize::try_from(at).ok().and_then(|at| self.bytes.get(at..)?.first_chunk());
        word.copied().map_or(0, u32::from_le_bytes)
    }

    /// The two bytes at `at`, as a number.
    fn u16(&self, at: u32) -> u16 {
        let half = usize::try_from(at).ok().and_then(|at| self.bytes.get(at..)?.first_chunk());
        half.copied().map_or(0, u16::from_le_bytes)
    }

    /// The byte at `at`.
    fn u8(&self, at: u32) -> u8 {
        let byte = usize::try_from(at).ok().and_then(|at| self.bytes.get(at));
        byte.copied().unwrap_or_default()
    }
}

impl<'m, M: Memory + ?Sized> Lift<'m, M> {
    /// Begins to lift from `memory`. At most `limit` bytes may be copied.
    fn new(memory: &'m M, limit: usize) -> Self {
        Self { memory, left: limit, limit }
    }

    /// The record at `ptr`, if it is aligned and in bounds.
    fn record(&self, name: &'static str, ptr: u32, size: u32) -> Result<Record<'m>, LiftError> {
        let place = Place { field: Field::new(name), offset: ptr };
        aligned(place)?;
        Ok(Record { bytes: self.bounded(place, size.into())?, offset: ptr, index: None })
    }

    /// The bytes at a place, if they are in bounds.
    fn bounded(&self, place: Place, len: u64) -> Result<&'m [u8], LiftError> {
        let bytes = usize::try_from(len).ok().and_then(|len| self.memory.read(place.offset, len));
        bytes.ok_or_else(|| {
            place.error(LiftErrorKind::OutOfBounds { len, memory: self.memory.size() })
        })
    }

    /// The bytes at a place, if they are in bounds and within the budget. Takes them from the
    /// budget.
    fn slice(&mut self, place: Place, len: u32) -> Result<&'m [u8], LiftError> {
        let bytes = self.bounded(place, len.into())?;
        self.left = self.left.checked_sub(bytes.len()).ok_or_else(|| {
            let used = self.limit - self.left;
            let size = u64::try_from(used).unwrap_or(u64::MAX).saturating_add(len.into());
            place.error(LiftErrorKind::TooLarge { size, limit: self.limit })
        })?;
        Ok(bytes)
    }

    /// The discriminant at `at`, if it is below `cases`.
    fn discriminant(
        &self,
        name: &'static str,
        record: Record<'m>,
        at: u32,
        cases: u8,
    ) -> Result<u8, LiftError> {
        let found = record.u8(at);
        if found < cases {
            return Ok(found);
        }
        Err(record.place(name, at).error(LiftErrorKind::Discriminant { found, cases }))
    }

    /// The place and the length of the string or list whose `{ptr, len}` is at `at`.
    fn pointed(&self, name: &'static str, record: Record<'m>, at: u32) -> (Place, u32) {
        let field = record.place(name, at).field;
        (Place { field, offset: record.u32(at) }, record.u32(at + 4))
    }

    /// The string whose `{ptr, len}` is at `at`.
    fn string(
        &mut self,
        name: &'static str,
        record: Record<'m>,
        at: u32,
    ) -> Result<String, LiftError> {
        let (place, len) = self.pointed(name, record, at);
        let bytes = self.slice(place, len)?;
        utf8(place, bytes).map(String::from)
    }

    /// The new state, which has its own limit.
    fn state(
        &self,
        shape: Shape,
        record: Record<'m>,
        at: u32,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, LiftError> {
        let mut at = at;
        if shape.has_results() {
            if self.discriminant("state", record, at, 2)? == 0 {
                return Ok(None);
            }
            at += 4;
        }
        let (place, len) = self.pointed("state", record, at);
        Lift::new(self.memory, limit).slice(place, len).map(|bytes| Some(bytes.to_vec()))
    }

    /// The list of messages.
    fn messages(
        &mut self,
        shape: Shape,
        record: Record<'m>,
        at: u32,
        limit: usize,
    ) -> Result<Vec<Message>, LiftError> {
        let (place, len) = self.pointed("messages", record, at);
        aligned(place)?;
        let size = shape.message_layout().size;
        let bytes = self.bounded(place, u64::from(len) * u64::from(size))?;
        if usize::try_from(len).map_or(true, |len| len > limit) {
            return Err(place.error(LiftErrorKind::TooLarge { size: len.into(), limit }));
        }
        let stride = usize::try_from(size).unwrap_or(usize::MAX);
        let offsets = (place.offset..).step_by(stride);
        let records = bytes.chunks_exact(stride).zip(offsets).zip(0..);
        records
            .map(|((bytes, offset), index)| {
                self.message(shape, Record { bytes, offset, index: Some(index) })
            })
            .collect()
    }

    /// One message.
    fn message(&mut self, shape: Shape, record: Record<'m>) -> Result<Message, LiftError> {
        let layout = shape.message_layout();
        let ty = match shape {
            Shape::Guide => {
                let (place, len) = self.pointed("message-type", record, layout.ty);
                let name = self.slice(place, len)?;
                MessageType::from_name(utf8(place, name)?)
            }
            _ => {
                let cases = MessageType::CASES;
                let found = self.discriminant("ty", record, layout.ty, cases)?;
                match MessageType::from_discriminant(found) {
                    Some(ty) => ty,
                    None => MessageType::Other(self.string("ty", record, layout.ty + 4)?),
                }
            }
        };
        let data = match self.discriminant("data", record, layout.data, 2)? {
            0 => None,
            _ => {
                let (place, len) = self.pointed("data", record, layout.data + 4);
                Some(self.slice(place, len)?.to_vec())
            }
        };
        let text = match self.discriminant("text", record, layout.text, 2)? {
            0 => None,
            _ => Some(self.string("text", record, layout.text + 4)?),
        };
        Ok(Message { ty, data, text })
    }
}

/// Checks that a compound value's offset is a multiple of its alignment.
fn aligned(place: Place) -> Result<(), LiftError> {
    if place.offset.is_multiple_of(ALIGN) {
        return Ok(());
    }
    Err(place.error(LiftErrorKind::Misaligned { align: ALIGN }))
}

/// The bytes as text.
fn utf8(place: Place, bytes: &[u8]) -> Result<&str, LiftError> {
    core::str::from_utf8(bytes)
        .map_err(|error| place.error(LiftErrorKind::Utf8 { valid: error.valid_up_to() }))
}
