//! A server's process, and the CPU time that it has used.

use std::{
    fs,
    io::{self, BufRead as _, BufReader},
    process::{self, Command, Stdio},
    time::Duration,
};

use super::servers::Kind;

/// The unit of `/proc/PID/stat`: 1/100 s on every Linux that this runs on.
const TICK: Duration = Duration::from_millis(10);

/// A running server. It ends when this is dropped, and when this process ends in any way.
pub(crate) struct Child {
    /// The process. Its standard input is a pipe that it waits on the end of.
    process: process::Child,
    /// Where it serves.
    pub(crate) url: String,
}

impl Child {
    /// Starts this program again, as a server, and waits until it listens.
    pub(crate) fn start(kind: Kind) -> io::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["--serve", kind.name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let out = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut child = Self { process, url: String::new() };
        BufReader::new(out).read_line(&mut child.url)?;
        child.url.truncate(child.url.trim_end().len());
        if child.url.is_empty() {
            return Err(io::Error::other(format!("the server {} did not start", kind.name())));
        }
        Ok(child)
    }

    /// The CPU time of all of its threads so far: in nanoseconds from the scheduler, or in
    /// ticks where the kernel keeps no such statistics.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        let process = format!("/proc/{}", self.process.id());
        let mut sum = Duration::ZERO;
        for thread in fs::read_dir(format!("{process}/task"))? {
            let Ok(line) = fs::read_to_string(thread?.path().join("schedstat")) else {
                return ticks(&fs::read_to_string(format!("{process}/stat"))?);
            };
            let first = line.split(' ').next().and_then(|number| number.parse().ok());
            sum += Duration::from_nanos(first.ok_or(io::ErrorKind::InvalidData)?);
        }
        // Without statistics the kernel writes zeros.
        if sum.is_zero() { ticks(&fs::read_to_string(format!("{process}/stat"))?) } else { Ok(sum) }
    }
}

/// The time in user mode and in the kernel, from a line of `/proc/PID/stat`.
fn ticks(line: &str) -> io::Result<Duration> {
    // The second field is a name in parentheses, which may hold anything.
    let fields = line.rsplit_once(')').map_or("", |(_, fields)| fields);
    let mut numbers = fields.split_whitespace().skip(11).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(user)), Some(Ok(kernel))) => Ok(TICK * (user + kernel)),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // This closes the pipe first.
        let _ = self.process.wait();
    }
}
