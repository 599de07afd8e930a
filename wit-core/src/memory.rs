//! The guest's linear memory.

/// A guest's linear memory, for the time between two calls into the guest.
///
/// Both accesses are checked against the memory's size as it is now; nothing is cached, since
/// a call may grow the memory.
pub trait Memory {
    /// The size in bytes.
    fn size(&self) -> usize;

    /// The `len` bytes at `offset`, or `None` if they end beyond the memory.
    fn read(&self, offset: u32, len: usize) -> Option<&[u8]>;

    /// The same, to write to.
    fn write(&mut self, offset: u32, len: usize) -> Option<&mut [u8]>;
}

/// The range of `len` bytes at `offset`, if it can be expressed on this machine.
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
