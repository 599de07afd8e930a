//! Every way in which a connection ends (RFC 6455, section 7).
//!
//! All of them send a close frame where one can still be sent, and wait a bounded time for the
//! peer. What follows is the same for all: see [`Closed`].

use std::{collections::VecDeque, future::poll_fn, pin::Pin, time::Duration};

use async_tungstenite::tungstenite::{self, Error, error::ProtocolError};
use futures_util::{Sink, Stream};

use super::{
    frame,
    writer::{self, WebSocket},
};
use crate::{
    deadline::within,
    exchange::{Close, CloseCode, Message},
};

/// A connection after its last frame.
pub struct Closed {
    /// What the actor is told.
    pub close: Close,
    /// Whether the peer may still be sending, so that the socket is to be drained.
    pub drain: bool,
}

impl Closed {
    /// The socket failed, or the peer is gone: nothing more can be said or heard.
    pub const GONE: Self = Self { close: Close::ABNORMAL, drain: false };
}

/// We end it: sends what is queued and the close frame, and waits for the peer's.
pub async fn by_host(
    ws: &mut WebSocket,
    queued: VecDeque<Message>,
    close: Close,
    deadline: Duration,
) -> Closed {
    let send = async {
        for message in queued {
            writer::send(ws, &message).await?;
        }
        ws.send(frame::close_frame(&close)).await
    };
    let sent = within(deadline, send).await;
    if !matches!(sent, Some(Ok(()))) {
        return Closed::GONE;
    }
    // A peer that breaks the protocol now is not told so, but gets the frame that was sent.
    within(deadline, read_close_frame(ws)).await.unwrap_or(Closed::GONE)
}

/// The peer ends it: sends the answer to its close frame, which tungstenite has queued.
pub async fn by_client(ws: &mut WebSocket, close: Option<Close>, deadline: Duration) -> Closed {
    // Not by reading on, which would stumble over what comes after the peer's close frame.
    let flush = poll_fn(|cx| Pin::new(&mut *ws).poll_flush(cx));
    let drain = within(deadline, flush).await.is_some();
    Closed { close: reported(close), drain }
}

/// The peer broke the protocol or a limit: says so, with a close frame. Gives its code, or
/// `None` if it is the socket that failed.
pub async fn after_error(
    ws: &mut WebSocket,
    error: &Error,
    deadline: Duration,
) -> Option<CloseCode> {
    let (code, reason) = match error {
        Error::Capacity(_) => (CloseCode::TOO_BIG, "message too large"),
        Error::Utf8(_) => (CloseCode::INVALID_PAYLOAD, "text is not UTF-8"),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return None,
        Error::Protocol(_) => (CloseCode::PROTOCOL_ERROR, "protocol error"),
        _ => return None,
    };
    within(deadline, ws.send(frame::close_frame(&Close::new(code, reason)))).await;
    Some(code)
}

/// Reads until the peer's close frame; other messages are no longer of interest.
async fn read_close_frame(ws: &mut WebSocket) -> Closed {
    loop {
        match poll_fn(|cx| Pin::new(&mut *ws).poll_next(cx)).await {
            Some(Ok(tungstenite::Message::Close(close))) => {
                return Closed {
                    close: reported(close.as_ref().map(frame::parse_close)),
                    drain: true,
                };
            }
            Some(Ok(_)) => {}
            Some(Err(Error::Io(_))) | None => return Closed::GONE,
            Some(Err(_)) => return Closed { close: Close::ABNORMAL, drain: true },
        }
    }
}

/// Whether a peer's close frame breaks the protocol by its code (RFC 6455, section 7.4). In place of
/// such a frame tungstenite gives its own answer to it, unless we were the first to close.
pub fn breaks_protocol(close: &Close) -> bool {
    *close == Close::new(CloseCode::PROTOCOL_ERROR, "Protocol violation")
        || !close.code.may_be_sent()
}

/// What the peer's close frame says. One that breaks the protocol says nothing: the connection has
/// failed then (section 7.1.7), as after any other breach.
fn reported(close: Option<Close>) -> Close {
    match close {
        None => Close::NO_STATUS,
        Some(close) if breaks_protocol(&close) => Close::ABNORMAL,
        Some(close) => close,
    }
}
