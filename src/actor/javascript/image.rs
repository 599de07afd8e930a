//! A copy of what a script has changed in the engine's memory, with which other instances of the engine begin.
//!
//! The globals need no copy: the engine has one that changes, its stack pointer, and the stack is empty
//! between two calls.

use wasmi::{Instance, Store};
use wit_core::shape;

use crate::{actor::imports::Guest, convert::to_u64, limits::keys::PAGE};

/// The bytes that are compared at once. Each part of the copy takes some bytes more than its content.
const CHUNK: usize = 256;

/// A memory, as the difference from that of a new instance.
pub(super) struct Image {
    /// What differs: the address and the content of each part.
    parts: Vec<(usize, Vec<u8>)>,
    /// The memory's size in bytes: whole pages.
    size: usize,
}

impl Image {
    /// Copies what differs between a memory and the `fresh` one of a new instance, both without the stack, which
    /// takes the first `stack` bytes.
    pub(super) fn of(memory: &[u8], fresh: &[u8], stack: usize) -> Self {
        let mut parts: Vec<(usize, Vec<u8>)> = Vec::new();
        let above = memory.get(stack..).unwrap_or_default();
        for (number, chunk) in above.chunks(CHUNK).enumerate() {
            let offset = number.saturating_mul(CHUNK);
            let is_same = match fresh.get(offset..offset.saturating_add(chunk.len())) {
                Some(before) => before == chunk,
                None => chunk.iter().all(|byte| *byte == 0),
            };
            if is_same {
                continue;
            }
            let at = stack.saturating_add(offset);
            match parts.last_mut() {
                Some((begin, part)) if begin.saturating_add(part.len()) == at => part.extend(chunk),
                _ => parts.push((at, chunk.to_vec())),
            }
        }
        parts.iter_mut().for_each(|(_, part)| part.shrink_to_fit());
        parts.shrink_to_fit();
        Self { parts, size: memory.len() }
    }

    /// The size of the memory in bytes.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Changes the memory of a new instance into this one.
    ///
    /// # Errors
    /// The memory is past `limits.memory`.
    pub(super) fn restore(
        &self,
        instance: &Instance,
        store: &mut Store<Guest>,
    ) -> Result<(), wasmi::Error> {
        let memory = instance.get_memory(&*store, shape::MEMORY);
        let memory = memory.ok_or_else(|| wasmi::Error::new("there is no memory"))?;
        let more = self.size.saturating_sub(memory.data_size(&*store)) / PAGE;
        memory.grow(&mut *store, to_u64(more))?;
        for (at, part) in &self.parts {
            memory.write(&mut *store, *at, part)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_what_has_changed_outside_of_the_stack() {
        let fresh = vec![1; 5 * CHUNK];
        let mut memory = fresh.clone();
        memory.resize(8 * CHUNK, 0);
        for at in [CHUNK - 1, CHUNK, 3 * CHUNK, 5 * CHUNK - 1, 7 * CHUNK] {
            memory[at] = 2;
        }
        let image = Image::of(&memory, &fresh[CHUNK..], CHUNK);
        let places: Vec<_> = image.parts.iter().map(|(at, part)| (*at, part.len())).collect();
        assert_eq!(places, [(CHUNK, CHUNK), (3 * CHUNK, 2 * CHUNK), (7 * CHUNK, CHUNK)]);
        assert_eq!(image.size(), 8 * CHUNK);
        let mut restored = fresh;
        restored.resize(8 * CHUNK, 0);
        for (at, part) in &image.parts {
            restored[*at..at + part.len()].copy_from_slice(part);
        }
        assert_eq!(restored[CHUNK..], memory[CHUNK..]);
    }
}
