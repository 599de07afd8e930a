//! The lines that wait to be written.
//!
//! Whoever logs must never wait for a reader that has stopped reading, or for a card that takes
//! seconds to write: one thread writes, and all others only put their lines here.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar};
use std::time::Duration;

use super::sink::Sink;
use crate::lock::Lock;

/// The most bytes that may wait, all places together. Lines past it are left out, and their
/// number is told there.
const MAX_BYTES: usize = 64 << 10;
/// What a line takes beside its text: its entry here, and what the allocator adds.
const ENTRY_COST: usize = size_of::<Entry>() + 16;

/// The lines that wait, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// The lines.
    waiting: Lock<Waiting>,
    /// There are lines to write.
    some: Condvar,
    /// There are none any more.
    none: Condvar,
}

/// What is behind the lock.
#[derive(Debug, Default)]
struct Waiting {
    /// The oldest line comes first.
    entries: VecDeque<Entry>,
    /// The bytes of all of them, with the one that is being written.
    bytes: usize,
}

/// A line, or a note on lines that are missing, or neither: then the place is to be opened anew.
#[derive(Debug)]
struct Entry {
    /// Where it goes.
    sink: Arc<Sink>,
    /// The line. Empty if there is only the note.
    line: Box<str>,
    /// How many lines were left out at this point.
    left_out: usize,
}

impl Entry {
    /// Does what it is there for.
    fn process(&self) {
        if self.line.is_empty() && self.left_out == 0 {
            self.sink.reopen();
        } else {
            self.sink.write(&self.line, self.left_out);
        }
    }
}

impl Queue {
    /// Puts a line behind all others, or leaves it out where there is no room. Never waits.
    pub(super) fn push(&self, sink: &Arc<Sink>, line: String) {
        let mut waiting = self.waiting.lock();
        let (line, left_out) = if waiting.bytes + line.len() + ENTRY_COST <= MAX_BYTES {
            (line.into_boxed_str(), 0)
        } else {
            super::count_lost();
            // Told by one note, unless lines for the same place came between.
            let mut latest_first = waiting.entries.iter_mut().rev();
            match latest_first.find(|entry| Arc::ptr_eq(&entry.sink, sink)) {
                Some(note) if note.left_out > 0 => return note.left_out += 1,
                _ => (Box::default(), 1),
            }
        };
        waiting.bytes += line.len() + ENTRY_COST;
        waiting.entries.push_back(Entry { sink: sink.clone(), line, left_out });
        self.some.notify_one();
    }

    /// Has a file opened anew, after the lines that wait for it. Never waits; there is at most one
    /// such entry for each place.
    pub(super) fn reopen(&self, sink: &Arc<Sink>) {
        if sink.request_reopen() {
            let mut waiting = self.waiting.lock();
            waiting.bytes += ENTRY_COST;
            waiting.entries.push_back(Entry {
                sink: sink.clone(),
                line: Box::default(),
                left_out: 0,
            });
            self.some.notify_one();
        }
    }

    /// Writes what is there and what will come.
    pub(super) fn run(&self) {
        loop {
            self.write();
            let waiting = self.waiting.lock();
            let none = |waiting: &mut Waiting| waiting.entries.is_empty();
            drop(self.some.wait_while(waiting, none));
        }
    }

    /// Writes what is there.
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

    /// Waits until all is written, but no longer than this.
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
    fn lines_past_the_bound_are_left_out_and_told_where_they_are_missing() {
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
        // And a note for each of the two.
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
    fn who_waits_for_a_queue_that_nobody_empties_goes_on_after_the_time() {
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
