//! Reads and writes the sections of modules (core specification, 5.5.2) and components (component
//! model, `Binary.md`). A section is an id byte, a LEB128 size and that many bytes.

use std::ops::Range;

use wasmparser::{BinaryReader, ExportSectionReader};

/// The length in bytes of a core module's preamble. The sections follow it.
pub(crate) const PREAMBLE: usize = 8;

/// Iterates over the sections of a module or a component: the id and the content's range.
pub struct Sections<'a> {
    /// The whole file, so that ranges count from its beginning.
    bytes: &'a [u8],
    /// Where the next section begins.
    at: usize,
    /// Where the last section ends.
    end: usize,
}

/// A section claims to be longer than the rest of its file or component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncated {
    /// Where it begins: its byte offset in the file.
    pub offset: usize,
}

impl<'a> Sections<'a> {
    /// The sections in a part of a file.
    pub fn new(bytes: &'a [u8], within: Range<usize>) -> Self {
        Self { bytes, at: within.start, end: within.end }
    }
}

impl Iterator for Sections<'_> {
    type Item = Result<(u8, Range<usize>), Truncated>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let offset = self.at;
        let id = *self.bytes.get(self.at)?;
        self.at += 1;
        let content = leb128(self.bytes, &mut self.at)
            .and_then(|size| self.at.checked_add(size))
            .filter(|end| *end <= self.end)
            .map(|end| self.at..end);
        self.at = content.as_ref().map_or(self.end, |content| content.end);
        Some(content.map(|content| (id, content)).ok_or(Truncated { offset }))
    }
}

/// Reads an unsigned LEB128 number of at most 32 bits (core specification, 5.2.2), and moves `at`
/// behind it.
pub(crate) fn leb128(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut value = 0u64;
    for shift in (0..35).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return u32::try_from(value).ok().and_then(|value| usize::try_from(value).ok());
        }
    }
    None
}

/// Appends a section.
pub fn section(out: &mut Vec<u8>, id: u8, content: &[u8]) {
    out.push(id);
    number(out, content.len());
    out.extend_from_slice(content);
}

/// Adds an export to the content of a section of exports. The kind is 0 for a function and 3 for a
/// global. `None` if the content is not just exports: the new one could complete what is cut.
pub(super) fn add_export(content: &[u8], name: &str, kind: u8, index: usize) -> Option<Vec<u8>> {
    let exports = ExportSectionReader::new(BinaryReader::new(content, 0)).ok()?;
    if exports.into_iter().any(|export| export.is_err()) {
        return None;
    }
    let mut at = 0;
    let count = leb128(content, &mut at)?;
    let mut out = Vec::new();
    number(&mut out, count.checked_add(1)?);
    out.extend_from_slice(content.get(at..)?);
    number(&mut out, name.len());
    out.extend_from_slice(name.as_bytes());
    out.push(kind);
    number(&mut out, index);
    Some(out)
}

/// Appends an unsigned LEB128 number.
pub fn number(out: &mut Vec<u8>, mut value: usize) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            return out.push(low & 0x7f);
        }
        out.push(low | 0x80);
    }
}
