//! The host's counters, and what they say about an event.

use footlight::stats::Stats;

use crate::script::End;

/// The counters of an actor that the fuzzers check.
#[derive(Debug, Default)]
pub struct Counts {
    /// Events handled.
    pub events: u64,
    /// Messages queued.
    pub answers: u64,
    /// Calls that failed.
    pub traps: u64,
    /// Errors that the actor returned.
    pub errors: u64,
    /// Answers that could not be sent.
    pub refused: u64,
    /// Clients that were too slow.
    pub overflows: u64,
    /// Instances dropped for being idle.
    pub hibernations: u64,
    /// Instances dropped for their memory.
    pub watermarks: u64,
    /// Fuel of `handle-message`, and of the calls that belong to it.
    pub fuel: u64,
}

impl Counts {
    /// The counts so far.
    pub fn of(stats: &Stats) -> Self {
        Self {
            events: stats.events.get(),
            answers: stats.answers.get(),
            traps: stats.traps.get(),
            errors: stats.errors.get(),
            refused: stats.refused_answers.get(),
            overflows: stats.overflows.get(),
            hibernations: stats.hibernations.get(),
            watermarks: stats.watermarks.get(),
            fuel: stats.fuel.get(),
        }
    }

    /// The counts since `then`.
    pub fn since(&self, then: &Self) -> Self {
        Self {
            events: self.events - then.events,
            answers: self.answers - then.answers,
            traps: self.traps - then.traps,
            errors: self.errors - then.errors,
            refused: self.refused - then.refused,
            overflows: self.overflows - then.overflows,
            hibernations: self.hibernations - then.hibernations,
            watermarks: self.watermarks - then.watermarks,
            fuel: self.fuel - then.fuel,
        }
    }

    /// How one event ended.
    pub fn end(&self) -> End {
        match (self.traps, self.errors, self.refused, self.overflows) {
            (0, 0, 0, 0..=1) => End::Well,
            (1, 0, 0, 0) => End::Trap,
            (0, 1, 0, 0) => End::Error,
            (0, 0, 1, 0) => End::Refused,
            _ => panic!("one event, and {self:?}"),
        }
    }
}
