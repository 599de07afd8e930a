//! The steps of a run.

use std::{
    io::{self, Read as _},
    path::Path,
    time::Duration,
};

use super::{Call, CallError, lines, notation};
use crate::{
    convert::to_u64,
    exchange::{
        Close, CloseCode, EventKind,
        close::{CONTROL, REASON},
    },
    regular::{self, Unread},
};

/// The client of an event that names none.
pub(super) const CLIENT: &str = "1";
/// The name of a file that stands for standard input.
const STANDARD_INPUT: &str = "-";
/// The largest file of events, in bytes. A wrong path must not fill the memory.
const MAX_FILE: usize = 64 << 20;
/// The longest time that one step may let pass: a year, as an alarm may be set to.
pub(super) const MAX_PASSED: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Everything that happens in a run, in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Script {
    /// Each with its place, for errors.
    pub(super) steps: Vec<(String, Step)>,
}

/// One step.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A client connects.
    Connect(String, Handshake),
    /// A client sends a message, or its connection ends.
    Client(String, EventKind),
    /// The alarm or a tick comes, and the clock goes on to its moment.
    Alarm,
    /// Time passes.
    Pass(Duration),
    /// Time passes until this moment, in milliseconds since 1970.
    Until(u64),
    /// The actor's next random bytes.
    Random(Vec<u8>),
    /// A file's content, or that it is not there.
    File(String, Option<Vec<u8>>),
}

/// What a client's request says. What it leaves out is made up.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Handshake {
    pub(super) path: Option<String>,
    pub(super) query: String,
    pub(super) peer: Option<std::net::SocketAddr>,
    pub(super) subprotocol: Option<String>,
}

impl Script {
    /// Reads the steps from the command line and from the file of events.
    pub(super) fn read(call: &Call) -> Result<Self, CallError> {
        let mut script = Self::default();
        let mut known = Vec::new();
        for word in &call.words {
            let place = format!("the event {word:?}");
            let step = notation::read(word, &mut known);
            let step = step.map_err(|problem| CallError::step(&place, problem))?;
            script.steps.push((place, step));
        }
        if let Some(file) = &call.events {
            let text = read_file(file)?;
            lines::read(file, &text, &mut known, &mut script.steps)?;
        }
        Ok(script)
    }
}

/// Reads a file of events, or standard input.
fn read_file(file: &Path) -> Result<String, CallError> {
    let bytes = if file.as_os_str() == STANDARD_INPUT {
        let mut bytes = Vec::new();
        let read = io::stdin().lock().take(to_u64(MAX_FILE)).read_to_end(&mut bytes);
        read.map(|_| bytes).map_err(Unread::Io)
    } else {
        regular::read(file, MAX_FILE)
    };
    let bytes = bytes.map_err(|error| CallError::Read { file: file.into(), error })?;
    String::from_utf8(bytes)
        .map_err(|_| CallError::step(&file.display().to_string(), "is not UTF-8 text"))
}

/// A client's close frame, or how its connection ended without one.
pub(super) fn close(code: u16, reason: &str) -> Result<EventKind, String> {
    let code = CloseCode(code);
    let close = Close { code, reason: reason.into() };
    if !code.may_be_sent() && ![Close::NO_STATUS.code, Close::ABNORMAL.code].contains(&code) {
        return Err(format!(
            "{code} is no code that a connection ends with; write 1000, one from 3000 to 4999, 1005 \
             for a close without a code, or 1006 for a client that vanished"
        ));
    }
    if reason.len() > REASON {
        return Err(format!("the reason has {} bytes, at most {REASON} fit", reason.len()));
    }
    if !reason.is_empty() && !code.may_be_sent() {
        return Err(format!("{code} has no reason: no close frame, or none with a code, came"));
    }
    Ok(EventKind::Close(close))
}

/// The payload of a ping or a pong.
pub(super) fn control(payload: Vec<u8>) -> Result<bytes::Bytes, String> {
    if payload.len() > CONTROL {
        return Err(format!("a ping or a pong has at most {CONTROL} bytes, not {}", payload.len()));
    }
    Ok(payload.into())
}

/// A time that passes.
pub(super) fn pass(time: Duration) -> Result<Step, String> {
    if time > MAX_PASSED {
        return Err("more than a year passes; let it pass in several steps".into());
    }
    Ok(Step::Pass(time))
}
