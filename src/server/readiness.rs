//! Knows when a socket may have something to read, whatever the reactor makes of it.
//!
//! async-io 2.6 says that a source is ready when an event came in a *later* tick of the reactor
//! than that in which the interest was registered, so that no stale event counts. An event that
//! comes in the very tick of the registration wakes the task, but `poll_readable` then registers
//! anew instead of being ready. While another thread waits in the reactor, every registration is
//! made in a tick that is not over yet; where that thread is always the quicker one, a socket with
//! bytes to read is never called readable.
//!
//! Being woken is the event. So each socket has a waker of its own, which notes that it was woken
//! and wakes the task. A note more than there was need for costs one read in vain; none is lost,
//! since the note is made before the task is woken, by whichever thread.

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

/// Whether a socket may have something to read.
#[derive(Debug)]
pub struct Readiness {
    /// What the reactor wakes.
    waker: Waker,
    /// What it has noted then.
    event: Arc<Event>,
}

/// That the reactor had something to tell.
#[derive(Debug, Default)]
struct Event {
    /// Whether it had, since the last time that anybody looked.
    happened: AtomicBool,
    /// The task that waits for it.
    task: AtomicWaker,
}

impl Default for Readiness {
    /// Nothing is known yet.
    fn default() -> Self {
        let event = Arc::new(Event::default());
        Self { waker: event.clone().into(), event }
    }
}

impl Readiness {
    /// Ready when there may be something to read. If not, the task is woken when there is.
    ///
    /// # Errors
    /// The reactor does not take the socket.
    pub fn poll(&self, socket: &Async<TcpStream>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // First, so that an event that comes from here on wakes this task.
        self.event.task.register(cx.waker());
        let happened = self.event.happened.swap(false, Ordering::AcqRel);
        // Also if it has happened: the reactor forgets what it had to tell, or registers anew.
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
