//! A client's TCP connection. It avoids useless reads, notes when the client was last active, and
//! yields to other tasks.
//!
//! A read that did not fill the buffer took all there was. So this socket then waits for an event at
//! once, without a second read that would find nothing.

use std::{
    io::{self, IoSlice, Read as _, Write as _},
    net::{Shutdown, TcpStream},
    pin::Pin,
    task::{Context, Poll, ready},
};

use smol::io::{AsyncRead, AsyncWrite};

use super::read_ahead::{READ_AHEAD, ReadAhead};
use crate::{
    coarse_clock::{self, Moment},
    reactor::Polled,
};

/// How many bytes may be read in a row before other tasks run: a few thousand empty frames. A read
/// counts for [`LEAST`] at least.
const MAX_ROW: usize = READ_AHEAD;
/// What a read counts for, however little it returns.
const LEAST: usize = 4096;

/// A TCP connection. After a few reads that did not have to wait, the next one makes the task yield
/// once.
///
/// Otherwise a client that sends faster than the host reads would never release the thread. For
/// instance, tungstenite reads on until a message is whole, and a message may have endless empty
/// fragments. No deadline would end it, since timers need the thread as well.
#[derive(Debug)]
pub(crate) struct Socket {
    inner: Polled<TcpStream>,
    /// What was read and not asked for yet.
    ahead: ReadAhead,
    /// The bytes of the reads in a row that have returned some.
    row: usize,
    /// Whether the last read took all there was. Later data and the end cause an event.
    drained: bool,
    /// Whether the last write had to wait until the client read something.
    blocked: bool,
    /// When the client last sent a byte or accepted bytes that had to wait.
    last_activity: Moment,
}

impl Socket {
    /// Wraps a connection.
    pub(crate) fn new(inner: Polled<TcpStream>) -> Self {
        Self {
            inner,
            ahead: ReadAhead::default(),
            row: 0,
            drained: false,
            blocked: false,
            last_activity: coarse_clock::read(),
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
        self.inner.read_with(|stream| stream.peek(buffer)).await
    }

    /// Writes, and waits for room if there is none.
    fn poll_write_with(
        &mut self,
        cx: &mut Context<'_>,
        mut write: impl FnMut(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            if self.blocked {
                ready!(self.inner.poll_writable(cx));
            }
            match write(self.inner.get_ref()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.blocked = true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                written => {
                    // The event is used up, so even a write of nothing ends the wait.
                    if std::mem::take(&mut self.blocked) && matches!(written, Ok(1..)) {
                        self.last_activity = coarse_clock::read();
                    }
                    return Poll::Ready(written);
                }
            }
        }
    }

    /// Ready when the socket may be readable. This is cheap, whereas the WebSocket zero-fills its
    /// buffer before it reads.
    pub(crate) fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.drained && !self.ahead.has_bytes() {
            ready!(self.inner.poll_readable(cx));
            self.drained = false;
        }
        Poll::Ready(())
    }

    /// When the client was last active: it sent a byte, or it accepted bytes that had to wait.
    pub(crate) fn last_activity(&self) -> Moment {
        self.last_activity
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.row >= MAX_ROW && !this.ahead.has_bytes() {
            this.row = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            if this.drained && !this.ahead.has_bytes() {
                let readable = this.inner.poll_readable(cx);
                if readable.is_pending() {
                    this.row = 0;
                }
                ready!(readable);
                this.drained = false;
            }
            match this.ahead.read(buffer, |buffer| this.inner.get_ref().read(buffer)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => this.drained = true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
                Ok((len, None)) => return Poll::Ready(Ok(len)),
                Ok((len, Some(read))) => {
                    this.row += read.len.max(LEAST);
                    this.drained = !read.is_full && !this.inner.is_ended();
                    if read.len > 0 {
                        this.last_activity = coarse_clock::read();
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
        self.poll_write_with(cx, |mut stream| stream.write(buffer))
    }

    /// TLS writes its records with this. An alert after other records gets only this one attempt.
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(cx, |mut stream| stream.write_vectored(buffers))
    }

    /// What is written is on its way.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Shuts down the sending side. It never waits: the kernel still sends what is queued.
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.inner.get_ref().shutdown(Shutdown::Write))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::{net::TcpListener, sync::Arc, task::Waker};

    use super::*;
    use crate::reactor::Reactor;

    #[test]
    fn after_some_bytes_in_a_row_the_next_read_yields_once() {
        const SENT: usize = 60_000;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        peer.write_all(&[0; SENT]).unwrap();
        let stream = listener.accept().unwrap().0;
        // Waits until all bytes have arrived, so that no read below has to wait.
        while stream.peek(&mut [0; SENT]).unwrap() < SENT {}
        let reactor = Arc::new(Reactor::new().unwrap());
        let mut socket = Socket::new(Polled::new(&reactor, stream).unwrap());
        let mut cx = Context::from_waker(Waker::noop());
        let (mut rest, mut row, mut yields) = (SENT, 0, 0);
        while rest > 0 {
            match Pin::new(&mut socket).poll_read(&mut cx, &mut [0; 1024]) {
                Poll::Ready(read) => {
                    let read = read.unwrap();
                    rest -= read;
                    row += read;
                    assert!(row < MAX_ROW + READ_AHEAD, "{row} bytes without a yield");
                }
                Poll::Pending => (row, yields) = (0, yields + 1),
            }
        }
        assert!(yields >= 3, "{yields}");
    }
}
