//! A TCP connection beneath TLS that reports its progress while the request is read.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Weak,
    task::{Context, Poll, ready},
};

use smol::io::{AsyncRead, AsyncWrite};

use super::{places::Place, socket::Socket};

/// A TCP connection beneath TLS. It counts encrypted bytes, since a TLS handshake has no others.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) socket: Socket,
    /// The request's place, which earns time with each byte. Gone once the request's head has been
    /// read.
    pub(crate) place: Weak<Place>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let len = ready!(Pin::new(&mut self.socket).poll_read(cx, buffer))?;
        if let Some(place) = self.place.upgrade() {
            place.progress(len);
        }
        Poll::Ready(Ok(len))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, buffer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, buffers)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_close(cx)
    }
}
