//! A client's TCP connection: read only when there should be something to read, with a note of
//! when the client was last last_activity of, and such that others have their turn.
//!
//! `Async` reads first and asks the reactor when that gives nothing. After a message it finds
//! the last event still noted there, reads again, and only then waits: two reads in vain for
//! each message of a client that waits for its answer. A read that does not fill the buffer
//! has taken all there was, so this waits at once.

use std::{
    io::{self, IoSlice, Read as _},
    net::{Shutdown, TcpStream},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use smol::{
    Async,
    io::{AsyncRead, AsyncWrite},
};

use super::readiness::Readiness;

/// How many reads in a row may find bytes before others have their turn. The WebSocket reads
/// some KB at a time, so between two turns there are at most a few thousand empty frames.
const MAX_READS: u8 = 4;

/// A TCP connection. After a few reads that did not have to wait, the next one makes its task
/// wait once. Without this a client that sends faster than the host can read, for instance a
/// message of endless empty fragments, would never let go of the thread, as tungstenite reads
/// on until a message is whole; and no deadline would end it, since timers need the thread too.
#[derive(Debug)]
pub struct Socket {
    /// The connection.
    inner: Async<TcpStream>,
    /// Whether there may be something to read.
    readiness: Readiness,
    /// How many reads in a row have found bytes.
    reads: u8,
    /// Whether the last read took all there was. What comes later is an event: interest is
    /// registered by level, so it makes no difference when it comes.
    drained: bool,
    /// Whether the last write had to wait for the client to take something.
    blocked: bool,
    /// When the client last sent a byte, or took some that had to wait.
    last_activity: Instant,
}

impl Socket {
    /// Wraps a connection.
    pub fn new(inner: Async<TcpStream>) -> Self {
        let readiness = Readiness::default();
        Self {
            inner,
            readiness,
            reads: 0,
            drained: false,
            blocked: false,
            last_activity: Instant::now(),
        }
    }

    /// The connection, for its options.
    pub fn get_ref(&self) -> &TcpStream {
        self.inner.get_ref()
    }

    /// Waits for the first bytes, which stay there to be read. Gives their number, 0 at the end.
    ///
    /// # Errors
    /// The socket failed.
    #[cfg(feature = "tls")]
    pub async fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.peek(buffer).await
    }

    /// Notes what came of a write.
    fn note_write(&mut self, written: &Poll<io::Result<usize>>) {
        match written {
            Poll::Pending => self.blocked = true,
            Poll::Ready(Ok(1..)) if self.blocked => {
                self.blocked = false;
                self.last_activity = Instant::now();
            }
            Poll::Ready(_) => {}
        }
    }

    /// Ready when there may be something to read. Costs next to nothing, while a WebSocket first
    /// clears the buffer that it reads into.
    pub fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.drained {
            // An error is told by the read.
            let _ = ready!(self.readiness.poll(&self.inner, cx));
            self.drained = false;
        }
        Poll::Ready(())
    }

    /// When the client last gave a sign of life: a byte that it sent, or room for bytes that
    /// had to wait for it.
    pub fn last_activity(&self) -> Instant {
        self.last_activity
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if self.reads == MAX_READS {
            self.reads = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            if self.drained {
                let readable = self.readiness.poll(&self.inner, cx);
                if readable.is_pending() {
                    self.reads = 0;
                }
                ready!(readable)?;
                self.drained = false;
            }
            match self.inner.get_ref().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.drained = true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
                Ok(len) => {
                    self.reads += 1;
                    self.drained = len < buffer.len();
                    if len > 0 {
                        self.last_activity = Instant::now();
                    }
                    return Poll::Ready(Ok(len));
                }
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, buffer);
        self.note_write(&written);
        written
    }

    /// TLS writes its records by this, and an alert that follows others gets no second chance.
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, buffers);
        self.note_write(&written);
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    /// Says that nothing more will be sent. Never waits: the kernel sends what it has first.
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.inner.get_ref().shutdown(Shutdown::Write))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::{io::Write, net::TcpListener, task::Waker};

    use super::*;

    #[test]
    fn after_some_reads_in_a_row_the_next_one_waits_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        peer.write_all(&[0; 100]).unwrap();
        let stream = listener.accept().unwrap().0;
        // Until all of it has come, so that no read has to wait for bytes.
        while stream.peek(&mut [0; 100]).unwrap() < 100 {}
        let mut socket = Socket::new(Async::new(stream).unwrap());
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..3 {
            for _ in 0..MAX_READS {
                let read = Pin::new(&mut socket).poll_read(&mut cx, &mut [0; 1]);
                assert!(matches!(read, Poll::Ready(Ok(1))), "{read:?}");
            }
            let read = Pin::new(&mut socket).poll_read(&mut cx, &mut [0; 1]);
            assert!(read.is_pending(), "{read:?}");
        }
    }
}
