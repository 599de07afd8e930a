//! The last bytes of a memory of four gigabytes.

use wit_core::Memory;

/// The last bytes. Reads before them fail.
pub struct Top<'a>(pub &'a [u8]);

impl Memory for Top<'_> {
    fn size(&self) -> usize {
        1 << 32
    }

    fn read(&self, offset: u32, len: usize) -> Option<&[u8]> {
        let start = (offset as usize + self.0.len()).checked_sub(self.size())?;
        self.0.get(start..start.checked_add(len)?)
    }

    fn write(&mut self, _: u32, _: usize) -> Option<&mut [u8]> {
        None
    }
}
