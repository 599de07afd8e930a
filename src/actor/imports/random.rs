//! `footlight:host/random`: random bytes.

use wit_core::host::Flat::I32;

use super::row::{Call, Import, Kind, Step, Trap, row};
use crate::{actor::host_calls::HostCalls, interfaces::RANDOM};

/// The functions of this interface.
pub(crate) const ROWS: &[Import] =
    &[row(&RANDOM, "bytes", "gives random bytes", &[I32], Kind::suspending::<Vec<u8>>(bytes))];

/// The most random bytes in one call.
pub(super) const MAX: u64 = 1 << 16;
/// The cost of a byte.
const BYTE: u64 = 2;

/// `bytes: func(n: u32) -> list<u8>`
fn bytes<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let count = u64::from(call.parameters.u32());
    let (host, result) = call.end("bytes", BYTE.saturating_mul(count))?;
    Ok(Step::Done(result.lower(draw(host, count)?)))
}

/// Random bytes from the generator of the current call.
pub(super) fn draw(host: &mut HostCalls, count: u64) -> Result<Vec<u8>, Trap> {
    let fits = usize::try_from(count).ok().filter(|_| count <= MAX);
    let mut bytes = vec![0; fits.ok_or_else(|| Trap::Host(too_many(count)))?];
    host.world.fill_random(&mut host.random, &mut bytes).map_err(Trap::Host)?;
    Ok(bytes)
}

/// The trap of a call that asks for more.
pub(super) fn too_many(count: u64) -> String {
    format!("{count} random bytes are asked for, at most {MAX} are given")
}
