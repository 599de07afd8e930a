//! The lines that wait to be written.
//!
//! Logging must never wait for a reader that has stopped reading, or for an SD card that takes
//! seconds to write. So one thread writes, and all others only add lines here.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar};
use std::time::Duration;

use super::sink::Sink;
use crate::lock::Lock;

/// The most bytes that may wait, for all outputs together. Further lines are dropped, and each
/// output gets a note of how many.
const MAX_BYTES: usize = 64 << 10;
/// The memory of a line beside its text, in bytes: its entry, and the allocator's overhead.
const ENTRY_COST: usize = size_of::<QueuedLine>() + 16;

/// The lines that wait, in order.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Lock<Waiting>,
    /// Wakes the writer thread: there are lines.
    some: Condvar,
    /// Wakes who waits for the end: all lines are written.
    none: Condvar,
}

/// What the lock protects.
#[derive(Debug, Default)]
struct Waiting {
    /// Oldest first.
    entries: VecDeque<QueuedLine>,
    /// The cost of all entries, including the one that is being written.
    bytes: usize,
}

/// A line, or a note about dropped lines. Without either, it asks to reopen the file.
#[derive(Debug)]
struct QueuedLine {
    sink: Arc<Sink>,
    /// Empty for an entry that only reports `left_out`.
    line: Box<str>,
    /// How many lines were dropped here.
    left_out: usize,
}

impl QueuedLine {
    /// Writes the entry or reopens the file.
    fn process(&self) {
        if self.line.is_empty() && self.left_out == 0 {
            self.sink.reopen();
        } else {
            self.sink.write(&self.line, self.left_out);
        }
    }
}

impl Queue {
    /// Adds a line, or drops it if there is no room. Never waits.
    pub(super) fn push(&self, sink: &Arc<Sink>, line: String) {
        let mut waiting = self.waiting.lock();
        let (line, left_out) = if waiting.bytes + line.len() + ENTRY_COST <= MAX_BYTES {
            (line.into_boxed_str(), 0)
        } else {
            super::count_lost();
            // One note counts all dropped lines, until another line for the same output follows.
            let mut latest_first = waiting.entries.iter_mut().rev();
            match latest_first.find(|entry| Arc::ptr_eq(&entry.sink, sink)) {
                Some(note) if note.left_out > 0 => return note.left_out += 1,
                _ => (Box::default(), 1),
            }
        };
        waiting.bytes += line.len() + ENTRY_COST;
        waiting.entries.push_back(QueuedLine { sink: sink.clone(), line, left_out });
        self.some.notify_one();
    }

    /// Asks to reopen a file after its waiting lines. Never waits. Each output has at most one such
    /// entry.
    pub(super) fn reopen(&self, sink: &Arc<Sink>) {
        if sink.request_reopen() {
            let mut waiting = self.waiting.lock();
            waiting.bytes += ENTRY_COST;
            waiting.entries.push_back(QueuedLine {
                sink: sink.clone(),
                line: Box::default(),
                left_out: 0,
            });
            self.some.notify_one();
        }
    }

    /// Writes lines forever.
    pub(super) fn run(&self) {
        loop {
            self.write();
            let waiting = self.waiting.lock();
            let none = |waiting: &mut Waiting| waiting.entries.is_empty();
            drop(self.some.wait_while(waiting, none));
        }
    }

    /// Writes the lines that wait.
    pub(super) fn write(&self) {
        let mut waiting = self.waiting.lock();
        while let Some(entry) = waiting.entries.pop_front() {
            drop(waiting);
            entry.process();
            waiting = self.waiting.lock();
            waiting.bytes -= entry.line.len() + ENTRY_COST;
        }
        self.none.notify_all();
    }

    /// Waits until all lines are written, or until the time is over.
    pub(super) fn wait(&self, at_most: Duration) {
        let some = |waiting: &mut Waiting| waiting.bytes > 0;
        drop(self.none.wait_timeout_while(self.waiting.lock(), at_most, some));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;
    use std::time::Instant;

    use super::*;

    #[test]
    fn lines_past_the_limit_are_dropped_and_a_note_says_where() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("first"), folder.path().join("second"));
        let [a, b] = [&first, &second].map(|path| Arc::new(Sink::file(path).unwrap()));
        let queue = Queue::default();
        let lines = MAX_BYTES / (100 + ENTRY_COST);
        let long = "x".repeat(99) + "\n";
        for _ in 0..lines {
            queue.push(&a, long.clone());
        }
        for _ in 0..3 {
            queue.push(&a, long.clone());
            queue.push(&b, long.clone());
        }
        // The notes for both outputs are on top.
        assert!(queue.waiting.lock().bytes <= MAX_BYTES + 2 * ENTRY_COST);
        queue.write();
        queue.push(&a, "again\n".into());
        queue.write();
        let note =
            |count| format!("WARN  footlight: lines that could not be written here: {count}");
        let text = fs::read_to_string(first).unwrap();
        let told: Vec<&str> = text.lines().skip(lines).collect();
        assert!(text.lines().take(lines).all(|line| line.len() == 99));
        assert!(told.len() == 2 && told[0].ends_with(&note(3)) && told[1] == "again", "{told:?}");
        assert!(fs::read_to_string(second).unwrap().trim_end().ends_with(&note(3)));
        assert_eq!(queue.waiting.lock().bytes, 0);
    }

    #[test]
    fn waiting_for_a_queue_that_nobody_empties_ends_after_the_time() {
        let folder = tempfile::tempdir().unwrap();
        let sink = Arc::new(Sink::file(&folder.path().join("a")).unwrap());
        let queue = Queue::default();
        queue.wait(Duration::from_secs(3600));
        queue.push(&sink, "line\n".into());
        let (start, time) = (Instant::now(), Duration::from_millis(20));
        queue.wait(time);
        assert!(start.elapsed() >= time);
        queue.write();
        queue.wait(Duration::from_secs(3600));
    }
}
