//! A guest called as the host does it: metered, in slices, in a task of the executor.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use footlight::{
    actor::{Grants, Module, Services, instance::Instance, meter::Meter},
    clock::Clock,
    limits::Limits,
    logger::ActorLog,
    stats::Stats,
};
use smol::{Executor, block_on};
use wit_core::MessageRef;

use super::{common::Result, guests::Guest};

/// An instance and its fuel.
pub(crate) struct Sliced {
    /// The instance; away while it is called.
    instance: Option<Instance>,
    /// Its fuel; away with the instance.
    meter: Option<Meter>,
}

impl Sliced {
    /// Makes an instance whose calls run in slices of `slice` fuel.
    pub(crate) fn new(guest: &Guest, limits: &Limits, slice: u64) -> Result<Self> {
        let module =
            Module::compile(&guest.wasm, limits, Grants::ALL).map_err(|error| error.to_string())?;
        let stats = Arc::new(Stats::default());
        let lines = Arc::new(ActorLog::new(guest.name.into(), limits.log_rate, stats));
        let limits = &Limits { slice, ..limits.clone() };
        let mut meter = Meter::new(limits, Arc::default());
        let instance = block_on(Instance::new(&Arc::new(module), limits, lines, &mut meter))?;
        Ok(Self { instance: Some(instance), meter: Some(meter) })
    }

    /// Calls `handle-message` so often, and says how long that took and what fuel one call
    /// took.
    pub(crate) fn run(&mut self, guest: &Arc<Guest>, calls: u32) -> Result<(Duration, u64)> {
        let executor = Executor::new();
        let mut instance = self.instance.take().ok_or("no instance")?;
        let guest = guest.clone();
        let mut meter = self.meter.take().ok_or("no meter")?;
        let task = executor.spawn(async move {
            let mut services =
                Services::new(&Limits::default(), Clock::System, None, None, Arc::default());
            let start = Instant::now();
            for _ in 0..calls {
                meter.begin();
                let message = MessageRef::text(&guest.text);
                let state = Some(&*guest.state);
                let reply =
                    instance.handle_message(message, state, &mut meter, &mut services).await;
                std::hint::black_box(reply.map_err(|error| error.to_string())??);
                meter.yield_if_due().await.map_err(|_| "it took too long")?;
            }
            Ok::<_, String>((start.elapsed(), instance, meter))
        });
        let (time, instance, meter) = block_on(executor.run(task))?;
        let spent = meter.spent();
        (self.instance, self.meter) = (Some(instance), Some(meter));
        Ok((time, spent))
    }
}
