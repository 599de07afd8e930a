//! What tests do with owners: wait for them, and give them something to store.

use std::{
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use bytes::Bytes;
use footlight_store::{Changes, Contents, Failed, Owner, Ticket};

/// Longer than anything takes, so that a test ends that waits in vain.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Wakes a thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Calls a function.
struct Call<F>(F);

impl<F: Fn() + Send + Sync + 'static> Wake for Call<F> {
    fn wake(self: Arc<Self>) {
        (self.0)();
    }
}

/// A waker that calls a function, on the thread that wakes.
pub(crate) fn on_wake(call: impl Fn() + Send + Sync + 'static) -> Waker {
    Waker::from(Arc::new(Call(call)))
}

/// Polls until it is ready, and only after a wake.
pub(crate) fn wait<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let start = Instant::now();
    loop {
        if let Poll::Ready(value) = poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        assert!(start.elapsed() < PATIENCE, "nothing has come");
        thread::park_timeout(PATIENCE);
    }
}

/// Waits for something of which nobody tells.
pub(crate) fn wait_until(mut is_true: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_true() {
        assert!(start.elapsed() < PATIENCE, "it has not become true");
        thread::yield_now();
    }
}

/// Waits for a ticket.
pub(crate) fn durable(owner: &Owner, ticket: Ticket) -> Result<Ticket, Failed> {
    wait(|cx| owner.poll_durable(ticket, cx))
}

/// Waits until the owner can go on.
pub(crate) fn recovered(owner: &Owner) {
    wait(|cx| owner.poll_recovered(cx));
}

/// A state of `len` bytes with a number in it. No two share much, so that records have their size.
pub(crate) fn state(number: u64, len: usize) -> Changes {
    let mut random = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = number.to_le_bytes().to_vec();
    while bytes.len() < len {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        bytes.extend(random.to_le_bytes());
    }
    Changes { state: Some(Some(Bytes::from(bytes))), ..Changes::default() }
}

/// The number in a state, 0 if there is none.
pub(crate) fn number(contents: &Contents) -> u64 {
    let bytes = contents.state.as_ref().and_then(|state| state.first_chunk());
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
