//! A client's TCP connection: read only when there should be something to read, and with a
//! note of when the client was last heard of.
//!
//! `Async` reads first and asks the reactor when that gives nothing. After a message it finds
//! the last event still noted there, reads again, and only then waits: two reads in vain for
//! each message of a client that waits for its answer. A read that does not fill the buffer
//! has taken all there was, so this waits at once.

use std::{
    io::{self, Read as _},
    net::TcpStream,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use smol::{
    Async,
    io::{AsyncRead, AsyncWrite},
};

/// A client's TCP connection.
#[derive(Debug)]
pub struct Wire {
    /// The connection.
    socket: Async<TcpStream>,
    /// Whether the last read took all there was. What comes later is an event: interest is
    /// registered by level, so it makes no difference when it comes.
    drained: bool,
    /// Whether the last write had to wait for the client to take something.
    blocked: bool,
    /// When the client last sent a byte, or took some that had to wait.
    heard: Instant,
}

impl Wire {
    /// Of this connection.
    pub fn new(socket: Async<TcpStream>) -> Self {
        Self { socket, drained: false, blocked: false, heard: Instant::now() }
    }

    /// The socket.
    pub fn get_ref(&self) -> &TcpStream {
        self.socket.get_ref()
    }

    /// When the client last gave a sign of life: a byte that it sent, or room for bytes that
    /// had to wait for it.
    pub fn heard(&self) -> Instant {
        self.heard
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            if self.drained {
                ready!(self.socket.poll_readable(cx))?;
                self.drained = false;
            }
            match self.socket.get_ref().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.drained = true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
                Ok(len) => {
                    self.drained = len < buffer.len();
                    if len > 0 {
                        self.heard = Instant::now();
                    }
                    return Poll::Ready(Ok(len));
                }
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, buffer);
        match &written {
            Poll::Pending => self.blocked = true,
            Poll::Ready(Ok(1..)) if self.blocked => {
                self.blocked = false;
                self.heard = Instant::now();
            }
            Poll::Ready(_) => {}
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_close(cx)
    }
}
