//! Answers of servers with any content. Reading one never panics, ends, and keeps to the largest
//! content. It has the same outcome in whatever pieces the bytes arrive. The same bytes are also an
//! answer to a question for a name on the link.
//!
//! Input: the method, the largest content, and the size of the pieces (1 byte each); then the answer.
#![no_main]

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use footlight::http_client::{Failure, Request, call::exchange, dns};
use libfuzzer_sys::fuzz_target;
use smol::{
    block_on,
    io::{AsyncRead, AsyncWrite},
};
use wit_core::{HttpRequest, HttpResponse};

/// The most bytes of an answer. Up to there no bound of a head depends on the pieces.
const MOST: usize = 8 << 10;

/// A server that takes anything, answers in pieces, and hangs up.
struct Server<'d> {
    rest: &'d [u8],
    piece: usize,
}

impl AsyncRead for Server<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let length = self.piece.min(buffer.len()).min(self.rest.len());
        let (now, later) = self.rest.split_at(length);
        buffer[..length].copy_from_slice(now);
        self.rest = later;
        Poll::Ready(Ok(length))
    }
}

impl AsyncWrite for Server<'_> {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fuzz_target!(|data: &[u8]| {
    let [method, largest, piece, answer @ ..] = data else { return };
    let answer = &answer[..answer.len().min(MOST)];
    let method = ["GET", "HEAD", "POST", "DELETE"][usize::from(*method % 4)];
    let body = (method == "POST").then(|| b"body".to_vec());
    let request = HttpRequest {
        method: method.into(),
        uri: "http://a/b?c".into(),
        headers: Vec::new(),
        body,
    };
    let request = Request::new(request).expect("a good request");
    let most = usize::from(*largest) * 16;
    let read = |piece: usize| -> Result<HttpResponse, Failure> {
        let mut server = Server { rest: answer, piece };
        block_on(exchange(&mut server, &request, most, false))
    };
    let whole = read(MOST);
    match &whole {
        Ok(response) => {
            assert!((100..1000).contains(&response.status));
            assert_eq!(response.body.is_none(), method == "HEAD");
            assert!(response.body.as_ref().map_or(0, Vec::len) <= most);
        }
        Err(failure) => assert!(!failure.to_string().is_empty()),
    }
    let pieces = read(usize::from(*piece).max(1));
    // Which of several mistakes comes first depends on the pieces.
    assert_eq!(pieces.ok(), whole.ok());

    let id = u16::from_be_bytes([answer.first().copied().unwrap_or(0), *largest]);
    let _ = dns::addresses(answer, id, "a.local");
});
