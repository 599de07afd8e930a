//! A file whose operations have a deadline.

use std::{
    cell::Cell,
    fmt, io,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use crate::file::File;

/// The stack of a file's thread, in bytes. The thread does nothing but system calls.
const STACK: usize = 64 * 1024;

/// A file whose operations run on a thread of its own and fail with `TimedOut` after `wait`. So a disk
/// that hangs can't hang whoever uses the file.
///
/// While an overdue operation is under way, all others fail with `TimedOut` at once. Once it has
/// returned, the file can be used again. Operations happen in the order in which they were accepted.
/// Nobody knows whether an overdue one has happened or will.
#[derive(Debug)]
pub(crate) struct DeadlineFile {
    /// What the thread is to do. `None` only while this value is dropped: that ends the thread.
    jobs: Option<Sender<Job>>,
    /// What the thread answers, in the order of the jobs.
    answers: Receiver<io::Result<Answer>>,
    /// Whether the last operation was overdue, so that its answer is still to come.
    overdue: Cell<bool>,
    /// How long an operation may take.
    wait: Duration,
    /// Has something to do while the caller waits for the disk.
    watch: Arc<dyn Watch>,
}

/// What the caller has to do while it waits for the disk, and wants to know of it.
pub(crate) trait Watch: fmt::Debug + Send + Sync {
    /// Does what can't wait until the operation has returned. Returns how long until the next call.
    fn meanwhile(&self) -> Duration;

    /// A sync has succeeded and took so long.
    fn synced(&self, took: Duration);
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
        let (jobs, todo) = channel();
        let (done, answers) = channel();
        thread::Builder::new()
            .name(name.to_owned())
            .stack_size(STACK)
            .spawn(move || work(file, &todo, &done))?;
        Ok(Self { jobs: Some(jobs), answers, overdue: Cell::new(false), wait, watch })
    }

    /// Lets the thread do `job`, and waits for its answer until the deadline.
    fn ask(&self, job: Job) -> io::Result<Answer> {
        if self.overdue.get() {
            // Waits for nothing: this only looks whether the overdue operation has returned.
            match self.answers.recv_timeout(Duration::ZERO) {
                Ok(_) => self.overdue.set(false),
                Err(RecvTimeoutError::Timeout) => return Err(overdue(self.wait)),
                Err(RecvTimeoutError::Disconnected) => return Err(ended()),
            }
        }
        self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or_else(ended)?;
        let start = Instant::now();
        loop {
            let left = self.wait.saturating_sub(start.elapsed());
            match self.answers.recv_timeout(left.min(self.watch.meanwhile())) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Timeout) if left > Duration::ZERO => {}
                Err(RecvTimeoutError::Timeout) => {
                    self.overdue.set(true);
                    return Err(overdue(self.wait));
                }
                Err(RecvTimeoutError::Disconnected) => return Err(ended()),
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

impl Drop for DeadlineFile {
    /// Ends the thread, and waits until it has closed the file, but not for an overdue operation.
    fn drop(&mut self) {
        self.jobs = None;
        if !self.overdue.get() {
            // The thread sends nothing more. The channel closes when it ends.
            let _ = self.answers.recv_timeout(self.wait);
        }
    }
}

/// The thread: does the jobs until nobody can send any more.
fn work(file: impl File, todo: &Receiver<Job>, done: &Sender<io::Result<Answer>>) {
    while let Ok(job) = todo.recv() {
        let answer = match job {
            Job::Size => file.size().map(Answer::Size),
            Job::ReadAt { len, at } => {
                let mut bytes = vec![0; len];
                file.read_at(&mut bytes, at).map(|()| Answer::Read(bytes))
            }
            Job::WriteAt { bytes, at } => file.write_at(&bytes, at).map(|()| Answer::Done),
            Job::Sync => file.sync().map(|()| Answer::Done),
        };
        if done.send(answer).is_err() {
            return;
        }
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
