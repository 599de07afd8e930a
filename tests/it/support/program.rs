//! Starts the program under test.
//!
//! It is the one that Cargo has built, or the file that `FOOTLIGHT_BINARY` names. If
//! `FOOTLIGHT_RUNNER` names a program, that program starts it. So the tests can run a board's binary
//! in an emulator.

use std::{
    env,
    process::{Command, Output, Stdio},
};

/// A command that starts the program with an empty standard input.
pub fn program() -> Command {
    let binary =
        env::var_os("FOOTLIGHT_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_footlight").into());
    let mut command = match env::var_os("FOOTLIGHT_RUNNER") {
        Some(runner) => {
            let mut command = Command::new(runner);
            command.arg(binary);
            command
        }
        None => Command::new(binary),
    };
    // The tests themselves may run as a service with a folder for state.
    command.stdin(Stdio::null()).env_remove("STATE_DIRECTORY");
    command
}

/// The same, through a shell that first runs `before`.
pub fn after(before: &str) -> Command {
    let program = program();
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{before}; exec \"$0\" \"$@\""));
    command.arg(program.get_program()).args(program.get_args()).stdin(Stdio::null());
    command.env_remove("STATE_DIRECTORY");
    command
}

/// Runs the program to its end.
pub fn footlight(args: &[&str]) -> Output {
    program().args(args).output().unwrap()
}

/// Whether a runner starts the program. Memory and time then include the runner's, so tests do not
/// check them.
pub fn emulated() -> bool {
    env::var_os("FOOTLIGHT_RUNNER").is_some()
}
