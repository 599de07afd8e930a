//! A file whose operations have a deadline.

use std::{
    cell::Cell,
    fmt, io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{file::File, threads};

/// The stack of a file's thread, in bytes. The thread does nothing but system calls.
const STACK: usize = 64 * 1024;

/// A file whose operations run on a thread of its own and fail with `TimedOut` after `wait`. So a disk
/// that hangs can't hang whoever uses the file.
///
/// While an overdue operation is under way, all others fail with `TimedOut` at once. Once it has
/// returned, the file can be used again. Operations happen in the order in which they were accepted.
/// Nobody knows whether an overdue one has happened or will.
pub(crate) struct DeadlineFile {
    desk: Arc<Desk>,
    /// Whether the last operation was overdue, so that its answer is still to come.
    overdue: Cell<bool>,
    /// How long an operation may take.
    wait: Duration,
    /// Has something to do while the caller waits for the disk.
    watch: Arc<dyn Watch>,
}

/// What the caller has to do while it waits for the disk, and wants to know of it.
pub(crate) trait Watch: Send + Sync {
    /// Does what can't wait until the operation has returned. Returns how long until the next call.
    fn meanwhile(&self) -> Duration;

    /// A sync has succeeded and took so long.
    fn synced(&self, took: Duration);
}

/// Where the caller and the file's thread meet.
#[derive(Debug, Default)]
struct Desk {
    state: Mutex<State>,
    /// Wakes both. Only one of them ever waits for the other.
    turn: Condvar,
}

/// Whose turn it is.
#[derive(Debug, Default)]
enum State {
    /// Nothing is under way.
    #[default]
    Free,
    /// The thread is to do this.
    Asked(Job),
    /// The thread is busy.
    Busy,
    /// The thread has done it.
    Done(io::Result<Answer>),
    /// The caller wants nothing more.
    Left,
    /// The thread is gone, and has closed the file.
    Ended,
}

/// An operation. It owns its bytes, because it can outlive its caller.
#[derive(Debug)]
enum Job {
    Size,
    ReadAt { len: usize, at: u64 },
    WriteAt { bytes: Vec<u8>, at: u64 },
    Sync,
}

/// What a successful operation gives.
#[derive(Debug)]
enum Answer {
    Size(u64),
    Read(Vec<u8>),
    Done,
}

impl DeadlineFile {
    /// Starts the thread called `name` for `file`.
    ///
    /// # Errors
    /// If the system can't start a thread.
    pub(crate) fn new(
        file: impl File + 'static,
        name: &str,
        wait: Duration,
        watch: Arc<dyn Watch>,
    ) -> io::Result<Self> {
        let desk = Arc::new(Desk::default());
        let ending = Ending(Arc::clone(&desk));
        let run = move || {
            let ending = ending;
            ending.0.work(&file);
            // Nobody must learn of the end before the file is closed.
            drop(file);
        };
        threads::spawn(name, STACK, Box::new(run))?;
        Ok(Self { desk, overdue: Cell::new(false), wait, watch })
    }

    /// Lets the thread do `job`, and waits for its answer until the deadline.
    fn ask(&self, job: Job) -> io::Result<Answer> {
        let start = Instant::now();
        let mut state = self.desk.lock();
        if self.overdue.get() {
            match *state {
                State::Asked(_) | State::Busy => return Err(overdue(self.wait)),
                // That answer came too late.
                State::Done(_) => *state = State::Free,
                State::Free | State::Left | State::Ended => {}
            }
            self.overdue.set(false);
        }
        if !matches!(*state, State::Free) {
            return Err(ended());
        }
        *state = State::Asked(job);
        self.desk.turn.notify_one();
        // How long until the watch has to be called.
        let mut look = Duration::ZERO;
        loop {
            match std::mem::take(&mut *state) {
                State::Done(answer) => return answer,
                under_way @ (State::Asked(_) | State::Busy) => *state = under_way,
                other => {
                    *state = other;
                    return Err(ended());
                }
            }
            let left = self.wait.saturating_sub(start.elapsed());
            if left.is_zero() {
                self.overdue.set(true);
                return Err(overdue(self.wait));
            }
            if look.is_zero() {
                // The watch must not be called with a lock.
                drop(state);
                look = self.watch.meanwhile();
                state = self.desk.lock();
            } else {
                let before = Instant::now();
                state = self.desk.wait(state, left.min(look));
                look = look.saturating_sub(before.elapsed());
            }
        }
    }
}

impl File for DeadlineFile {
    fn size(&self) -> io::Result<u64> {
        match self.ask(Job::Size)? {
            Answer::Size(size) => Ok(size),
            Answer::Read(_) | Answer::Done => Err(ended()),
        }
    }

    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        match self.ask(Job::ReadAt { len: buffer.len(), at })? {
            Answer::Read(bytes) if bytes.len() == buffer.len() => {
                buffer.copy_from_slice(&bytes);
                Ok(())
            }
            _ => Err(ended()),
        }
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.ask(Job::WriteAt { bytes: bytes.to_vec(), at }).map(drop)
    }

    fn sync(&self) -> io::Result<()> {
        let start = Instant::now();
        self.ask(Job::Sync)?;
        self.watch.synced(start.elapsed());
        Ok(())
    }
}

impl fmt::Debug for DeadlineFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadlineFile").finish_non_exhaustive()
    }
}

impl Drop for DeadlineFile {
    /// Ends the thread, and waits until it has closed the file, but not for an overdue operation.
    fn drop(&mut self) {
        let deadline = Instant::now() + self.wait;
        let mut state = self.desk.lock();
        let is_busy = matches!(*state, State::Asked(_) | State::Busy);
        if !matches!(*state, State::Ended) {
            *state = State::Left;
        }
        self.desk.turn.notify_one();
        while !is_busy && !matches!(*state, State::Ended) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.desk.wait(state, left);
        }
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, time: Duration) -> MutexGuard<'a, State> {
        self.turn.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0
    }

    /// The thread: does the jobs until the caller has left.
    fn work(&self, file: &impl File) {
        let mut state = self.lock();
        loop {
            match std::mem::replace(&mut *state, State::Busy) {
                State::Asked(job) => {
                    drop(state);
                    let answer = job.run(file);
                    state = self.lock();
                    if matches!(*state, State::Left) {
                        return;
                    }
                    *state = State::Done(answer);
                    self.turn.notify_one();
                }
                State::Left => return,
                other => {
                    *state = other;
                    state = self.turn.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

impl Job {
    fn run(self, file: &impl File) -> io::Result<Answer> {
        match self {
            Self::Size => file.size().map(Answer::Size),
            Self::ReadAt { len, at } => {
                let mut bytes = vec![0; len];
                file.read_at(&mut bytes, at).map(|()| Answer::Read(bytes))
            }
            Self::WriteAt { bytes, at } => file.write_at(&bytes, at).map(|()| Answer::Done),
            Self::Sync => file.sync().map(|()| Answer::Done),
        }
    }
}

/// Tells the caller when the thread ends, also if it does so by a panic.
struct Ending(Arc<Desk>);

impl Drop for Ending {
    fn drop(&mut self) {
        *self.0.lock() = State::Ended;
        self.0.turn.notify_one();
    }
}

/// The error of an operation that takes longer than `wait`.
fn overdue(wait: Duration) -> io::Error {
    let text = format!("the disk has not answered within {} ms", wait.as_millis());
    io::Error::new(io::ErrorKind::TimedOut, text)
}

/// The error of a file whose thread has panicked.
fn ended() -> io::Error {
    io::Error::other("the thread of this file has ended; this is a bug in footlight-store")
}

#[cfg(test)]
mod tests;
