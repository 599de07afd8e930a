//! What the program prints on its terminal.

use std::io::{self, Write as _};

use footlight::{
    announce,
    host::Listening,
    own_addresses,
    style::{columns, is_styled},
    visible,
};

/// Prints where the actors listen and who can connect. If standard output can't be written, the log
/// gets it.
pub(super) fn announce(listening: &[Listening]) {
    let is_open = listening.iter().any(|one| one.address.ip().is_unspecified());
    let own = if is_open { own_addresses::own_addresses() } else { Vec::new() };
    let terminal = is_styled(&io::stdout()).then(|| columns(io::stdout()));
    let text = announce::text(listening, &own, terminal);
    if let Err(error) = print(&text) {
        log::warn!("standard output cannot be written: {error}; it should have got:");
        text.lines().for_each(|line| log::warn!("{line}"));
    }
}

/// Prints an error to standard error. If that fails, the exit code still tells.
pub(super) fn complain(text: &str) {
    let lines = text.lines().map(|line| format!("footlight: {}\n", visible::lines(line)));
    let _ = io::stderr().lock().write_all(lines.collect::<String>().as_bytes());
}

/// Prints to standard output. A closed pipe (`| head`) is an error like any other.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
