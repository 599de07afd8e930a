//! `footlight:host/clock`: the time.

use wasmi::Caller;
use wit_core::{Shape, host::Flat};

use super::{
    guest::{Guest, charge},
    row::{Import, Kind},
    suspended::NotHere,
};
use crate::interfaces::CLOCK;

/// The functions of this interface.
pub(crate) const ROWS: &[Import] = &[NOW];

/// `now: func() -> u64`
const NOW: Import = Import {
    interface: &CLOCK,
    name: "now",
    role: "tells the time",
    shapes: &Shape::ALL,
    params: &[],
    kind: Kind::Immediate {
        result: Some(Flat::I64),
        add: |linker, module, name| linker.func_wrap(module, name, now).map(|_| ()),
    },
};

/// The cost of a call.
const COST: u64 = 100;

/// The time of the present call.
fn now(mut caller: Caller<'_, Guest>) -> Result<u64, wasmi::Error> {
    let not_here = || wasmi::Error::host(NotHere(&NOW));
    let now = caller.data_mut().time.as_mut().ok_or_else(not_here)?.now();
    // The slice can't end here, because this import has a core result: see `Kind::Suspending`.
    charge(&mut caller, COST)?;
    Ok(now)
}
