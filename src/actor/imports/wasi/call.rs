//! The guest's memory and the host's data in a call of a function of WASI.

use wasmi::{Caller, Extern};
use wit_core::shape;

use crate::actor::imports::guest::Guest;

/// The guest's memory, and the host's data about it.
pub(super) struct Parts<'a> {
    pub(super) memory: Memory<'a>,
    pub(super) guest: &'a mut Guest,
}

/// The guest's memory.
pub(super) struct Memory<'a>(&'a mut [u8]);

/// Takes a call apart.
pub(super) fn parts<'a>(caller: &'a mut Caller<'_, Guest>) -> Result<Parts<'a>, wasmi::Error> {
    let Some(Extern::Memory(memory)) = caller.get_export(shape::MEMORY) else {
        return Err(wasmi::Error::new("a function of WASI was called, but no memory is exported"));
    };
    let (bytes, guest) = memory.data_and_store_mut(caller);
    Ok(Parts { memory: Memory(bytes), guest })
}

/// The error for a pointer that leads out of the memory.
fn outside() -> wasmi::Error {
    wasmi::Error::new("a function of WASI was called with a pointer outside of the memory")
}

/// A flat parameter of 32 bits.
pub(super) fn u32_at(parameters: &[u64], index: usize) -> u32 {
    parameters.get(index).and_then(|value| u32::try_from(*value).ok()).unwrap_or_default()
}

impl Memory<'_> {
    /// The bytes of a block.
    pub(super) fn block(&mut self, at: u32, len: u32) -> Result<&mut [u8], wasmi::Error> {
        let at = usize::try_from(at).map_err(|_| outside())?;
        let end = usize::try_from(len).ok().and_then(|len| at.checked_add(len));
        end.and_then(|end| self.0.get_mut(at..end)).ok_or_else(outside)
    }

    /// Writes bytes.
    pub(super) fn put(&mut self, at: u32, bytes: &[u8]) -> Result<(), wasmi::Error> {
        let len = u32::try_from(bytes.len()).map_err(|_| outside())?;
        self.block(at, len)?.copy_from_slice(bytes);
        Ok(())
    }

    /// Writes a number of 32 bits.
    pub(super) fn put_u32(&mut self, at: u32, value: u32) -> Result<(), wasmi::Error> {
        self.put(at, &value.to_le_bytes())
    }

    /// Writes a number of 64 bits.
    pub(super) fn put_u64(&mut self, at: u32, value: u64) -> Result<(), wasmi::Error> {
        self.put(at, &value.to_le_bytes())
    }

    /// Reads a number of 32 bits.
    pub(super) fn u32(&mut self, at: u32) -> Result<u32, wasmi::Error> {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(self.block(at, 4)?);
        Ok(u32::from_le_bytes(bytes))
    }

    /// Reads a number of 64 bits.
    pub(super) fn u64(&mut self, at: u32) -> Result<u64, wasmi::Error> {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(self.block(at, 8)?);
        Ok(u64::from_le_bytes(bytes))
    }
}
