//! Bounds the memory and the tables of an instance, and remembers what was refused.

use wasmi::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};
use wasmi_core::LimiterError;

use crate::limits::Limits;

/// What an instance may have.
pub struct Growth {
    /// Decides.
    bounds: StoreLimits,
    /// The most bytes of memory: `limits.memory`.
    memory: usize,
    /// The bytes of memory that the guest wanted to have when it was refused more, in this call.
    refused: Option<usize>,
}

impl Growth {
    /// What these limits allow.
    pub(crate) fn new(limits: &Limits) -> Self {
        let bounds = StoreLimitsBuilder::new()
            .memory_size(limits.memory)
            .table_elements(limits.table)
            .memories(1)
            .tables(limits.tables)
            // The guest's, and that of `pair`.
            .instances(2)
            .build();
        Self { bounds, memory: limits.memory, refused: None }
    }

    /// Forgets what was refused.
    pub(crate) fn begin(&mut self) {
        self.refused = None;
    }

    /// The bytes of memory that were refused in this call, and those that are allowed.
    pub(crate) fn refused(&self) -> Option<(usize, usize)> {
        Some((self.refused?, self.memory))
    }
}

impl ResourceLimiter for Growth {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, LimiterError> {
        let allowed = self.bounds.memory_growing(current, desired, maximum)?;
        if !allowed || maximum.is_some_and(|maximum| desired > maximum) {
            self.refused = Some(desired);
        }
        Ok(allowed)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, LimiterError> {
        self.bounds.table_growing(current, desired, maximum)
    }

    fn instances(&self) -> usize {
        self.bounds.instances()
    }

    fn tables(&self) -> usize {
        self.bounds.tables()
    }

    fn memories(&self) -> usize {
        self.bounds.memories()
    }
}
