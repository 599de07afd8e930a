//! Whether output may have colours and other styles.

use std::{env, io::IsTerminal, os::fd::AsFd};

/// How many columns a terminal has. 0 if it does not tell.
pub fn columns(terminal: impl AsFd) -> usize {
    rustix::termios::tcgetwinsize(terminal).map_or(0, |size| usize::from(size.ws_col))
}

/// Whether a stream is a terminal that knows styles, and its user has not set `NO_COLOR`
/// (no-color.org).
pub fn is_styled(stream: &impl IsTerminal) -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    stream.is_terminal()
        && !is_set("NO_COLOR")
        && env::var_os("TERM").is_none_or(|term| term != "dumb")
}
