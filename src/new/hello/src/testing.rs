//! What the tests have in place of the host's functions: it notes what the actor asks for.

use std::cell::RefCell;

thread_local! {
    static LOGGED: RefCell<Vec<String>> = const { RefCell::new(vec![]) };
}

/// In place of `log` of `ntwk:theater/runtime`.
pub fn log(line: &str) {
    LOGGED.with_borrow_mut(|lines| lines.push(line.into()));
}

/// The lines since the last call of this function.
pub fn logged() -> Vec<String> {
    LOGGED.take()
}
