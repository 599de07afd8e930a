//! The closing handshake (RFC 6455, section 7), for every way in which a connection ends.
//!
//! Each way sends a close frame if that is still possible and waits a bounded time for the peer.
//! What follows is the same for all: see [`Closed`].

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
pub(crate) struct Closed {
    /// The actor is told this.
    pub close: Close,
    /// Whether the peer may still be sending. The socket is drained then.
    pub(crate) drain: bool,
}

impl Closed {
    /// The socket failed or the peer is gone, so nothing more can be sent or received.
    pub(crate) const GONE: Self = Self { close: Close::ABNORMAL, drain: false };
}

/// The host closes: sends the queued messages and a close frame, and waits for the peer's.
pub(crate) async fn by_host(
    ws: &mut WebSocket,
    queued: VecDeque<Message>,
    close: Close,
    deadline: Duration,
) -> Closed {
    let send = async {
        for message in queued {
            writer::send(ws, message).await?;
        }
        ws.send(frame::close_frame(&close)).await
    };
    let sent = within(deadline, send).await;
    if !matches!(sent, Some(Ok(()))) {
        return Closed::GONE;
    }
    // If the peer violates the protocol now, it has its close frame already.
    within(deadline, read_close_frame(ws)).await.unwrap_or(Closed::GONE)
}

/// The client closes: sends the answer to its close frame, which tungstenite has queued.
pub(crate) async fn by_client(
    ws: &mut WebSocket,
    close: Option<Close>,
    deadline: Duration,
) -> Closed {
    // Reading on would not do: it would fail on any bytes after the client's close frame.
    let flush = poll_fn(|cx| Pin::new(&mut *ws).poll_flush(cx));
    let drain = within(deadline, flush).await.is_some();
    Closed { close: reported(close), drain }
}

/// The client violated the protocol or a limit: sends a close frame that says so. Returns its code,
/// or `None` if the socket failed.
pub(crate) async fn after_error(
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

/// Reads until the peer's close frame, and discards other messages.
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

/// Whether a close frame's code violates the protocol (RFC 6455, section 7.4). tungstenite replaces
/// such a frame with its own answer to it, unless the host closed first.
pub(crate) fn breaks_protocol(close: &Close) -> bool {
    *close == Close::new(CloseCode::PROTOCOL_ERROR, "Protocol violation")
        || !close.code.may_be_sent()
}

/// What the actor is told of the peer's close frame. A frame that violates the protocol counts as a
/// failed connection (section 7.1.7), like any other violation.
fn reported(close: Option<Close>) -> Close {
    match close {
        None => Close::NO_STATUS,
        Some(close) if breaks_protocol(&close) => Close::ABNORMAL,
        Some(close) => close,
    }
}
