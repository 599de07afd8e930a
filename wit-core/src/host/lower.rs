//! Lowers results (canonical ABI, *lower*), for every type that an import returns.
//!
//! The layout of a type follows from its parts, so a new import combines the types here:
//! `Result<Option<Vec<u8>>, FileError>` needs no more code. A new record or variant implements
//! [`Lower`] beside the others.

use alloc::{string::String, vec::Vec};

use super::{
    lower_result::LoweredResult,
    types::{Entry, FileError, FileInfo, Info, Kind, Page, Refusal, StorageError, Stored},
};

/// A value that an import returns. The host owns it, and the guest gets a copy.
pub trait Lower {
    /// The size of its area in bytes. 0 means that there is no result.
    const SIZE: u32;
    /// The alignment of its area in bytes.
    const ALIGN: u32;

    /// Writes the value to the area at `at`, and adds the blocks that it points to. Errors about
    /// blocks name `field`, unless the value has a better name.
    fn lower(self, to: &mut LoweredResult, at: u32, field: &'static str);

    /// The bytes of texts and lists in the result. The text of an error does not count.
    fn content_bytes(&self) -> usize {
        0
    }
}

/// The offset of a variant's payload, after its discriminant of one byte.
pub(super) const fn payload(align: u32) -> u32 {
    align
}

/// The size of a variant, from the largest size and alignment of its payloads.
pub(super) const fn variant(size: u32, align: u32) -> u32 {
    (payload(align) + size).next_multiple_of(align)
}

/// The maximum, as a constant function.
const fn max(one: u32, other: u32) -> u32 {
    if one > other { one } else { other }
}

/// The size of a string or a list: a pointer and a length.
pub(super) const PAIR: u32 = 8;

impl Lower for () {
    const SIZE: u32 = 0;
    const ALIGN: u32 = 1;

    fn lower(self, _: &mut LoweredResult, _: u32, _: &'static str) {}
}

impl Lower for bool {
    const SIZE: u32 = 1;
    const ALIGN: u32 = 1;

    fn lower(self, to: &mut LoweredResult, at: u32, _: &'static str) {
        to.put(at, &[self.into()]);
    }
}

impl Lower for u32 {
    const SIZE: u32 = 4;
    const ALIGN: u32 = 4;

    fn lower(self, to: &mut LoweredResult, at: u32, _: &'static str) {
        to.put(at, &self.to_le_bytes());
    }
}

impl Lower for u64 {
    const SIZE: u32 = 8;
    const ALIGN: u32 = 8;

    fn lower(self, to: &mut LoweredResult, at: u32, _: &'static str) {
        to.put(at, &self.to_le_bytes());
    }
}

impl<T: Lower> Lower for Option<T> {
    const SIZE: u32 = variant(T::SIZE, T::ALIGN);
    const ALIGN: u32 = T::ALIGN;

    fn lower(self, to: &mut LoweredResult, at: u32, field: &'static str) {
        let Some(value) = self else { return };
        to.put(at, &[1]);
        value.lower(to, at.saturating_add(payload(Self::ALIGN)), field);
    }

    fn content_bytes(&self) -> usize {
        self.as_ref().map_or(0, T::content_bytes)
    }
}

impl<T: Lower, E: Lower> Lower for Result<T, E> {
    const SIZE: u32 = variant(max(T::SIZE, E::SIZE), Self::ALIGN);
    const ALIGN: u32 = max(T::ALIGN, E::ALIGN);

    fn lower(self, to: &mut LoweredResult, at: u32, field: &'static str) {
        let inside = at.saturating_add(payload(Self::ALIGN));
        match self {
            Ok(value) => value.lower(to, inside, field),
            Err(error) => {
                to.put(at, &[1]);
                error.lower(to, inside, field);
            }
        }
    }

    fn content_bytes(&self) -> usize {
        self.as_ref().map_or(0, T::content_bytes)
    }
}

impl Lower for Vec<u8> {
    const SIZE: u32 = PAIR;
    const ALIGN: u32 = 4;

    fn lower(self, to: &mut LoweredResult, at: u32, field: &'static str) {
        to.bytes(at, field, self);
    }

    fn content_bytes(&self) -> usize {
        self.len()
    }
}

impl Lower for String {
    const SIZE: u32 = PAIR;
    const ALIGN: u32 = 4;

    fn lower(self, to: &mut LoweredResult, at: u32, field: &'static str) {
        to.bytes(at, field, self.into_bytes());
    }

    fn content_bytes(&self) -> usize {
        self.len()
    }
}

impl Lower for Vec<u64> {
    const SIZE: u32 = PAIR;
    const ALIGN: u32 = 4;

    fn lower(self, to: &mut LoweredResult, at: u32, field: &'static str) {
        let bytes = self.iter().flat_map(|number| number.to_le_bytes()).collect();
        to.list(at, field, bytes, 8, self.len());
    }

    fn content_bytes(&self) -> usize {
        size_of_val(self.as_slice())
    }
}

impl Lower for Info {
    const SIZE: u32 = 48;
    const ALIGN: u32 = 8;

    fn lower(self, to: &mut LoweredResult, at: u32, _: &'static str) {
        let Self { peer, path, query, subprotocol, connected_since } = self;
        peer.lower(to, at, "peer");
        path.lower(to, at.saturating_add(8), "path");
        query.lower(to, at.saturating_add(16), "query");
        subprotocol.lower(to, at.saturating_add(24), "subprotocol");
        connected_since.lower(to, at.saturating_add(40), "connected-since");
    }

    fn content_bytes(&self) -> usize {
        let subprotocol = self.subprotocol.as_ref().map_or(0, String::len);
        self.peer.len() + self.path.len() + self.query.len() + subprotocol
    }
}

impl Lower for Refusal {
    const SIZE: u32 = variant(4, 4);
    const ALIGN: u32 = 4;

    fn lower(self, to: &mut LoweredResult, at: u32, field: &'static str) {
        let case = match self {
            Self::Gone => 0,
            Self::Full(waiting) => {
                waiting.lower(to, at.saturating_add(payload(Self::ALIGN)), field);
                1
            }
            Self::Limit => 2,
            Self::Invalid => 3,
        };
        to.put(at, &[case]);
    }
}

impl Lower for StorageError {
    const SIZE: u32 = variant(4, 4);
    const ALIGN: u32 = 4;

    fn lower(self, to: &mut LoweredResult, at: u32, field: &'static str) {
        let case = match self {
            Self::InvalidKey => 0,
            Self::TooLarge => 1,
            Self::Full(used) => {
                used.lower(to, at.saturating_add(payload(Self::ALIGN)), field);
                2
            }
            Self::Limit => 3,
        };
        to.put(at, &[case]);
    }
}

impl Lower for FileError {
    const SIZE: u32 = variant(PAIR, 4);
    const ALIGN: u32 = 4;

    fn lower(self, to: &mut LoweredResult, at: u32, _: &'static str) {
        let case = match self {
            Self::NotFound => 0,
            Self::Denied => 1,
            Self::WrongKind => 2,
            Self::TooLarge => 3,
            Self::Limit => 4,
            Self::TimedOut => 5,
            Self::Other(text) => {
                text.lower(to, at.saturating_add(payload(Self::ALIGN)), "error");
                6
            }
            Self::Exists => 7,
            Self::NotEmpty => 8,
        };
        to.put(at, &[case]);
    }
}

impl Lower for FileInfo {
    const SIZE: u32 = 16;
    const ALIGN: u32 = 8;

    fn lower(self, to: &mut LoweredResult, at: u32, field: &'static str) {
        to.put(at, &[self.kind.case()]);
        self.size.lower(to, at.saturating_add(8), field);
    }
}

impl Kind {
    /// The number of its case.
    fn case(self) -> u8 {
        match self {
            Self::File => 0,
            Self::Folder => 1,
            Self::Other => 2,
        }
    }
}

impl Lower for Vec<String> {
    const SIZE: u32 = PAIR;
    const ALIGN: u32 = 4;

    fn lower(self, to: &mut LoweredResult, at: u32, field: &'static str) {
        let mut bytes = Vec::with_capacity(self.len().saturating_mul(PAIR as usize));
        for text in &self {
            // The pointer, which is written later, and the length.
            bytes.extend([0; 4]);
            bytes.extend(super::lower_result::length(text.len()));
        }
        let list = to.list(at, field, bytes, 4, self.len());
        let mut at = 0_u32;
        for text in self {
            to.bytes_of(list, at, field, text.into_bytes());
            at = at.saturating_add(PAIR);
        }
    }

    fn content_bytes(&self) -> usize {
        self.iter().map(String::len).sum()
    }
}

/// The size of an `entry` in a list.
const ENTRY: u32 = 12;

impl Lower for Vec<Entry> {
    const SIZE: u32 = PAIR;
    const ALIGN: u32 = 4;

    fn lower(self, to: &mut LoweredResult, at: u32, field: &'static str) {
        let mut bytes = Vec::with_capacity(self.len().saturating_mul(ENTRY as usize));
        for entry in &self {
            // The name's pointer, which is written later, its length, and the kind.
            bytes.extend([0; 4]);
            bytes.extend(super::lower_result::length(entry.name.len()));
            bytes.extend([entry.kind.case(), 0, 0, 0]);
        }
        let list = to.list(at, field, bytes, 4, self.len());
        let mut at = 0_u32;
        for entry in self {
            to.bytes_of(list, at, "name", entry.name.into_bytes());
            at = at.saturating_add(ENTRY);
        }
    }

    fn content_bytes(&self) -> usize {
        self.iter().map(|entry| entry.name.len()).sum()
    }
}

impl Lower for Page {
    const SIZE: u32 = 12;
    const ALIGN: u32 = 4;

    fn lower(self, to: &mut LoweredResult, at: u32, _: &'static str) {
        let Self { entries, more } = self;
        entries.lower(to, at, "entries");
        more.lower(to, at.saturating_add(PAIR), "more");
    }

    fn content_bytes(&self) -> usize {
        self.entries.content_bytes()
    }
}

/// The size of a stored entry in a list: two pairs.
const STORED: u32 = 2 * PAIR;

impl Lower for Vec<Stored> {
    const SIZE: u32 = PAIR;
    const ALIGN: u32 = 4;

    fn lower(self, to: &mut LoweredResult, at: u32, field: &'static str) {
        let mut bytes = Vec::with_capacity(self.len().saturating_mul(STORED as usize));
        for Stored { key, value } in &self {
            // Each pointer, which is written later, and its length.
            for len in [key.len(), value.len()] {
                bytes.extend([0; 4]);
                bytes.extend(super::lower_result::length(len));
            }
        }
        let list = to.list(at, field, bytes, 4, self.len());
        let mut at = 0_u32;
        for Stored { key, value } in self {
            to.bytes_of(list, at, "key", key.into_bytes());
            to.bytes_of(list, at.saturating_add(PAIR), "value", value);
            at = at.saturating_add(STORED);
        }
    }

    fn content_bytes(&self) -> usize {
        self.iter().map(|entry| entry.key.len() + entry.value.len()).sum()
    }
}
