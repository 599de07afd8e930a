//! The way of frames to a client's socket, past tungstenite's buffer.
//!
//! tungstenite would copy each message into a buffer of the connection's own, which keeps the
//! size of the largest one for as long as the client stays. A message is perhaps shared with a
//! thousand other clients, so it stays where it is, and is written behind a head of its own.
//! tungstenite writes what it makes itself: pongs, the host's pings, close frames. A frame
//! that has begun is always finished first.

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
pub type WebSocket = WebSocketStream<Writer>;

/// A client's connection, and the frame that is on its way over it.
#[derive(Debug)]
pub struct Writer {
    /// The connection.
    stream: ClientStream,
    /// What of the frame has not been written.
    frame: Frame,
    /// Whether tungstenite may have bytes left over that the connection did not take. No frame may
    /// begin before these are gone.
    left_over: bool,
    /// Whether something was written since the last flush: TLS may have taken bytes that the socket
    /// has not.
    unflushed: bool,
}

impl Writer {
    /// A connection to which nothing is on its way.
    pub fn new(stream: ClientStream) -> Self {
        Self { stream, frame: Frame::written(), left_over: false, unflushed: false }
    }

    /// The connection.
    pub fn stream(&self) -> &ClientStream {
        &self.stream
    }

    /// The same, for its end.
    pub fn stream_mut(&mut self) -> &mut ClientStream {
        &mut self.stream
    }

    /// Takes a message to write: [`poll_ready`] has been ready.
    pub fn begin(&mut self, message: &Message) {
        self.frame = Frame::new(message);
    }

    /// Writes what is left of the frame; ready when there is none any more.
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
        // Lets go of memory that others may share.
        self.frame = Frame::written();
        Poll::Ready(Ok(()))
    }

    /// The same, to the socket's end of it.
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_frame(cx))?;
        if self.unflushed {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

/// Ready when a frame may begin: the last one is written, and so is what tungstenite had to say.
pub fn poll_ready(ws: &mut WebSocket, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
    ready!(ws.get_mut().poll_out(cx))?;
    if ws.get_ref().left_over { Pin::new(ws).poll_flush(cx) } else { Poll::Ready(Ok(())) }
}

/// Sends a message, to the last byte.
pub async fn send(ws: &mut WebSocket, message: &Message) -> Result<(), Error> {
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
