//! Answers a guest's call of a suspending import.

use super::{
    call_context::CallContext,
    call_error::CallError,
    entry::overtime,
    fuel_cost,
    imports::{ImportCall, Step, Trap},
    instance::Instance,
    meter::Overtime,
};

impl Instance {
    /// Runs the import, and places its result in the guest's memory.
    pub(super) async fn answer(
        &mut self,
        export: &'static str,
        call: &ImportCall,
        context: &mut CallContext,
    ) -> Result<(), CallError> {
        let failed = |trap: Trap| CallError::Trap {
            export,
            error: wasmi::Error::new(format!("in a call of `{}`, {trap}", call.import)),
        };
        let CallContext { meter, host } = context;
        let mut has_rested = false;
        let mut result = loop {
            let mut cost = 0;
            let (refusal, full) = {
                let step = call.step(self.memory.data(&self.store), host, &mut cost);
                if !has_rested {
                    meter.charge(cost);
                }
                match step.map_err(failed)? {
                    Step::Done(result) => break result,
                    Step::Wait(wait) => {
                        meter.wait();
                        break wait.await.map_err(failed)?;
                    }
                    Step::Refused(result) => (result, None),
                    Step::Full { to, result } => (result, Some(to)),
                }
            };
            match full {
                // First let the connection write the messages that wait.
                Some(to) if !has_rested || host.is_draining(to) => meter.yield_now().await,
                _ => {
                    host.count_refusal();
                    break refusal;
                }
            }
            has_rested = true;
        };
        meter.charge(fuel_cost::of_copy(result.content_bytes()));
        meter.yield_if_due().await.map_err(|Overtime| overtime(export, meter))?;
        while let Some((len, align)) = result.next_block() {
            let ptr = self.allocate(len, align, meter).await?;
            let memory = self.memory.data_mut(&mut self.store);
            result.place(memory, ptr).map_err(CallError::Lower)?;
            meter.charge(fuel_cost::BLOCK);
            meter.yield_if_due().await.map_err(|Overtime| overtime(export, meter))?;
        }
        result.finish(self.memory.data_mut(&mut self.store)).map_err(CallError::Lower)
    }
}
