//! A failed call in words: what it was, and what the actor had logged.

use std::fmt;

use wasmi::TrapCode;

use super::{call_error::CallError, stack_pointer::Stack};

/// How the line begins that a panic's hook logs, as the standard library writes it.
const PANIC: &str = "panicked at ";
/// What stands before it on standard error.
const THREAD: &str = "thread '";
/// What comes after a panic on standard error, and helps nobody here.
const BACKTRACE: &str = "note: run with `RUST_BACKTRACE";

/// A failed call, and what the host knows about it.
#[derive(Debug)]
pub struct Fault {
    /// From the call.
    error: CallError,
    /// What it was, if the error alone does not say so.
    cause: Option<Cause>,
    /// The last lines that the guest logged in this call, the oldest first.
    said: Vec<String>,
}

/// What a trap was.
#[derive(Debug, PartialEq, Eq)]
enum Cause {
    /// A panic, with its place and its message from the log.
    Panic(String),
    /// It got no more memory. It wanted this many bytes, and may have this many.
    Memory(usize, usize),
    /// Its stack of this many bytes was used up. `true` if that is certain.
    Stack(u32, bool),
    /// It gave up, without a word.
    Abort,
    /// Its calls were nested too deeply.
    Nesting,
}

/// What is known about an instance after a failed call.
pub(super) struct Evidence {
    /// See [`Fault::said`].
    pub(super) said: Vec<String>,
    /// The bytes of memory that were refused, and those that are allowed.
    pub(super) refused: Option<(usize, usize)>,
    /// The stack's size in bytes, if the module tells it, and how much of it is used.
    pub(super) stack: Option<(u32, Stack)>,
}

impl Fault {
    /// Finds out what an error was.
    pub(super) fn new(error: CallError, evidence: Evidence) -> Self {
        let Evidence { mut said, refused, stack } = evidence;
        let code = match &error {
            CallError::Trap { error, .. } => error.as_trap_code(),
            _ => None,
        };
        let cause = match code {
            Some(TrapCode::UnreachableCodeReached) => {
                let panic = take_panic(&mut said);
                let memory = || refused.map(|(asked, most)| Cause::Memory(asked, most));
                panic.map(Cause::Panic).or_else(memory).or(Some(Cause::Abort))
            }
            Some(TrapCode::MemoryOutOfBounds) => stack.and_then(|(size, used)| match used {
                Stack::Overflown => Some(Cause::Stack(size, true)),
                Stack::AtTheEnd => Some(Cause::Stack(size, false)),
                Stack::Fine => None,
            }),
            Some(TrapCode::StackOverflow) => Some(Cause::Nesting),
            _ => None,
        };
        Self { error, cause, said }
    }

    /// From the call.
    pub(crate) fn error(&self) -> &CallError {
        &self.error
    }
}

/// Takes a panic's lines out of those that the guest logged: the last of a hook, or what the standard
/// library has written to standard error.
fn take_panic(said: &mut Vec<String>) -> Option<String> {
    let found = said.iter().enumerate().rev().find_map(|(index, line)| {
        let at = line.find(PANIC)?;
        (at == 0 || line.starts_with(THREAD)).then_some((index, at))
    });
    let (index, at) = found?;
    let mut lines = said.split_off(index).into_iter();
    let mut panic = lines.next()?.split_off(at);
    for line in lines.filter(|line| !line.starts_with(BACKTRACE)) {
        panic.push('\n');
        panic += &line;
    }
    Some(panic)
}

impl From<CallError> for Fault {
    fn from(error: CallError) -> Self {
        Self { error, cause: None, said: Vec::new() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { error, cause, said } = self;
        match (cause, error) {
            (Some(Cause::Panic(panic)), CallError::Trap { export, .. }) => {
                write!(f, "it panicked in {export}: {panic}")?;
            }
            _ => error.fmt(f)?,
        }
        match cause {
            Some(Cause::Memory(asked, most)) => write!(
                f,
                "; it ran out of memory: it wanted {asked} bytes, and `limits.memory` allows {most}"
            )?,
            Some(Cause::Stack(size, certain)) => write!(
                f,
                "; {} its stack of {size} bytes overflowed: put large values on the heap, or link it \
                 with a larger one (`-zstack-size=`, for Rust in .cargo/config.toml)",
                if *certain { "this means that" } else { "perhaps" }
            )?,
            Some(Cause::Abort) => f.write_str(
                "; if this was a panic, a hook can log where: see `panic` in docs/actors.md",
            )?,
            Some(Cause::Nesting) => {
                f.write_str("; its calls are nested too deeply: look for an endless recursion")?;
            }
            Some(Cause::Panic(_)) | None => {}
        }
        if !said.is_empty() {
            write!(f, "; before that it logged {said:?}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words for a trap.
    fn words(code: TrapCode, evidence: Evidence) -> String {
        let error = CallError::Trap { export: "f", error: code.into() };
        Fault::new(error, evidence).to_string()
    }

    /// Nothing is known.
    fn nothing() -> Evidence {
        Evidence { said: vec![], refused: None, stack: None }
    }

    #[test]
    fn a_trap_is_named_as_what_it_is() {
        let said = ["hello", "panicked at src/lib.rs:1:2:\nno"].map(String::from).to_vec();
        let panic = Evidence { said, refused: Some((9, 8)), ..nothing() };
        let panicked = "it panicked in f: panicked at src/lib.rs:1:2:\nno; before that it logged \
                        [\"hello\"]";
        assert_eq!(words(TrapCode::UnreachableCodeReached, panic), panicked);

        let lines = [
            "hello",
            "thread '<unnamed>' panicked at src/lib.rs:1:2:",
            "no",
            "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
        ];
        let written = Evidence { said: lines.map(String::from).to_vec(), ..nothing() };
        assert_eq!(words(TrapCode::UnreachableCodeReached, written), panicked);

        let memory = Evidence { refused: Some((9, 8)), ..nothing() };
        let text = words(TrapCode::UnreachableCodeReached, memory);
        assert!(text.contains("it wanted 9 bytes, and `limits.memory` allows 8"), "{text}");

        let text = words(TrapCode::UnreachableCodeReached, nothing());
        assert!(text.contains("`unreachable`") && text.contains("if this was a panic"), "{text}");

        for (used, expected) in [
            (Stack::Overflown, "this means that its stack of 1024 bytes overflowed"),
            (Stack::AtTheEnd, "perhaps its stack of 1024 bytes overflowed"),
        ] {
            let stack = Evidence { stack: Some((1024, used)), ..nothing() };
            let text = words(TrapCode::MemoryOutOfBounds, stack);
            assert!(text.contains(expected) && text.contains("-zstack-size="), "{text}");
        }
        let fine = Evidence { stack: Some((1024, Stack::Fine)), ..nothing() };
        let text = words(TrapCode::MemoryOutOfBounds, fine);
        assert!(!text.contains(';'), "{text}");

        let text = words(TrapCode::StackOverflow, nothing());
        assert!(text.contains("look for an endless recursion"), "{text}");
    }
}
