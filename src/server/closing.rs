//! Every way in which a connection ends (RFC 6455, section 7).
//!
//! All of them send a close frame where one can still be sent, wait a bounded time for the
//! peer, and give the [`Ending`] that the actor is told.

use std::{collections::VecDeque, future::Future, net::Shutdown, time::Duration};

use async_tungstenite::tungstenite::{
    Error, Message, Utf8Bytes,
    protocol::{CloseFrame, frame::coding::CloseCode},
};
use futures_util::Stream;
use smol::{Timer, future::FutureExt, io::AsyncReadExt};

use super::connection::{Socket, WebSocket};
use crate::exchange::event::Ending;

/// The most bytes that are read and thrown away from a peer that broke the protocol, so that
/// it gets to read the close frame.
const LINGER_BYTES: usize = 256 * 1024;

/// We end it: sends what is queued and the close frame, and waits for the peer's.
pub async fn ours(
    ws: &mut WebSocket,
    queued: VecDeque<Message>,
    frame: CloseFrame,
    deadline: Duration,
) -> Ending {
    let send = async {
        for message in queued {
            ws.send(message).await?;
        }
        ws.send(Message::Close(Some(frame))).await
    };
    match within(deadline, send).await {
        Some(Ok(())) => within(deadline, peers_frame(ws)).await.unwrap_or(Ending::ABNORMAL),
        _ => Ending::ABNORMAL,
    }
}

/// The peer ends it: sends the answer to its close frame, which tungstenite has queued.
pub async fn theirs(ws: &mut WebSocket, frame: Option<CloseFrame>, deadline: Duration) -> Ending {
    // Reading on flushes the answer and then finds the connection closed.
    within(deadline, peers_frame(ws)).await;
    linger(ws.get_mut(), deadline).await;
    ending(frame)
}

/// The peer broke the protocol or a limit, or the socket failed: says so, if it can be said.
/// Gives the close code and the reason that were sent.
pub async fn failed(ws: &mut WebSocket, error: &Error, deadline: Duration) -> Option<CloseCode> {
    let (code, reason) = match error {
        Error::Capacity(_) => (CloseCode::Size, "message too large"),
        Error::Utf8(_) => (CloseCode::Invalid, "text is not UTF-8"),
        Error::Protocol(
            async_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
        ) => return None,
        Error::Protocol(_) => (CloseCode::Protocol, "protocol error"),
        _ => return None,
    };
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    within(deadline, ws.send(Message::Close(Some(frame)))).await;
    linger(ws.get_mut(), deadline).await;
    Some(code)
}

/// Says that nothing more will be sent, and reads what the peer still sends, up to a bound.
/// Without this a kernel answers late bytes with a reset, which can overtake the close frame.
pub async fn linger(socket: &mut Socket, deadline: Duration) {
    if socket.get_ref().shutdown(Shutdown::Write).is_err() {
        return;
    }
    let drain = async {
        let mut buffer = [0; 1024];
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
async fn peers_frame(ws: &mut WebSocket) -> Ending {
    loop {
        let next = std::future::poll_fn(|cx| std::pin::Pin::new(&mut *ws).poll_next(cx)).await;
        match next {
            Some(Ok(Message::Close(frame))) => return ending(frame),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Ending::ABNORMAL,
        }
    }
}

/// What the peer's close frame says.
fn ending(frame: Option<CloseFrame>) -> Ending {
    match frame {
        None => Ending::NO_STATUS,
        Some(CloseFrame { code, reason }) => {
            Ending { code: code.into(), reason: Some(reason).filter(|reason| !reason.is_empty()) }
        }
    }
}
