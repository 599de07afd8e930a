//! What the owners' handles and the store's thread share.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::Waker,
    time::{Duration, Instant},
};

use crate::{
    blocks::Blocks, deadline_file::Watch, image::Image, queue::Queue, stats::Stats, ticket::Failed,
};

/// Two things with a lock each. Who holds `desk` may try to lock `image`, but not wait for it. No lock
/// is held over an operation on a file, or while a waker is called.
#[derive(Debug)]
pub(crate) struct Shared {
    /// What waits.
    desk: Mutex<Desk>,
    /// What is on the disk. Only the thread changes it.
    image: Mutex<Image>,
    /// Wakes the thread.
    turn: Condvar,
    /// Wakes those who wait for the thread: until it has ended, or has reserved a block.
    progress: Condvar,
    /// How long an operation may take, and how long changes may wait.
    pub(crate) wait: Duration,
}

/// What waits for the thread, and what it has done.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    pub(crate) queue: Queue,
    pub(crate) blocks: Blocks,
    pub(crate) stats: Stats,
    /// When the thread has to be done with everything. `None` while the store is open.
    pub(crate) closing: Option<Instant>,
    /// How the thread ended. `None` while it runs.
    pub(crate) ended: Option<Result<(), Arc<str>>>,
}

impl Shared {
    pub(crate) fn new(wait: Duration) -> Self {
        Self {
            desk: Mutex::default(),
            image: Mutex::default(),
            turn: Condvar::new(),
            progress: Condvar::new(),
            wait,
        }
    }

    /// Locks what waits. A panic leaves it as whole as it was, since no code of it can panic halfway.
    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        lock(&self.desk)
    }

    /// Locks what is on the disk.
    pub(crate) fn image(&self) -> MutexGuard<'_, Image> {
        lock(&self.image)
    }

    /// What is on the disk, for the log, which locks it while it looks at it.
    pub(crate) fn live_set(&self) -> &Mutex<Image> {
        &self.image
    }

    /// Locks what is on the disk, unless somebody else has.
    pub(crate) fn try_image(&self) -> Option<MutexGuard<'_, Image>> {
        self.image.try_lock().ok()
    }

    /// There is something to do for the thread.
    pub(crate) fn call_thread(&self) {
        self.turn.notify_one();
    }

    /// The thread waits until it is called, or until `until`.
    pub(crate) fn wait_for_turn<'a>(
        &self,
        desk: MutexGuard<'a, Desk>,
        until: Option<Instant>,
    ) -> MutexGuard<'a, Desk> {
        wait(&self.turn, desk, until)
    }

    /// The thread has got on.
    pub(crate) fn tell_progress(&self) {
        self.progress.notify_all();
    }

    /// Somebody waits for the thread until `until`.
    pub(crate) fn wait_for_thread<'a>(
        &self,
        desk: MutexGuard<'a, Desk>,
        until: Instant,
    ) -> MutexGuard<'a, Desk> {
        wait(&self.progress, desk, Some(until))
    }

    /// The thread is over. What has not been written never will be.
    pub(crate) fn end(&self, outcome: Result<(), Arc<str>>) {
        let mut wake = Vec::new();
        let mut desk = self.desk();
        let why = outcome.clone().err().unwrap_or_else(|| "the store is closed".into());
        desk.queue.end(Failed::new(why), &mut wake);
        desk.ended.get_or_insert(outcome);
        drop(desk);
        self.tell_progress();
        wake_all(wake);
    }
}

impl Watch for Shared {
    /// Changes must not wait for longer than they may because an operation does.
    fn meanwhile(&self) -> Duration {
        let now = Instant::now();
        let mut wake = Vec::new();
        let mut desk = self.desk();
        desk.queue.expire(now, self.wait, &mut wake);
        let oldest = desk.queue.oldest_strict().map_or(now, |(_, since)| since);
        drop(desk);
        wake_all(wake);
        // Changes that come later expire later.
        self.wait.saturating_sub(now.saturating_duration_since(oldest))
    }

    fn synced(&self, took: Duration) {
        let stats = &mut self.desk().stats;
        stats.syncs += 1;
        stats.sync_time = stats.sync_time.saturating_add(took);
        stats.sync_longest = stats.sync_longest.max(took);
    }
}

/// Wakes all of them. Call it without a lock: wakers are code of others.
pub(crate) fn wake_all(wake: Vec<Waker>) {
    wake.into_iter().for_each(Waker::wake);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait<'a>(
    condition: &Condvar,
    desk: MutexGuard<'a, Desk>,
    until: Option<Instant>,
) -> MutexGuard<'a, Desk> {
    let Some(until) = until else {
        return condition.wait(desk).unwrap_or_else(PoisonError::into_inner);
    };
    let left = until.saturating_duration_since(Instant::now());
    condition.wait_timeout(desk, left).unwrap_or_else(PoisonError::into_inner).0
}
