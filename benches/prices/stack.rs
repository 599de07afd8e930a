//! How much native stack a step takes. Where the interpreter's dispatch is no jump but a call, each of
//! the operator's executions keeps some until the slice ends.

use std::{fs, path::Path, thread};

use smol::future::block_on;

use crate::guest;

/// The stack of the thread, in bytes: a size that nothing else has.
const STACK: usize = 61 << 20;

/// The bytes of native stack that were used at most, when a guest did this in steps of so much fuel.
pub(crate) fn used(body: &str, clients: usize, step: u64, folder: &Path) -> usize {
    thread::scope(|scope| {
        let run = || {
            block_on(guest::cost(body, 3 * step, step, clients, folder));
            resident()
        };
        thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run).unwrap().join().unwrap()
    })
}

/// How much of this thread's stack has ever been touched, in bytes.
fn resident() -> usize {
    let (mut found, mut size) = (0, 0);
    for line in fs::read_to_string("/proc/thread-self/smaps").unwrap().lines() {
        let number = || line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() << 10;
        if line.starts_with("Size:") {
            size = number();
        } else if line.starts_with("Rss:") && size.abs_diff(STACK) < 64 << 10 {
            found = found.max(number());
        }
    }
    found
}
