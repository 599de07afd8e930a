//! Calls a guest as the host does: metered, in slices, in a task of the executor.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use footlight::limits::Limits;
use smol::{Executor, block_on};

use super::{
    common::{Result, inside::Inside},
    guests::Guest,
};

/// An instance and its fuel; away while they are used.
pub(crate) struct Sliced(Option<Inside>);

impl Sliced {
    /// Makes an instance whose calls run in slices of `slice` fuel.
    pub(crate) fn new(guest: &Guest, limits: &Limits, slice: u64) -> Result<Self> {
        let limits = &Limits { slice, ..limits.clone() };
        Ok(Self(Some(block_on(Inside::new(&guest.wasm, limits, None))?)))
    }

    /// Calls `handle-message` this many times. Returns the time of all calls and the fuel of one.
    pub(crate) fn run(&mut self, guest: &Arc<Guest>, calls: u32) -> Result<(Duration, u64)> {
        let executor = Executor::new();
        let mut inside = self.0.take().ok_or("no instance")?;
        let guest = guest.clone();
        let task = executor.spawn(async move {
            let start = Instant::now();
            for _ in 0..calls {
                let reply = inside.handle(&guest.text, Some(&guest.state)).await;
                std::hint::black_box(reply.map_err(|error| error.to_string())??);
                inside.context.meter.yield_if_due().await.map_err(|_| "it took too long")?;
            }
            Ok::<_, String>((start.elapsed(), inside))
        });
        let (time, inside) = block_on(executor.run(task))?;
        let spent = inside.context.meter.spent();
        self.0 = Some(inside);
        Ok((time, spent))
    }
}
