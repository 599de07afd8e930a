//! What an instance has of its own for WASI: unfinished lines, a clock, and random numbers. [`program`](super::program)
//! uses it.

use rand::rngs::StdRng;

/// What a WASI program has of a process.
#[derive(Default)]
pub struct Process {
    /// What was written to standard output since its last line ended.
    output: Unfinished,
    /// The same of standard error.
    error: Unfinished,
    /// The last time that the monotonic clock told, in nanoseconds.
    pub(super) last: u64,
    /// How far waits have moved this call's clocks on, in nanoseconds.
    pub(super) waited: u64,
    /// When the timer rings that was made last, by the monotonic clock.
    pub(super) timer: u64,
    /// Made when random numbers are first asked for in a call.
    pub(super) random: Option<StdRng>,
}

/// A line that has not ended.
#[derive(Default)]
pub(super) struct Unfinished {
    pub(super) bytes: Vec<u8>,
    /// How many bytes of it were left out.
    pub(super) more: usize,
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

    /// How its lines begin.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Output => "stdout: ",
            Self::Error => "stderr: ",
        }
    }
}

impl Process {
    /// The line of a stream that has not ended.
    pub(super) fn unfinished(&mut self, stream: Stream) -> &mut Unfinished {
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
