//! Answers with changed bytes, in pieces of any size.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use smol::{
    block_on,
    io::{AsyncRead, AsyncWrite},
};

use super::plain;
use crate::http_client::{call::exchange, request::Request};

/// A server that takes anything, answers in pieces, and hangs up.
struct Pieces<'d>(&'d [u8], usize);

impl AsyncRead for Pieces<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let length = self.1.min(buffer.len()).min(self.0.len());
        let (now, later) = self.0.split_at(length);
        buffer[..length].copy_from_slice(now);
        self.0 = later;
        Poll::Ready(Ok(length))
    }
}

impl AsyncWrite for Pieces<'_> {
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

#[test]
fn an_answer_has_the_same_outcome_in_whatever_pieces_it_arrives() {
    let mut random = StdRng::seed_from_u64(1);
    let request = Request::new(plain("GET", "http://a/")).unwrap();
    for answer in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nX: y\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n\r\nend",
    ] {
        for _ in 0..3000 {
            let mut changed = answer.to_vec();
            for _ in 0..random.random_range(0..4) {
                let at = random.random_range(0..changed.len());
                changed[at] = b"\r\n :;0159aAx\xff"[random.random_range(0..13)];
            }
            changed.truncate(random.random_range(changed.len() / 2..=changed.len()));
            let read = |piece| {
                block_on(exchange(&mut Pieces(&changed, piece), &request, 16, false)).ok()
            };
            let (whole, piece) = (read(changed.len()), random.random_range(1..8));
            assert_eq!(read(piece), whole, "{:?} by {piece}", String::from_utf8_lossy(&changed));
        }
    }
}
