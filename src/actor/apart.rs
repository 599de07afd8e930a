//! Awaits a large future in a function of its own.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll},
};

/// Awaits a future that several functions await. The compiler would put a copy of all that it does
/// into each of them.
pub(super) async fn apart<F: Future>(mut future: Pin<&mut F>) -> F::Output {
    poll_fn(|cx| poll(future.as_mut(), cx)).await
}

/// Polls it. Not inlined, because there would be a copy for each caller.
#[inline(never)]
fn poll<F: Future>(future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
    future.poll(cx)
}
