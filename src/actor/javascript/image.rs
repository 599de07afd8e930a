//! A copy of an instance's memory, with which other instances of its module begin.
//!
//! The globals need no copy: the engine has one that changes, its stack pointer, and the stack is empty
//! between two calls.

use wasmi::{AsContext, Instance, Memory, Store};
use wit_core::shape;

use crate::{actor::imports::Guest, convert::to_u64, limits::keys::PAGE};

/// A copy of a linear memory.
pub(super) struct Image {
    /// Its content, without the pages of zeroes at its end that a new instance has too.
    content: Vec<u8>,
    /// Its size in pages.
    pages: usize,
}

impl Image {
    /// Copies a memory. `fresh` is its size in a new instance, in bytes.
    pub(super) fn of(memory: Memory, store: impl AsContext, fresh: usize) -> Self {
        let content = memory.data(&store);
        let used = content.chunks(PAGE).rposition(|page| page.iter().any(|byte| *byte != 0));
        let used = used.map_or(0, |last| (last + 1).saturating_mul(PAGE)).max(fresh);
        let used = content.get(..used).unwrap_or(content);
        Self { content: used.to_vec(), pages: content.len() / PAGE }
    }

    /// The size of the memory in bytes.
    pub(super) fn size(&self) -> usize {
        self.pages.saturating_mul(PAGE)
    }

    /// Copies it into the memory of a new instance.
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
        let more = self.size().saturating_sub(memory.data_size(&*store)) / PAGE;
        memory.grow(&mut *store, to_u64(more))?;
        Ok(memory.write(&mut *store, 0, &self.content)?)
    }
}
