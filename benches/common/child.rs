//! A benchmark's own program, started again as a server.

use std::{
    io::{self, BufRead as _, BufReader},
    process::{self, Command, Stdio},
    time::Duration,
};

use super::process as kernel;

/// The first argument of such a process.
pub(crate) const WORD: &str = "serve";

/// A running server. It ends when this is dropped, and when this process ends in any way.
pub(crate) struct Child {
    /// The process. It ends at the end of its standard input, which is a pipe.
    process: process::Child,
    /// The URL that it serves.
    pub(crate) url: String,
}

impl Child {
    /// Starts this program again as a server with these arguments, and waits until it listens.
    pub(crate) fn start(arguments: &[&str]) -> io::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(WORD)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let out = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut child = Self { process, url: String::new() };
        BufReader::new(out).read_line(&mut child.url)?;
        child.url.truncate(child.url.trim_end().len());
        if child.url.is_empty() {
            return Err(io::Error::other(format!("the server did not start: {arguments:?}")));
        }
        Ok(child)
    }

    /// The CPU time that it has used so far.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        kernel::cpu(self.process.id())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // This closes the pipe first.
        let _ = self.process.wait();
    }
}
