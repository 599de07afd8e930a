//! How the program under test is started.
//!
//! It is the one that Cargo has built, or else the file that `FOOTLIGHT_BINARY` names, started by
//! the program that `FOOTLIGHT_RUNNER` names if there is one: that is how the tests drive a
//! board's binary in an emulator of that board.

use std::{
    env,
    process::{Command, Output, Stdio},
};

/// A command that starts the program, with nothing to read.
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
    command.stdin(Stdio::null());
    command
}

/// The same, by way of a shell that first does what `before` says.
pub fn after(before: &str) -> Command {
    let program = program();
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{before}; exec \"$0\" \"$@\""));
    command.arg(program.get_program()).args(program.get_args()).stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub fn footlight(args: &[&str]) -> Output {
    program().args(args).output().unwrap()
}

/// Whether a runner stands between: memory and time are then as much the runner's as the
/// program's, and are held to no bound.
pub fn emulated() -> bool {
    env::var_os("FOOTLIGHT_RUNNER").is_some()
}
