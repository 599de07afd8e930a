//! Answers a call of an import at which the guest is suspended.

use std::fmt;

use wit_core::host::Request;

use super::{
    call_context::CallContext, call_error::CallError, entry::overtime, fuel_cost,
    host_calls::Answered, imports::ImportCall, instance::Instance, meter::Overtime,
};

impl Instance {
    /// Does what the guest asks for, and places the answer in its memory.
    pub(super) async fn answer(
        &mut self,
        export: &'static str,
        asked: &ImportCall,
        context: &mut CallContext,
    ) -> Result<(), CallError> {
        let wrong = |what: &dyn fmt::Display| CallError::Trap {
            export,
            error: wasmi::Error::new(format!("in a call of `{}`, {what}", asked.import)),
        };
        let CallContext { meter, host } = context;
        let memory = self.memory.data(&self.store);
        let (request, pointer) = Request::lift(asked.import, memory, &asked.parameters)
            .map_err(|error| wrong(&error))?;
        meter.charge(host.cost(&request));
        let to = request.receiver();
        let mut answered = host.answer(&request).map_err(|error| wrong(&error))?;
        let mut has_rested = false;
        while answered.is_full() {
            // Not before its connection has had a chance to write what waits.
            if std::mem::replace(&mut has_rested, true) && !host.is_draining(to) {
                break;
            }
            meter.yield_now().await;
            let memory = self.memory.data(&self.store);
            let (request, _) = Request::lift(asked.import, memory, &asked.parameters)
                .map_err(|error| wrong(&error))?;
            answered = host.answer(&request).map_err(|error| wrong(&error))?;
        }
        let given = match answered {
            Answered::Now(given) => given,
            Answered::Later(request) => {
                meter.wait();
                host.file(request).await
            }
        };
        let given = given.of(asked.import).map_err(|error| wrong(&error))?;
        host.note(&given);
        meter.charge(fuel_cost::of_answer(given.bytes()));
        meter.yield_if_due().await.map_err(|Overtime| overtime(export, meter))?;
        let mut result = given.lower(pointer);
        while let Some((len, align)) = result.next_block() {
            let ptr = self.allocate(len, align, meter).await?;
            let memory = self.memory.data_mut(&mut self.store);
            result.place(memory, ptr).map_err(CallError::Lower)?;
            meter.charge(fuel_cost::of_block());
            meter.yield_if_due().await.map_err(|Overtime| overtime(export, meter))?;
        }
        result.finish(self.memory.data_mut(&mut self.store)).map_err(CallError::Lower)
    }
}
