//! Every way in which a connection ends (RFC 6455, section 7).
//!
//! All of them send a close frame where one can still be sent, and wait a bounded time for the
//! peer. What follows is the same for all: see [`Over`].

use std::{collections::VecDeque, future::poll_fn, pin::Pin, time::Duration};

use async_tungstenite::tungstenite::{self, Error, error::ProtocolError};
use futures_util::{Sink, Stream};
use smol::{
    future::poll_once,
    io::{AsyncReadExt, AsyncWriteExt},
};

use super::{
    frame,
    socket::Socket,
    stream::ClientStream,
    writer::{self, WebSocket},
};
use crate::{
    deadline::within,
    exchange::{Close, CloseCode, Message},
};

/// The most bytes that are read and thrown away after the last frame, so that a peer that is
/// still sending, for instance a message that is too large, gets to read the close frame.
const LINGER_BYTES: usize = 16 << 20;

/// A connection after its last frame.
pub struct Over {
    /// What the actor is told.
    pub ending: Close,
    /// Whether the peer may still be sending, so that the socket is to be drained.
    pub drain: bool,
}

impl Over {
    /// The socket failed, or the peer is gone: nothing more can be said or heard.
    pub const GONE: Self = Self { ending: Close::ABNORMAL, drain: false };
}

/// We end it: sends what is queued and the close frame, and waits for the peer's.
pub async fn ours(
    ws: &mut WebSocket,
    queued: VecDeque<Message>,
    close: Close,
    deadline: Duration,
) -> Over {
    let send = async {
        for message in queued {
            writer::send(ws, &message).await?;
        }
        ws.send(frame::of_close(&close)).await
    };
    let sent = within(deadline, send).await;
    if !matches!(sent, Some(Ok(()))) {
        return Over::GONE;
    }
    // A peer that breaks the protocol now is not told so, but gets the frame that was sent.
    within(deadline, peers_frame(ws)).await.unwrap_or(Over::GONE)
}

/// The peer ends it: sends the answer to its close frame, which tungstenite has queued.
pub async fn theirs(ws: &mut WebSocket, close: Option<Close>, deadline: Duration) -> Over {
    // Not by reading on, which would stumble over what comes after the peer's close frame.
    let flush = poll_fn(|cx| Pin::new(&mut *ws).poll_flush(cx));
    let drain = within(deadline, flush).await.is_some();
    Over { ending: ending(close), drain }
}

/// The peer broke the protocol or a limit: says so, with a close frame. Gives its code, or
/// `None` if it is the socket that failed.
pub async fn failed(ws: &mut WebSocket, error: &Error, deadline: Duration) -> Option<CloseCode> {
    let (code, reason) = match error {
        Error::Capacity(_) => (CloseCode::TOO_BIG, "message too large"),
        Error::Utf8(_) => (CloseCode::INVALID_PAYLOAD, "text is not UTF-8"),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return None,
        Error::Protocol(_) => (CloseCode::PROTOCOL_ERROR, "protocol error"),
        _ => return None,
    };
    within(deadline, ws.send(frame::of_close(&Close::new(code, reason)))).await;
    Some(code)
}

/// Says that nothing more will be sent. Whether that still reaches anybody does not matter, so
/// that only a peer that is still there is waited for.
pub async fn finish(stream: &mut ClientStream, is_there: bool, deadline: Duration) {
    if is_there {
        within(deadline, stream.close()).await;
    } else {
        poll_once(stream.close()).await;
    }
}

/// Reads what the peer still sends, up to a bound, and as it is: what TLS would make of it is of no
/// interest. Without this a kernel answers late bytes with a reset, which can overtake the close
/// frame.
pub async fn drain(socket: &mut Socket, deadline: Duration) {
    let drain = async {
        let mut buffer = [0; 4096];
        let mut left = LINGER_BYTES;
        while let Ok(n @ 1..) = socket.read(&mut buffer).await {
            match left.checked_sub(n) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    within(deadline, drain).await;
}

/// Reads until the peer's close frame; other messages are no longer of interest.
async fn peers_frame(ws: &mut WebSocket) -> Over {
    loop {
        match poll_fn(|cx| Pin::new(&mut *ws).poll_next(cx)).await {
            Some(Ok(tungstenite::Message::Close(close))) => {
                return Over { ending: ending(close.as_ref().map(frame::close)), drain: true };
            }
            Some(Ok(_)) => {}
            Some(Err(Error::Io(_))) | None => return Over::GONE,
            Some(Err(_)) => return Over { ending: Close::ABNORMAL, drain: true },
        }
    }
}

/// Whether a peer's close frame breaks the protocol by its code (RFC 6455, section 7.4). In place of
/// such a frame tungstenite gives its own answer to it, unless we were the first to close.
pub fn is_breach(close: &Close) -> bool {
    *close == Close::new(CloseCode::PROTOCOL_ERROR, "Protocol violation")
        || !close.code.may_be_sent()
}

/// What the peer's close frame says. One that breaks the protocol says nothing: the connection has
/// failed then (section 7.1.7), as after any other breach.
fn ending(close: Option<Close>) -> Close {
    match close {
        None => Close::NO_STATUS,
        Some(close) if is_breach(&close) => Close::ABNORMAL,
        Some(close) => close,
    }
}
