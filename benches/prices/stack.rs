//! The native stack that a step takes. If the interpreter's dispatch is a call and not a jump, each
//! execution of an operator keeps some stack until the slice ends.

use std::{fs, path::Path, thread};

use smol::future::block_on;

use crate::guest;

/// The size of the thread's stack in bytes. No other mapping has this size.
const STACK: usize = 61 << 20;

/// The most bytes of native stack that a guest used when it repeated this in steps of this much
/// fuel.
pub(crate) fn used(body: &str, clients: usize, step: u64, folder: &Path) -> usize {
    thread::scope(|scope| {
        let run = || {
            block_on(guest::cost(body, 3 * step, step, clients, folder));
            resident()
        };
        thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run).unwrap().join().unwrap()
    })
}

/// The bytes of this thread's stack that were ever touched.
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
