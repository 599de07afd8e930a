//! Writes frames to a client's socket, past tungstenite's buffer.
//!
//! tungstenite would copy each message into a buffer of the connection, which keeps the size of the
//! largest message until the client leaves. A message may be shared with a thousand other clients.
//! So it stays where it is and is written after a frame head of its own.
//!
//! tungstenite writes only its own frames: pongs, the host's pings and close frames. A frame that
//! has begun is always finished first.

use std::{
    future::poll_fn,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_tungstenite::{WebSocketStream, tungstenite::Error};
use futures_util::Sink as _;
use smol::io::{AsyncRead, AsyncWrite};

use super::{
    frame::{Frame, MAX_COPIED},
    stream::ClientStream,
};
use crate::exchange::Message;

/// A client's connection after the handshake.
pub(crate) type WebSocket = WebSocketStream<Writer>;

/// A client's connection and the frame that is being written to it.
#[derive(Debug)]
pub(crate) struct Writer {
    stream: ClientStream,
    /// What is left of the frame that is being written.
    frame: Frame,
    /// Whether tungstenite may still hold bytes that the connection did not take. No frame may
    /// begin before they are written.
    left_over: bool,
    /// Whether something was written since the last flush. TLS may have taken bytes that the socket
    /// has not.
    unflushed: bool,
}

impl Writer {
    /// A connection with no frame in progress.
    pub(crate) fn new(stream: ClientStream) -> Self {
        Self { stream, frame: Frame::written(), left_over: false, unflushed: false }
    }

    /// The connection.
    pub(crate) fn stream(&self) -> &ClientStream {
        &self.stream
    }

    /// The connection, to close it.
    pub(crate) fn stream_mut(&mut self) -> &mut ClientStream {
        &mut self.stream
    }

    /// Starts to write a message. [`poll_ready`] must have been ready.
    pub(crate) fn begin(&mut self, message: Message) {
        self.frame = Frame::new(message);
    }

    /// Writes the rest of the frame. Ready when all of it is written.
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.frame.is_written() {
            self.unflushed = true;
            let (mut buffer, mut parts) = ([0; MAX_COPIED], [IoSlice::new(&[]); 2]);
            let stream = Pin::new(&mut self.stream);
            let written = match self.frame.copied(&mut buffer) {
                Some(whole) => stream.poll_write(cx, whole),
                None => {
                    let count = self.frame.remaining(&mut parts);
                    stream.poll_write_vectored(cx, parts.get(..count).unwrap_or_default())
                }
            };
            let written = ready!(written)?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.frame.advance(written);
        }
        // Frees memory that other connections may share.
        self.frame = Frame::written();
        Poll::Ready(Ok(()))
    }

    /// Writes the rest of the frame and flushes it to the socket.
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_frame(cx))?;
        if self.unflushed {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

/// Ready when a new frame may begin: the last one and tungstenite's own bytes are written.
pub(crate) fn poll_ready(ws: &mut WebSocket, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
    ready!(ws.get_mut().poll_out(cx))?;
    if ws.get_ref().left_over { Pin::new(ws).poll_flush(cx) } else { Poll::Ready(Ok(())) }
}

/// Sends a message and flushes it.
pub(crate) async fn send(ws: &mut WebSocket, message: Message) -> Result<(), Error> {
    poll_fn(|cx| poll_ready(ws, cx)).await?;
    ws.get_mut().begin(message);
    poll_fn(|cx| poll_ready(ws, cx)).await
}

impl AsyncRead for Writer {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Writer {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.left_over = true;
        ready!(self.poll_frame(cx))?;
        self.unflushed = true;
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buffer))?;
        self.left_over = written < buffer.len();
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_out(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}
