//! A client's TCP connection. It avoids useless reads, notes when the client was last active, and
//! yields to other tasks.
//!
//! smol's `Async` reads first and asks the reactor only if there is nothing to read. After a
//! message, it finds the last event still set, reads again, and only then waits. That is two
//! useless reads for each message of a client that waits for its answer. This socket waits at once
//! after a read that did not fill the buffer, because such a read took all there was.

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

/// How many reads in a row may return bytes before other tasks run. The WebSocket reads some KB at
/// a time, which can be a few thousand empty frames.
const MAX_READS: u8 = 4;

/// A TCP connection. After a few reads that did not have to wait, the next one makes the task yield
/// once.
///
/// Otherwise a client that sends faster than the host reads would never release the thread. For
/// instance, tungstenite reads on until a message is whole, and a message may have endless empty
/// fragments. No deadline would end it, since timers need the thread as well.
#[derive(Debug)]
pub(crate) struct Socket {
    inner: Async<TcpStream>,
    readiness: Readiness,
    /// How many reads in a row have returned bytes.
    reads: u8,
    /// Whether the last read took all there was. Later data causes an event even if it arrived
    /// before the interest was registered, because the interest is level-triggered.
    drained: bool,
    /// Whether the last write had to wait until the client read something.
    blocked: bool,
    /// When the client last sent a byte or accepted bytes that had to wait.
    last_activity: Instant,
}

impl Socket {
    /// Wraps a connection.
    pub(crate) fn new(inner: Async<TcpStream>) -> Self {
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

    /// The connection, to set its options.
    pub(crate) fn get_ref(&self) -> &TcpStream {
        self.inner.get_ref()
    }

    /// Waits for the first bytes without consuming them. Returns how many there are, or 0 at the
    /// end.
    ///
    /// # Errors
    /// The socket failed.
    #[cfg(feature = "tls")]
    pub(crate) async fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.peek(buffer).await
    }

    /// Notes the result of a write.
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

    /// Ready when the socket may be readable. This is cheap, whereas the WebSocket zero-fills its
    /// buffer before it reads.
    pub(crate) fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.drained {
            // The next read returns the error.
            let _ = ready!(self.readiness.poll(&self.inner, cx));
            self.drained = false;
        }
        Poll::Ready(())
    }

    /// When the client was last active: it sent a byte, or it accepted bytes that had to wait.
    pub(crate) fn last_activity(&self) -> Instant {
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

    /// TLS writes its records with this. An alert after other records gets only this one attempt.
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

    /// Shuts down the sending side. It never waits: the kernel still sends what is queued.
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
    fn after_some_reads_in_a_row_the_next_one_yields_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        peer.write_all(&[0; 100]).unwrap();
        let stream = listener.accept().unwrap().0;
        // Waits until all bytes have arrived, so that no read below has to wait.
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
