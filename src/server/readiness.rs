//! Tells when a socket may be readable, even if async-io misses the event.
//!
//! async-io 2.6 reports a source as ready only if its event came in a *later* tick of the reactor
//! than the one in which the task registered its interest. This excludes stale events. But an event
//! in the same tick wakes the task, and then `poll_readable` registers again instead of returning
//! ready. While another thread waits in the reactor, every registration is made in a tick that has
//! not ended. If that thread is always quicker, a socket with data is never reported as readable.
//!
//! So the wakeup itself counts as the event. Each socket has a waker of its own, which sets a flag
//! and then wakes the task. A superfluous flag costs one read in vain. No event is lost, because
//! the flag is set before the task is woken, on whichever thread.

use std::{
    io,
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures_util::task::AtomicWaker;
use smol::Async;

/// Whether a socket may be readable.
#[derive(Debug)]
pub(crate) struct Readiness {
    /// Goes to the reactor, which calls it.
    waker: Waker,
    /// What the waker sets, for polls to see.
    event: Arc<Event>,
}

/// An event of the reactor.
#[derive(Debug, Default)]
struct Event {
    /// Whether the reactor has woken the socket since the last poll.
    happened: AtomicBool,
    task: AtomicWaker,
}

impl Default for Readiness {
    /// No event has happened yet.
    fn default() -> Self {
        let event = Arc::new(Event::default());
        Self { waker: event.clone().into(), event }
    }
}

impl Readiness {
    /// Ready when the socket may be readable. Otherwise the task is woken when it is.
    ///
    /// # Errors
    /// The reactor does not accept the socket.
    pub(crate) fn poll(
        &self,
        socket: &Async<TcpStream>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        // Registered before the flag is read, so that an event from here on wakes this task.
        self.event.task.register(cx.waker());
        let happened = self.event.happened.swap(false, Ordering::AcqRel);
        // Polled even if the flag is set: the reactor clears its event or registers again.
        match socket.poll_readable(&mut Context::from_waker(&self.waker)) {
            Poll::Pending if happened => Poll::Ready(Ok(())),
            ready_or_not => ready_or_not,
        }
    }
}

impl Wake for Event {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.happened.store(true, Ordering::Release);
        self.task.wake();
    }
}
