//! A counter's row.

use crate::counter::Counter;

/// A counter's row in `/metrics` and in the summary.
pub struct Metric<'a> {
    /// Has the present value.
    pub counter: &'a Counter,
    /// Its name in `/metrics`, without prefix and suffix.
    pub name: &'static str,
    /// Its description in `/metrics`.
    pub help: &'static str,
    /// Whether the summary shows it.
    pub(super) summary: Summary,
}

/// Whether the summary in the log shows a counter, and the words after the number.
pub(super) enum Summary {
    /// Always.
    Always(&'static str),
    /// If it is not 0: an operator wants to see faults only if there were any.
    IfAny(&'static str),
    /// Never. It is only in `/metrics`.
    Never,
}

impl<'a> Metric<'a> {
    /// A metric that the summary does not show.
    pub(super) fn new(counter: &'a Counter, name: &'static str, help: &'static str) -> Self {
        Self { counter, name, help, summary: Summary::Never }
    }

    /// The same metric, always shown in the summary.
    pub(super) fn always(self, words: &'static str) -> Self {
        Self { summary: Summary::Always(words), ..self }
    }

    /// The same metric, shown in the summary if it is not 0.
    pub(super) fn if_any(self, words: &'static str) -> Self {
        Self { summary: Summary::IfAny(words), ..self }
    }
}
