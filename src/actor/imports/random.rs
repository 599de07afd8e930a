//! `footlight:host/random`: random bytes.

use rand::TryRng as _;
use wit_core::host::Flat::I32;

use super::row::{Call, Import, Kind, Step, Trap, row};
use crate::{actor::host_calls::HostCalls, interfaces::RANDOM};

/// The functions of this interface.
pub(crate) const ROWS: &[Import] =
    &[row(&RANDOM, "bytes", "gives random bytes", &[I32], Kind::suspending::<Vec<u8>>(bytes))];

/// The most random bytes in one call.
const MAX: u32 = 1 << 16;
/// The cost of a byte.
const BYTE: u64 = 2;

/// `bytes: func(n: u32) -> list<u8>`
fn bytes<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let count = call.parameters.u32();
    let (host, result) = call.end("bytes", BYTE.saturating_mul(count.into()))?;
    if count > MAX {
        let text = format!("{count} random bytes are asked for, at most {MAX} are given");
        return Err(Trap::Host(text));
    }
    Ok(Step::Done(result.lower(draw(host, count)?)))
}

/// Random bytes from the generator of the current call.
pub(super) fn draw(host: &mut HostCalls, count: u32) -> Result<Vec<u8>, Trap> {
    let generator = match &mut host.random {
        Some(generator) => generator,
        none => {
            let seeded = host.world.generator();
            let seeded = seeded
                .map_err(|error| Trap::Host(format!("the system gives no random bytes: {error}")));
            none.insert(seeded?)
        }
    };
    let mut bytes = vec![0; usize::try_from(count).unwrap_or(0)];
    let given = host.world.given_random(&mut bytes);
    // This generator can't fail.
    let _ = generator.try_fill_bytes(bytes.get_mut(given..).unwrap_or_default());
    Ok(bytes)
}
