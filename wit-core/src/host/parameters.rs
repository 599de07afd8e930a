//! Lifts the flat parameters of an import (canonical ABI, *lift* and *flattening*). Texts and bytes
//! stay in the guest's memory; nothing is copied here.

use alloc::vec::Vec;

use super::{Area, Lower, Payload, ResultSlot};
use crate::{
    error::{Field, LiftError, LiftErrorKind},
    memory::Memory,
};

/// The flat parameters of an import, which must be lifted in order. The last one is the
/// [place](Self::place) of the result.
#[derive(Debug)]
pub struct Parameters<'m, M: ?Sized> {
    memory: &'m M,
    /// The parameters that are left. A missing one counts as 0, because the interpreter checks
    /// their number.
    rest: &'m [u64],
    /// The bytes lifted so far, for the import's cost.
    lifted: Lifted,
}

/// The bytes that have been lifted. The host reads them, and copies what it keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lifted {
    /// The bytes of texts and lists.
    pub bytes: usize,
    /// The bytes of texts, which have been checked for UTF-8.
    pub text: usize,
}

impl<'m, M: Memory + ?Sized> Parameters<'m, M> {
    /// The parameters of one call, before any is lifted.
    pub fn new(memory: &'m M, flat: &'m [u64]) -> Self {
        Self { memory, rest: flat, lifted: Lifted::default() }
    }

    /// The bytes that have been lifted so far.
    pub fn lifted(&self) -> Lifted {
        self.lifted
    }

    /// A number of 64 bits.
    pub fn u64(&mut self) -> u64 {
        let Some((first, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        *first
    }

    /// A number of 32 bits: the lower half of the value.
    pub fn u32(&mut self) -> u32 {
        let [a, b, c, d, ..] = self.u64().to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }

    /// A number of 16 bits: the lower half of an `i32`, as in the canonical ABI.
    pub fn u16(&mut self) -> u16 {
        let [a, b, ..] = self.u32().to_le_bytes();
        u16::from_le_bytes([a, b])
    }

    /// Reads the discriminant of an option or of a variant with two cases.
    pub(super) fn is_second(&mut self, field: &'static str) -> Result<bool, LiftError> {
        let found = self.u32();
        match found {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(LiftError {
                field: Field::new(field),
                offset: 0,
                kind: LiftErrorKind::FlatDiscriminant { found, cases: 2 },
            }),
        }
    }

    /// The bytes at a place in memory.
    fn read(&self, field: &'static str, at: u32, len: u32) -> Result<&'m [u8], LiftError> {
        let bytes = usize::try_from(len).ok().and_then(|len| self.memory.read(at, len));
        bytes.ok_or_else(|| LiftError {
            field: Field::new(field),
            offset: at,
            kind: LiftErrorKind::OutOfBounds { len: len.into(), memory: self.memory.size() },
        })
    }

    /// A list of bytes.
    ///
    /// # Errors
    /// It ends beyond the memory.
    pub fn bytes(&mut self, field: &'static str) -> Result<&'m [u8], LiftError> {
        let (at, len) = (self.u32(), self.u32());
        let bytes = self.read(field, at, len)?;
        self.lifted.bytes = self.lifted.bytes.saturating_add(bytes.len());
        Ok(bytes)
    }

    /// A string.
    ///
    /// # Errors
    /// It ends beyond the memory, or is not UTF-8.
    pub fn text(&mut self, field: &'static str) -> Result<&'m str, LiftError> {
        let (at, len) = (self.u32(), self.u32());
        let text = utf8(field, at, self.read(field, at, len)?)?;
        self.lifted.bytes = self.lifted.bytes.saturating_add(text.len());
        self.lifted.text = self.lifted.text.saturating_add(text.len());
        Ok(text)
    }

    /// An option of a list of bytes. The values of a missing list are ignored.
    ///
    /// # Errors
    /// The discriminant is invalid, or the list ends beyond the memory.
    pub fn optional_bytes(&mut self, field: &'static str) -> Result<Option<&'m [u8]>, LiftError> {
        if self.is_second(field)? {
            return self.bytes(field).map(Some);
        }
        self.u32();
        self.u32();
        Ok(None)
    }

    /// An option of a string.
    ///
    /// # Errors
    /// The discriminant is invalid, or the string ends beyond the memory or is not UTF-8.
    pub fn optional_text(&mut self, field: &'static str) -> Result<Option<&'m str>, LiftError> {
        if self.is_second(field)? {
            return self.text(field).map(Some);
        }
        self.u32();
        self.u32();
        Ok(None)
    }

    /// A boolean: everything but 0 is true.
    pub fn boolean(&mut self) -> bool {
        self.u32() != 0
    }

    /// An option of a number of 32 bits.
    ///
    /// # Errors
    /// The discriminant is invalid.
    pub fn optional_u32(&mut self, field: &'static str) -> Result<Option<u32>, LiftError> {
        let is_there = self.is_second(field)?;
        let number = self.u32();
        Ok(is_there.then_some(number))
    }

    /// A list of pairs of texts. `None` if it has more than `count` pairs or more than `bytes` bytes
    /// of text. Those are not read, because a guest could make them all the same large text.
    ///
    /// # Errors
    /// The list is not aligned, the list or a text ends beyond the memory, or a text is not UTF-8.
    pub fn pairs(
        &mut self,
        field: &'static str,
        count: usize,
        bytes: usize,
    ) -> Result<Option<Vec<(&'m str, &'m str)>>, LiftError> {
        /// The bytes of a pair: two pointers and two lengths.
        const PAIR: u32 = 16;
        let (at, len) = (self.u32(), self.u32());
        if !at.is_multiple_of(4) {
            let kind = LiftErrorKind::Misaligned { align: 4 };
            return Err(LiftError { field: Field::new(field), offset: at, kind });
        }
        let size = u64::from(len) * u64::from(PAIR);
        let list = self.read(field, at, u32::try_from(size).unwrap_or(u32::MAX))?;
        let (texts, _) = list.as_chunks::<8>();
        let text = |[a, b, c, d, e, f, g, h]: &[u8; 8]| {
            (u32::from_le_bytes([*a, *b, *c, *d]), u32::from_le_bytes([*e, *f, *g, *h]))
        };
        let total: u64 = texts.iter().map(|pair| u64::from(text(pair).1)).sum();
        if texts.len() / 2 > count || total > u64::try_from(bytes).unwrap_or(u64::MAX) {
            return Ok(None);
        }
        let mut pairs = Vec::with_capacity(texts.len() / 2);
        let (halves, _) = texts.as_chunks::<2>();
        for [name, value] in halves {
            let mut read = |half: &[u8; 8]| {
                let (at, len) = text(half);
                let text = utf8(field, at, self.read(field, at, len)?)?;
                self.lifted.bytes = self.lifted.bytes.saturating_add(text.len());
                self.lifted.text = self.lifted.text.saturating_add(text.len());
                Ok(text)
            };
            pairs.push((read(name)?, read(value)?));
        }
        Ok(Some(pairs))
    }

    /// An option of a number of 64 bits.
    ///
    /// # Errors
    /// The discriminant is invalid.
    pub fn optional_u64(&mut self, field: &'static str) -> Result<Option<u64>, LiftError> {
        let is_there = self.is_second(field)?;
        let id = self.u64();
        Ok(is_there.then_some(id))
    }

    /// A `payload`.
    ///
    /// # Errors
    /// The discriminant is invalid, or the payload ends beyond the memory or is text that is not
    /// UTF-8.
    pub fn payload(&mut self, field: &'static str) -> Result<Payload<'m>, LiftError> {
        if self.is_second(field)? {
            return self.bytes(field).map(Payload::Binary);
        }
        self.text(field).map(Payload::Text)
    }

    /// Ends the parameters. Returns the checked place for a result of type `R`. Errors about blocks
    /// of the result name `field`.
    ///
    /// # Errors
    /// The place is not aligned, or ends beyond the memory.
    pub fn place<R: Lower>(mut self, field: &'static str) -> Result<ResultSlot<R>, LiftError> {
        let Some(Area { size, align }) = Area::of::<R>() else {
            return Ok(ResultSlot::new(0, field));
        };
        let pointer = self.u32();
        if !pointer.is_multiple_of(align) {
            let kind = LiftErrorKind::Misaligned { align };
            return Err(LiftError { field: Field::new("result"), offset: pointer, kind });
        }
        self.read("result", pointer, size)?;
        Ok(ResultSlot::new(pointer, field))
    }
}

/// The bytes as text.
fn utf8<'m>(field: &'static str, offset: u32, bytes: &'m [u8]) -> Result<&'m str, LiftError> {
    core::str::from_utf8(bytes).map_err(|error| LiftError {
        field: Field::new(field),
        offset,
        kind: LiftErrorKind::Utf8 { valid: error.valid_up_to() },
    })
}
