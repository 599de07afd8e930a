//! Places the parameters of a call in the guest's memory.

use wit_core::{
    lower::{self, Lowering, LoweringRequest},
    shape,
};

use super::{call_error::CallError, entry::flat_len, instance::Instance, meter::Meter};

/// The alignment of a block of bytes.
const BYTES: u32 = 1;

impl Instance {
    /// Places the blocks of the parameters in the guest. Returns the flat parameters, padded with
    /// zeroes.
    pub(super) async fn place(
        &mut self,
        parameters: &mut Lowering<'_>,
        meter: &mut Meter,
    ) -> Result<[i32; lower::MAX_FLAT], CallError> {
        while let Some(block) = parameters.next_block() {
            let following = parameters.following_block().filter(|block| !block.is_empty());
            if let (Some(following), false) = (following, block.is_empty()) {
                let (export, lens) = (shape::REALLOC.0, (block.len(), following.len()));
                let lens = (flat_len(lens.0), flat_len(lens.1), 0, 0);
                let first = self.call(export, self.pair.function, lens, meter).await?;
                let second = self.pair.second(&self.store);
                self.place_block(parameters, block, first.cast_unsigned(), meter)?;
                self.place_block(parameters, following, second, meter)?;
                continue;
            }
            let ptr = match self.nothing.filter(|_| block.is_empty()) {
                Some(ptr) => ptr,
                None => self.allocate(block.len(), BYTES, meter).await?,
            };
            if block.is_empty() && ptr <= BYTES {
                self.nothing = Some(ptr);
            }
            self.place_block(parameters, block, ptr, meter)?;
        }
        Ok(padded(parameters.parameters()))
    }

    /// Places the next block at `ptr`.
    fn place_block(
        &mut self,
        parameters: &mut Lowering<'_>,
        block: &[u8],
        ptr: u32,
        meter: &mut Meter,
    ) -> Result<(), CallError> {
        let memory = self.memory.data_mut(&mut self.store);
        parameters.place(memory, ptr).map_err(CallError::Lower)?;
        meter.moved(block.len());
        Ok(())
    }

    /// The same for a request.
    pub(super) async fn place_request(
        &mut self,
        parameters: &mut LoweringRequest<'_>,
        meter: &mut Meter,
    ) -> Result<[i32; lower::MAX_FLAT], CallError> {
        while let Some((len, align)) = parameters.next_block() {
            let ptr = self.allocate(len, align, meter).await?;
            let memory = self.memory.data_mut(&mut self.store);
            parameters.place(memory, ptr).map_err(CallError::Lower)?;
            meter.moved(len);
        }
        Ok(padded(parameters.parameters()))
    }
}

/// Flat parameters as signed numbers, padded with zeroes.
fn padded(parameters: &[u32]) -> [i32; lower::MAX_FLAT] {
    let mut flat = [0; lower::MAX_FLAT];
    let values = flat.iter_mut().zip(parameters);
    values.for_each(|(slot, value)| *slot = value.cast_signed());
    flat
}
