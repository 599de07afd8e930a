//! One step of a run.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use wit_core::HttpRequest;

use crate::{
    exchange::{
        ActorMessage, BrokerMessage, Close, CloseCode, EventKind,
        close::{CONTROL, REASON},
    },
    files::Given,
    http_client::answers::{Outcome, Question},
    messages,
};

/// The client of an event that names none.
pub(super) const CLIENT: &str = "1";
/// The longest time that one step may let pass: a year, as an alarm may be set to.
pub(super) const MAX_PASSED: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// One step.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A client connects.
    Connect(String, Handshake),
    /// A client sends a message, or its connection ends.
    Client(String, EventKind),
    /// Somebody sends an HTTP request.
    Request(HttpRequest),
    /// The alarm or a tick comes, and the clock goes on to its moment.
    Alarm,
    /// Time passes.
    Pass(Duration),
    /// Time passes until this moment, in milliseconds since 1970.
    Until(u64),
    /// Another actor sends a message. The second says whether it waits for a reply.
    Actor(ActorMessage, bool),
    /// What another actor replies, by its name; `None` for one that is not there.
    Other(String, Option<messages::answers::Outcome>),
    /// A broker sends a message.
    Broker(BrokerMessage),
    /// The connection with a broker begins, or ends for this reason.
    Connection(String, Option<String>),
    /// The actor's next random bytes.
    Random(Vec<u8>),
    /// What is at a path.
    File(String, Given),
    /// What a server answers; `None` for one that answers no more.
    Server(Question, Option<Outcome>),
}

/// What a client's request says. What it leaves out is made up.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Handshake {
    pub(super) path: Option<String>,
    pub(super) query: String,
    pub(super) peer: Option<SocketAddr>,
    pub(super) subprotocol: Option<String>,
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
pub(super) fn control(payload: Bytes) -> Result<Bytes, String> {
    if payload.len() > CONTROL {
        return Err(format!("a ping or a pong has at most {CONTROL} bytes, not {}", payload.len()));
    }
    Ok(payload)
}

/// A time that passes.
pub(super) fn pass(time: Duration) -> Result<Step, String> {
    if time > MAX_PASSED {
        return Err("more than a year passes; let it pass in several steps".into());
    }
    Ok(Step::Pass(time))
}
