//! The guest's linear memory.

/// A guest's linear memory between two calls into the guest.
///
/// Each access is checked against the memory's current size. Nothing is cached, because a call
/// may grow the memory.
pub trait Memory {
    /// The size in bytes.
    fn size(&self) -> usize;

    /// The `len` bytes at `offset`, or `None` if they are not all in the memory.
    fn read(&self, offset: u32, len: usize) -> Option<&[u8]>;

    /// The `len` bytes at `offset` for writing, or `None` if they are not all in the memory.
    fn write(&mut self, offset: u32, len: usize) -> Option<&mut [u8]>;
}

/// The range of `len` bytes at `offset`, if this machine's `usize` can hold it.
fn range(offset: u32, len: usize) -> Option<core::ops::Range<usize>> {
    let start = usize::try_from(offset).ok()?;
    Some(start..start.checked_add(len)?)
}

impl Memory for [u8] {
    fn size(&self) -> usize {
        self.len()
    }

    fn read(&self, offset: u32, len: usize) -> Option<&[u8]> {
        self.get(range(offset, len)?)
    }

    fn write(&mut self, offset: u32, len: usize) -> Option<&mut [u8]> {
        self.get_mut(range(offset, len)?)
    }
}

#[cfg(test)]
mod tests {
    use super::Memory as _;

    #[test]
    fn access_ends_with_the_last_byte() {
        let memory: &mut [u8] = &mut [0; 8];
        assert!(memory.read(0, 8).is_some());
        assert!(memory.read(8, 0).is_some());
        assert!(memory.read(7, 1).is_some());
        assert!(memory.read(8, 1).is_none());
        assert!(memory.read(9, 0).is_none());
        assert!(memory.read(u32::MAX, usize::MAX).is_none());
        assert!(memory.write(0, 9).is_none());
        assert!(memory.write(4, 4).is_some());
    }
}
