//! A client's connection, with or without TLS.
//!
//! Without the feature `tls`, there is only one kind, and this is the same as a [`Socket`].

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

#[cfg(feature = "tls")]
use futures_rustls::server::TlsStream;
use smol::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

#[cfg(feature = "tls")]
use super::watched::Watched;
use super::{places::Place, socket::Socket};
use crate::coarse_clock::Moment;

/// A client's connection.
#[derive(Debug)]
pub(crate) enum ClientStream {
    /// Not encrypted.
    Plain(Socket),
    /// Encrypted. Boxed, so that connections without TLS do not reserve its memory.
    #[cfg(feature = "tls")]
    Tls(Box<TlsStream<Watched>>),
}

impl ClientStream {
    /// When the client was last active: see [`Socket::last_activity`].
    pub(crate) fn last_activity(&self) -> Moment {
        match self {
            Self::Plain(socket) => socket.last_activity(),
            #[cfg(feature = "tls")]
            Self::Tls(tls) => tls.get_ref().0.socket.last_activity(),
        }
    }

    /// The socket below. With TLS, what it reads is encrypted.
    pub(crate) fn socket(&mut self) -> &mut Socket {
        match self {
            Self::Plain(socket) => socket,
            #[cfg(feature = "tls")]
            Self::Tls(tls) => &mut tls.get_mut().0.socket,
        }
    }

    /// Lets a place earn time with each encrypted byte that arrives from now on.
    #[cfg(feature = "tls")]
    pub(crate) fn watch(&mut self, place: &Arc<Place>) {
        if let Self::Tls(tls) = self {
            tls.get_mut().0.place = Arc::downgrade(place);
        }
    }

    /// Does nothing: without TLS, who reads the bytes also counts them.
    #[cfg(not(feature = "tls"))]
    pub(crate) fn watch(&mut self, _: &Arc<Place>) {}

    /// Sends these bytes and flushes them, since TLS may hold some back until then.
    ///
    /// # Errors
    /// The socket failed.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes).await?;
        self.flush().await
    }
}

/// Does the same with either kind.
macro_rules! either {
    ($stream:expr, $inner:ident => $what:expr) => {
        match $stream.get_mut() {
            ClientStream::Plain($inner) => $what,
            #[cfg(feature = "tls")]
            ClientStream::Tls($inner) => $what,
        }
    };
}

impl AsyncRead for ClientStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        either!(self, inner => Pin::new(inner).poll_read(cx, buffer))
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        either!(self, inner => Pin::new(inner).poll_write(cx, buffer))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self, inner => Pin::new(inner).poll_write_vectored(cx, buffers))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, inner => Pin::new(inner).poll_flush(cx))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, inner => Pin::new(inner).poll_close(cx))
    }
}
