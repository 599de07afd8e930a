//! What an instance has of its own for WASI: unfinished lines, a clock, and random numbers.

use log::Level;
use rand::{TryRng as _, rngs::StdRng};

use crate::{
    actor::imports::guest::{Guest, kept},
    beginning::without_half_character,
};

/// What a WASI program has of a process.
#[derive(Default)]
pub struct Process {
    /// What was written to standard output since its last line ended.
    output: Unfinished,
    /// The same of standard error.
    error: Unfinished,
    /// The last time that the monotonic clock told, in nanoseconds.
    last: u64,
    /// How far waits have moved this call's clocks on, in nanoseconds.
    waited: u64,
    /// When the timer rings that was made last, by the monotonic clock.
    pub(super) timer: u64,
    /// Made when random numbers are first asked for in a call.
    random: Option<StdRng>,
}

/// A line that has not ended.
#[derive(Default)]
struct Unfinished {
    bytes: Vec<u8>,
    /// How many bytes of it were left out.
    more: usize,
}

/// A stream that a program writes to.
#[derive(Clone, Copy)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

impl Stream {
    /// The stream of a descriptor of preview 1.
    pub(super) fn of(fd: u32) -> Option<Self> {
        match fd {
            1 => Some(Self::Output),
            2 => Some(Self::Error),
            _ => None,
        }
    }

    /// How its lines are marked.
    fn mark(self) -> &'static str {
        match self {
            Self::Output => "stdout",
            Self::Error => "stderr",
        }
    }
}

impl Process {
    /// The line of a stream that has not ended.
    fn unfinished(&mut self, stream: Stream) -> &mut Unfinished {
        match stream {
            Stream::Output => &mut self.output,
            Stream::Error => &mut self.error,
        }
    }

    /// Begins a call: the clocks are the host's again, and other random numbers follow.
    pub(in crate::actor) fn begin(&mut self) {
        self.waited = 0;
        self.random = None;
    }
}

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
        let (lines, mark) = (&self.ambient.lines, stream.mark());
        match more {
            0 => lines.guest(self.connection, format_args!("{mark}: {text}")),
            _ => lines.guest(self.connection, format_args!("{mark}: {text}… ({more} bytes more)")),
        }
        let line = kept(text);
        self.keep(line);
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

    /// How many functions the log has named.
    #[cfg(test)]
    pub(super) fn missed(&self) -> usize {
        self.ambient.missed.lock().len()
    }

    /// Says once that a function does nothing.
    pub(in crate::actor::imports) fn say_once(&self, name: &'static str, advice: &str) {
        let mut missed = self.ambient.missed.lock();
        if !missed.contains(&name) {
            missed.push(name);
            let text = format_args!("it calls `{name}` of WASI: {advice}");
            self.ambient.lines.host(Level::Warn, self.connection, text);
        }
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

    /// Fills `bytes` with random numbers.
    pub(super) fn fill_random(&mut self, bytes: &mut [u8]) -> Result<(), wasmi::Error> {
        let world = self.ambient.world.clone();
        let given = world.given_random(bytes);
        let generator = match &mut self.process().random {
            Some(generator) => generator,
            none => none.insert(world.generator().map_err(|error| {
                wasmi::Error::new(format!("the system gives no random bytes: {error}"))
            })?),
        };
        // This generator can't fail.
        let _ = generator.try_fill_bytes(bytes.get_mut(given..).unwrap_or_default());
        Ok(())
    }
}
