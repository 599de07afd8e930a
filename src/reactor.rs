//! Waits for sockets, and wakes the tasks that read and write them.
//!
//! A loop of the [executor](crate::executor) drives it: the thread polls the sockets between tasks, and
//! sleeps in the same system call when no task is ready. So a message of a client takes three
//! system calls: the wait, which many messages share, the read and the write. smol's own reactor takes
//! five for each wait and one more for each message, because it arms every socket again. It still has the
//! timers, the signals and the host's connections to servers, on a thread of its own.
//!
//! The sockets are registered once, for edges: the kernel tells that something has arrived, and says nothing
//! more until all of it has been read.

use std::{
    future::{Future, poll_fn},
    io,
    os::fd::{AsFd, AsRawFd as _},
    pin::Pin,
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicU8,
            Ordering::{AcqRel, Acquire, Release, SeqCst},
        },
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

use futures_util::task::AtomicWaker;
use mio::{Events, Interest, Registry, Token, event::Event, unix::SourceFd};
use rustix::io::ioctl_fionbio;
use slab::Slab;

use crate::lock::Lock;

/// The most events that one poll takes. The others come with the next one.
const EVENTS: usize = 256;
/// The number under which the kernel tells that another thread has something for the one that polls.
const WAKE: Token = Token(usize::MAX);

/// Something may be read, or a client waits to be accepted.
const READABLE: u8 = 1;
/// There is room for something to be written.
const WRITABLE: u8 = 2;
/// Nothing more arrives, or the socket has failed.
const ENDED: u8 = 4;

/// The sockets, and the threads that wait for them.
#[derive(Debug)]
pub struct Reactor {
    /// Held by the thread that polls.
    polled: Lock<Poller>,
    registry: Registry,
    /// Ends the wait of the thread that polls.
    waker: mio::Waker,
    sources: Lock<Slab<Arc<Readiness>>>,
    /// The threads that sleep while another one polls.
    asleep: Lock<Vec<Arc<Sleeper>>>,
}

/// What a poll needs.
#[derive(Debug)]
struct Poller {
    poll: mio::Poll,
    events: Events,
    /// The sockets of the last poll, so that no lock is held while tasks are woken.
    ready: Vec<(Arc<Readiness>, u8)>,
}

/// What has happened to a socket, and who waits for it.
#[derive(Debug, Default)]
struct Readiness {
    flags: AtomicU8,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

/// A socket that is polled until it is dropped.
#[derive(Debug)]
pub struct Polled<T: AsFd> {
    io: T,
    token: Token,
    readiness: Arc<Readiness>,
    reactor: Arc<Reactor>,
}

/// A thread that drives a future.
#[derive(Debug)]
struct Sleeper {
    thread: Thread,
    /// Whether the future is to be polled again.
    woken: AtomicBool,
    /// Whether the thread waits for the sockets, so that only the reactor's waker reaches it.
    polls: AtomicBool,
    reactor: Arc<Reactor>,
}

impl Reactor {
    /// A reactor without sockets.
    ///
    /// # Errors
    /// The system has no file descriptor left.
    pub fn new() -> io::Result<Self> {
        let poll = mio::Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let waker = mio::Waker::new(&registry, WAKE)?;
        let polled = Poller { poll, events: Events::with_capacity(EVENTS), ready: Vec::new() };
        let polled = Lock::new(polled);
        Ok(Self { polled, registry, waker, sources: Lock::default(), asleep: Lock::default() })
    }

    /// Polls a future until it is ready, and the sockets whenever it waits. While another thread polls
    /// the sockets, this one sleeps until the future is woken.
    pub(crate) fn block_on(self: &Arc<Self>, mut future: Pin<&mut dyn Future<Output = ()>>) {
        let sleeper = Arc::new(Sleeper {
            thread: thread::current(),
            woken: AtomicBool::new(false),
            polls: AtomicBool::new(false),
            reactor: self.clone(),
        });
        let waker = Waker::from(sleeper.clone());
        loop {
            sleeper.woken.store(false, SeqCst);
            if future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                break;
            }
            match self.polled.try_lock() {
                Some(mut polled) => self.poll(&mut polled, &sleeper),
                None => self.sleep(&sleeper),
            }
        }
        // This thread polls no more, so another one has to.
        for sleeper in self.asleep.lock().drain(..) {
            sleeper.wake();
        }
    }

    /// Polls the sockets, and waits for them unless the thread is woken.
    fn poll(&self, polled: &mut Poller, sleeper: &Sleeper) {
        let Poller { poll, events, ready } = polled;
        // Whoever wakes the thread writes the one and reads the other, in the other order.
        sleeper.polls.store(true, SeqCst);
        let timeout = sleeper.woken.load(SeqCst).then_some(Duration::ZERO);
        // A signal interrupts it. Nothing else can go wrong with a valid descriptor.
        let polled = poll.poll(events, timeout);
        sleeper.polls.store(false, SeqCst);
        if polled.is_err() {
            return;
        }
        let sources = self.sources.lock();
        ready.extend(
            events
                .iter()
                .filter_map(|event| Some((sources.get(event.token().0)?.clone(), flags(event)))),
        );
        drop(sources);
        for (readiness, flags) in ready.drain(..) {
            readiness.happened(flags);
        }
    }

    /// Waits until the thread is woken.
    fn sleep(&self, sleeper: &Arc<Sleeper>) {
        self.asleep.lock().push(sleeper.clone());
        // The thread that polls may have ended since it was found to poll. Then nobody would wake this one.
        if self.polled.try_lock().is_none() {
            while !sleeper.woken.load(SeqCst) {
                thread::park();
            }
        }
        self.asleep.lock().retain(|other| !Arc::ptr_eq(other, sleeper));
    }
}

/// What an event says.
fn flags(event: &Event) -> u8 {
    let ended = event.is_read_closed() || event.is_error();
    let mut flags = 0;
    if event.is_readable() || ended {
        flags |= READABLE;
    }
    if event.is_writable() || event.is_write_closed() || event.is_error() {
        flags |= WRITABLE;
    }
    if ended {
        flags |= ENDED;
    }
    flags
}

impl Readiness {
    /// Notes what has happened, and wakes who waits for it.
    fn happened(&self, flags: u8) {
        self.flags.fetch_or(flags, Release);
        if flags & READABLE != 0 {
            self.reader.wake();
        }
        if flags & WRITABLE != 0 {
            self.writer.wake();
        }
    }

    /// Takes a flag: ready if it has been set since the last time. Otherwise `task` is woken then.
    /// `others` are false if the flag is not set.
    fn poll(&self, flag: u8, others: u8, task: &AtomicWaker, cx: &mut Context<'_>) -> Poll<()> {
        // Registered before the flag is read, so that an event from here on wakes this task.
        task.register(cx.waker());
        let taken = |flags| Some(flags & !if flags & flag == 0 { others } else { flag });
        let flags = self.flags.fetch_update(AcqRel, Acquire, taken).unwrap_or_else(|flags| flags);
        if flags & flag == 0 { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl<T: AsFd> Polled<T> {
    /// Makes a socket non-blocking, and registers it.
    ///
    /// # Errors
    /// The system watches no more sockets.
    pub fn new(reactor: &Arc<Reactor>, io: T) -> io::Result<Self> {
        ioctl_fionbio(&io, true)?;
        let readiness = Arc::new(Readiness::default());
        let token = Token(reactor.sources.lock().insert(readiness.clone()));
        let source = Self { io, token, readiness, reactor: reactor.clone() };
        let fd = source.io.as_fd().as_raw_fd();
        let interest = Interest::READABLE | Interest::WRITABLE;
        reactor.registry.register(&mut SourceFd(&fd), token, interest)?;
        Ok(source)
    }

    /// Registers another socket at the same reactor.
    ///
    /// # Errors
    /// See [`new`](Self::new).
    pub fn beside<U: AsFd>(&self, io: U) -> io::Result<Polled<U>> {
        Polled::new(&self.reactor, io)
    }

    /// The socket.
    pub fn get_ref(&self) -> &T {
        &self.io
    }

    /// Ready if something may have arrived since the last time. Call it only when all has been
    /// read that there was: nobody tells of that again.
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        // If it had ended, a read would have found the end. So the event was of an earlier socket that had
        // the same number.
        self.readiness.poll(READABLE, ENDED, &self.readiness.reader, cx)
    }

    /// Ready if there may be room since the last time. Call it only when there was none.
    pub fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.readiness.poll(WRITABLE, 0, &self.readiness.writer, cx)
    }

    /// Whether nothing more arrives than what can be read now. Then a read that did not fill its buffer does not
    /// mean that an event will tell of the end: it may have told already.
    pub fn is_ended(&self) -> bool {
        self.readiness.flags.load(Acquire) & ENDED != 0
    }

    /// Does what may have to wait until something can be read.
    ///
    /// # Errors
    /// What it returns.
    pub async fn read_with<R>(&self, mut read: impl FnMut(&T) -> io::Result<R>) -> io::Result<R> {
        loop {
            match read(&self.io) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    poll_fn(|cx| self.poll_readable(cx)).await;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}

impl<T: AsFd> Drop for Polled<T> {
    fn drop(&mut self) {
        let fd = self.io.as_fd().as_raw_fd();
        // It fails only if the socket could not be registered.
        let _ = self.reactor.registry.deregister(&mut SourceFd(&fd));
        self.reactor.sources.lock().try_remove(self.token.0);
    }
}

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.woken.swap(true, SeqCst) {
            return;
        }
        if self.polls.load(SeqCst) {
            // It fails only if the reactor's own descriptor does.
            let _ = self.reactor.waker.wake();
        } else {
            self.thread.unpark();
        }
    }
}

#[cfg(test)]
mod tests;
