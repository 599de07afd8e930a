//! The task that waits for something, as those hold it that know when it comes.

use std::task::{Context, Waker};

/// Notes which task to wake, in place of the one before.
pub(crate) fn register(waiting: &mut Option<Waker>, cx: &Context<'_>) {
    match waiting {
        Some(waker) => waker.clone_from(cx.waker()),
        none => *none = Some(cx.waker().clone()),
    }
}
