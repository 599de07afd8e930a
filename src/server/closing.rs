//! Every way in which a connection ends (RFC 6455, section 7).
//!
//! All of them send a close frame where one can still be sent, and wait a bounded time for the
//! peer. What follows is the same for all: see [`Over`].

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::Pin,
    time::Duration,
};

use async_tungstenite::tungstenite::{
    Error, Message, Utf8Bytes,
    error::ProtocolError,
    protocol::{CloseFrame, frame::coding::CloseCode},
};
use futures_util::{Sink, Stream};
use smol::{
    Timer,
    future::{FutureExt, poll_once},
    io::{AsyncReadExt, AsyncWriteExt},
};

use super::{
    socket::Socket,
    wire::Wire,
    writer::{self, WebSocket},
};
use crate::exchange::{Frame, event::Ending};

/// The most bytes that are read and thrown away after the last frame, so that a peer that is
/// still sending, for instance a message that is too large, gets to read the close frame.
const LINGER_BYTES: usize = 16 << 20;

/// A connection after its last frame.
pub struct Over {
    /// What the actor is told.
    pub ending: Ending,
    /// Whether the peer may still be sending, so that the socket is to be drained.
    pub drain: bool,
}

impl Over {
    /// The socket failed, or the peer is gone: nothing more can be said or heard.
    pub const GONE: Self = Self { ending: Ending::ABNORMAL, drain: false };
}

/// We end it: sends what is queued and the close frame, and waits for the peer's.
pub async fn ours(
    ws: &mut WebSocket,
    queued: VecDeque<Frame>,
    frame: CloseFrame,
    deadline: Duration,
) -> Over {
    let send = async {
        for frame in queued {
            writer::send(ws, &frame).await?;
        }
        ws.send(Message::Close(Some(frame))).await
    };
    let sent = within(deadline, send).await;
    if !matches!(sent, Some(Ok(()))) {
        return Over::GONE;
    }
    // A peer that breaks the protocol now is not told so, but gets the frame that was sent.
    within(deadline, peers_frame(ws)).await.unwrap_or(Over::GONE)
}

/// The peer ends it: sends the answer to its close frame, which tungstenite has queued.
pub async fn theirs(ws: &mut WebSocket, frame: Option<CloseFrame>, deadline: Duration) -> Over {
    // Not by reading on, which would stumble over what comes after the peer's close frame.
    let flush = poll_fn(|cx| Pin::new(&mut *ws).poll_flush(cx));
    let drain = within(deadline, flush).await.is_some();
    Over { ending: ending(frame), drain }
}

/// The peer broke the protocol or a limit: says so, with a close frame. Gives its code, or
/// `None` if it is the socket that failed.
pub async fn failed(ws: &mut WebSocket, error: &Error, deadline: Duration) -> Option<CloseCode> {
    let (code, reason) = match error {
        Error::Capacity(_) => (CloseCode::Size, "message too large"),
        Error::Utf8(_) => (CloseCode::Invalid, "text is not UTF-8"),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return None,
        Error::Protocol(_) => (CloseCode::Protocol, "protocol error"),
        _ => return None,
    };
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    within(deadline, ws.send(Message::Close(Some(frame)))).await;
    Some(code)
}

/// Says that nothing more will be sent. Whether that still reaches anybody does not matter, so
/// that only a peer that is still there is waited for.
pub async fn finish(wire: &mut Wire, is_there: bool, deadline: Duration) {
    if is_there {
        within(deadline, wire.close()).await;
    } else {
        poll_once(wire.close()).await;
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

/// A future's result, or `None` when it takes longer than `deadline`.
pub async fn within<T>(deadline: Duration, future: impl Future<Output = T>) -> Option<T> {
    let late = async {
        Timer::after(deadline).await;
        None
    };
    async { Some(future.await) }.or(late).await
}

/// Reads until the peer's close frame; other messages are no longer of interest.
async fn peers_frame(ws: &mut WebSocket) -> Over {
    loop {
        match poll_fn(|cx| Pin::new(&mut *ws).poll_next(cx)).await {
            Some(Ok(Message::Close(frame))) => return Over { ending: ending(frame), drain: true },
            Some(Ok(_)) => {}
            Some(Err(Error::Io(_))) | None => return Over::GONE,
            Some(Err(_)) => return Over { ending: Ending::ABNORMAL, drain: true },
        }
    }
}

/// Whether a peer's close frame breaks the protocol by its code (RFC 6455, section 7.4). In place of
/// such a frame tungstenite gives its own answer to it, unless we were the first to close.
pub fn is_breach(frame: &CloseFrame) -> bool {
    let answer = frame.code == CloseCode::Protocol && frame.reason.as_str() == "Protocol violation";
    answer || !frame.code.is_allowed()
}

/// What the peer's close frame says. One that breaks the protocol says nothing: the connection has
/// failed then (section 7.1.7), as after any other breach.
fn ending(frame: Option<CloseFrame>) -> Ending {
    match frame {
        None => Ending::NO_STATUS,
        Some(frame) if is_breach(&frame) => Ending::ABNORMAL,
        Some(CloseFrame { code, reason }) => {
            Ending { code: code.into(), reason: Some(reason).filter(|reason| !reason.is_empty()) }
        }
    }
}
