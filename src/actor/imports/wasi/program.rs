//! A guest as a program of WASI: what it writes, its clocks and its random numbers.

use super::process::{Process, Stream, Unfinished};
use crate::{actor::imports::guest::Guest, beginning::without_half_character};

/// What of a text was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// From its beginning on.
    pub(super) bytes: u32,
    /// The lines that ended in it.
    pub(super) lines: usize,
}

impl Guest {
    /// Takes what the program writes to a stream, up to the end of the last of `most` lines, and logs
    /// the lines that end in it.
    pub(super) fn write(&mut self, stream: Stream, text: &[u8], most: usize) -> Taken {
        let mut taken = Taken::default();
        for part in text.split_inclusive(|byte| *byte == b'\n') {
            if taken.lines == most {
                break;
            }
            taken.bytes = taken.bytes.saturating_add(u32::try_from(part.len()).unwrap_or(u32::MAX));
            let content = part.strip_suffix(b"\n");
            self.extend_line(stream, content.unwrap_or(part));
            if content.is_some() {
                self.end_line(stream);
                taken.lines += 1;
            }
        }
        taken
    }

    /// Adds to the line that has not ended, or counts what does not fit.
    fn extend_line(&mut self, stream: Stream, text: &[u8]) {
        let room = self.line;
        let line = self.process().unfinished(stream);
        let taken = text.len().min(room.saturating_sub(line.bytes.len()));
        line.bytes.extend_from_slice(text.get(..taken).unwrap_or_default());
        line.more = line.more.saturating_add(text.len() - taken);
    }

    /// Logs a line.
    fn end_line(&mut self, stream: Stream) {
        let Unfinished { bytes, more } = std::mem::take(self.process().unfinished(stream));
        let bytes = if more > 0 { without_half_character(&bytes) } else { &bytes };
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_end_matches('\r');
        if text.is_empty() {
            return;
        }
        self.say(stream.mark(), text, more);
    }

    /// Logs the lines that have not ended, because the call has.
    pub(in crate::actor) fn end_lines(&mut self) {
        if self.process.is_some() {
            for stream in [Stream::Output, Stream::Error] {
                self.end_line(stream);
            }
        }
    }

    /// What it has for WASI.
    pub(super) fn process(&mut self) -> &mut Process {
        self.process.get_or_insert_default()
    }

    /// The wall clock in nanoseconds since 1970. It stands still during a call, but for waits.
    pub(super) fn wall_clock(&mut self) -> u64 {
        let millis = match &mut self.time {
            Some(time) => time.now(),
            None => self.ambient.world.since_1970(),
        };
        millis.saturating_mul(1_000_000).saturating_add(self.process().waited)
    }

    /// The monotonic clock in nanoseconds. It never tells the same time twice, so that a program that
    /// waits for it to move goes on.
    pub(super) fn monotonic_clock(&mut self) -> u64 {
        let now = self.ambient.world.uptime();
        let process = self.process();
        process.last = now.saturating_add(process.waited).max(process.last.saturating_add(1));
        process.last
    }

    /// Moves this call's clocks on, until the monotonic clock tells at least `until`.
    pub(super) fn wait(&mut self, until: u64) {
        let now = self.ambient.world.uptime();
        let process = self.process();
        process.waited = process.waited.max(until.saturating_sub(now));
        process.last = process.last.max(until);
    }

    /// The time of a clock of preview 1 in nanoseconds. `None` if there is no such clock.
    pub(super) fn clock(&mut self, clock: u32) -> Option<u64> {
        match clock {
            0 => Some(self.wall_clock()),
            1 => Some(self.monotonic_clock()),
            _ => None,
        }
    }

    /// Fills `bytes` with random numbers.
    pub(super) fn fill_random(&mut self, bytes: &mut [u8]) -> Result<(), wasmi::Error> {
        let world = self.ambient.world.clone();
        world.fill_random(&mut self.process().random, bytes).map_err(wasmi::Error::new)
    }
}
