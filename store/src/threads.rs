//! Starts threads. There is one copy of this in the program, whatever the threads do.

use std::{io, thread};

/// Starts a thread that nobody waits for, with a stack of so many bytes.
///
/// # Errors
/// If the system can't start one.
pub(crate) fn spawn(name: &str, stack: usize, run: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).stack_size(stack).spawn(run).map(drop)
}
