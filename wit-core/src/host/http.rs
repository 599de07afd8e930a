//! Requests to servers: lifts a request, and lowers its answer.

use alloc::{string::String, vec::Vec};

use super::{
    lower::{Lower, PAIR, payload, variant},
    lower_result::{LoweredResult, length},
    parameters::Parameters,
    types::HttpError,
};
use crate::{HttpResponse, error::LiftError, http::HeaderField, memory::Memory};

/// A request that an actor makes. It stays in the guest's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRef<'m> {
    /// Such as `GET`.
    pub method: &'m str,
    /// An absolute URI.
    pub uri: &'m str,
    /// The header fields. `None` if they are more, or larger, than the host wants to read.
    pub headers: Option<Vec<(&'m str, &'m str)>>,
    /// The content.
    pub body: Option<&'m [u8]>,
}

/// The most header fields that the host reads, and the most bytes of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MostFields {
    /// How many.
    pub count: usize,
    /// The bytes of their names and values.
    pub bytes: usize,
}

impl<'m, M: Memory + ?Sized> Parameters<'m, M> {
    /// An `http-request`. Fields beyond `most` are not read.
    ///
    /// # Errors
    /// A part ends beyond the memory, or is text that is not UTF-8. The error names the record's
    /// `field`.
    pub fn request(
        &mut self,
        field: &'static str,
        most: MostFields,
    ) -> Result<RequestRef<'m>, LiftError> {
        let (method, uri) = (self.text(field)?, self.text(field)?);
        let headers = self.pairs(field, most.count, most.bytes)?;
        Ok(RequestRef { method, uri, headers, body: self.optional_bytes(field)? })
    }
}

/// The size of a pair of texts in a list.
const FIELD: u32 = 2 * PAIR;

impl Lower for Vec<HeaderField> {
    const SIZE: u32 = PAIR;
    const ALIGN: u32 = 4;

    fn lower(self, to: &mut LoweredResult, at: u32, field: &'static str) {
        let mut bytes = Vec::with_capacity(self.len().saturating_mul(FIELD as usize));
        for (name, value) in &self {
            // Each pointer, which is written later, and its length.
            for len in [name.len(), value.len()] {
                bytes.extend([0; 4]);
                bytes.extend(length(len));
            }
        }
        let list = to.list(at, field, bytes, 4, self.len());
        let mut at = 0_u32;
        for (name, value) in self {
            to.bytes_of(list, at, "name", name.into_bytes());
            to.bytes_of(list, at.saturating_add(PAIR), "value", value.into_bytes());
            at = at.saturating_add(FIELD);
        }
    }

    fn content_bytes(&self) -> usize {
        self.iter().map(|(name, value)| name.len() + value.len()).sum()
    }
}

impl Lower for HttpResponse {
    const SIZE: u32 = 24;
    const ALIGN: u32 = 4;

    fn lower(self, to: &mut LoweredResult, at: u32, _: &'static str) {
        let Self { status, headers, body } = self;
        to.put(at, &status.to_le_bytes());
        headers.lower(to, at.saturating_add(4), "headers");
        body.lower(to, at.saturating_add(12), "body");
    }

    fn content_bytes(&self) -> usize {
        self.headers.content_bytes() + self.body.content_bytes()
    }
}

impl Lower for HttpError {
    const SIZE: u32 = variant(PAIR, 4);
    const ALIGN: u32 = 4;

    fn lower(self, to: &mut LoweredResult, at: u32, _: &'static str) {
        let mut with = |text: String| {
            text.lower(to, at.saturating_add(payload(Self::ALIGN)), "error");
        };
        let case = match self {
            Self::Denied(text) => {
                with(text);
                0
            }
            Self::Invalid(text) => {
                with(text);
                1
            }
            Self::Unresolved(text) => {
                with(text);
                2
            }
            Self::TimedOut => 3,
            Self::TooLarge => 4,
            Self::Limit => 5,
            Self::Interrupted => 6,
            Self::Failed(text) => {
                with(text);
                7
            }
        };
        to.put(at, &[case]);
    }
}
