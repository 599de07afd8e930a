//! Calls a guest as the host does: metered, in slices, in a task of the executor.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use footlight::{
    actor::{CallContext, Grants, Module, Resources, instance::Instance},
    limits::Limits,
    logger::ActorLog,
    stats::Stats,
};
use smol::{Executor, block_on};
use wit_core::MessageRef;

use super::{common::Result, guests::Guest};

/// An instance and the context of its calls.
pub(crate) struct Sliced {
    /// The instance. A call takes it out.
    instance: Option<Box<Instance>>,
    /// The context of its calls. A call takes it out.
    context: Option<CallContext>,
}

impl Sliced {
    /// Makes an instance whose calls run in slices of `slice` fuel.
    pub(crate) fn new(guest: &Guest, limits: &Limits, slice: u64) -> Result<Self> {
        let module =
            Module::compile(&guest.wasm, limits, Grants::ALL).map_err(|error| error.to_string())?;
        let stats = Arc::new(Stats::default());
        let lines = Arc::new(ActorLog::new(guest.name.into(), limits.log_rate, stats));
        let limits = &Limits { slice, ..limits.clone() };
        let mut context = CallContext::new(limits, Resources::default());
        let (module, meter) = (Arc::new(module), &mut context.meter);
        let instance = block_on(Instance::new(&module, limits, lines, meter))?;
        Ok(Self { instance: Some(instance), context: Some(context) })
    }

    /// Calls `handle-message` this many times. Returns the time of all calls and the fuel of one.
    pub(crate) fn run(&mut self, guest: &Arc<Guest>, calls: u32) -> Result<(Duration, u64)> {
        let executor = Executor::new();
        let mut instance = self.instance.take().ok_or("no instance")?;
        let guest = guest.clone();
        let mut context = self.context.take().ok_or("no context")?;
        let task = executor.spawn(async move {
            let start = Instant::now();
            for _ in 0..calls {
                context.meter.begin();
                let message = MessageRef::text(&guest.text);
                let state = Some(&*guest.state);
                let reply = instance.handle_message(message, state, &mut context).await;
                std::hint::black_box(reply.map_err(|error| error.to_string())??);
                context.meter.yield_if_due().await.map_err(|_| "it took too long")?;
            }
            Ok::<_, String>((start.elapsed(), instance, context))
        });
        let (time, instance, context) = block_on(executor.run(task))?;
        let spent = context.meter.spent();
        (self.instance, self.context) = (Some(instance), Some(context));
        Ok((time, spent))
    }
}
