#![allow(clippy::unwrap_used)]

use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    pin::pin,
    sync::mpsc,
};

use smol::{channel, future::poll_once};

use super::*;

/// Two ends of a connection. The first one is registered.
fn pair(reactor: &Arc<Reactor>) -> (Polled<UnixStream>, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    (Polled::new(reactor, ours).unwrap(), theirs)
}

fn new() -> Arc<Reactor> {
    Arc::new(Reactor::new().unwrap())
}

/// What a future returns.
fn block_on<T>(reactor: &Arc<Reactor>, future: impl Future<Output = T>) -> T {
    let mut result = None;
    reactor.block_on(pin!(async { result = Some(future.await) }));
    result.unwrap()
}

/// Reads until nothing is left. Returns the number of bytes, and whether that was the end.
fn drain(socket: &Polled<UnixStream>) -> (usize, bool) {
    let (mut sum, mut buffer) = (0, [0; 1024]);
    loop {
        match socket.get_ref().read(&mut buffer) {
            Ok(0) => return (sum, true),
            Ok(len) => sum += len,
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                return (sum, false);
            }
        }
    }
}

#[test]
fn each_arrival_wakes_the_reader_once() {
    let reactor = new();
    let (socket, mut peer) = pair(&reactor);
    block_on(&reactor, async {
        for sent in [1, 7, 3000] {
            peer.write_all(&vec![0; sent]).unwrap();
            poll_fn(|cx| socket.poll_readable(cx)).await;
            assert_eq!(drain(&socket), (sent, false));
            assert_eq!(poll_once(poll_fn(|cx| socket.poll_readable(cx))).await, None);
        }
    });
}

#[test]
fn the_end_that_comes_with_the_last_bytes_is_known_before_it_is_read() {
    let reactor = new();
    let (socket, mut peer) = pair(&reactor);
    block_on(&reactor, async {
        peer.write_all(b"bye").unwrap();
        drop(peer);
        poll_fn(|cx| socket.poll_readable(cx)).await;
        assert_eq!(socket.get_ref().read(&mut [0; 64]).unwrap(), 3);
        // No event comes any more.
        assert!(socket.is_ended());
        assert_eq!(drain(&socket), (0, true));
    });
}

#[test]
fn the_end_that_comes_after_the_last_bytes_wakes_the_reader() {
    let reactor = new();
    let (socket, mut peer) = pair(&reactor);
    block_on(&reactor, async {
        peer.write_all(b"bye").unwrap();
        poll_fn(|cx| socket.poll_readable(cx)).await;
        assert_eq!(drain(&socket), (3, false));
        assert!(!socket.is_ended());
        drop(peer);
        poll_fn(|cx| socket.poll_readable(cx)).await;
        assert_eq!(drain(&socket), (0, true));
    });
}

#[test]
fn a_writer_waits_until_there_is_room() {
    let reactor = new();
    let (socket, mut peer) = pair(&reactor);
    block_on(&reactor, async {
        // There is room at first.
        poll_fn(|cx| socket.poll_writable(cx)).await;
        let mut sent = 0;
        while let Ok(len) = socket.get_ref().write(&[0; 4096]) {
            sent += len;
        }
        assert_eq!(poll_once(poll_fn(|cx| socket.poll_writable(cx))).await, None);
        let read = smol::unblock(move || {
            peer.read_exact(&mut vec![0; sent]).unwrap();
            peer
        });
        poll_fn(|cx| socket.poll_writable(cx)).await;
        socket.get_ref().write_all(b"more").unwrap();
        read.await;
    });
}

#[test]
fn an_event_of_an_earlier_socket_with_the_same_number_costs_one_read() {
    let reactor = new();
    let (socket, _peer) = pair(&reactor);
    socket.readiness.happened(READABLE | ENDED);
    block_on(&reactor, async {
        poll_fn(|cx| socket.poll_readable(cx)).await;
        assert_eq!(drain(&socket), (0, false));
        assert_eq!(poll_once(poll_fn(|cx| socket.poll_readable(cx))).await, None);
        assert!(!socket.is_ended());
    });
}

#[test]
fn a_socket_that_is_dropped_leaves_nothing_behind() {
    let reactor = new();
    for _ in 0..3 {
        let (socket, _peer) = pair(&reactor);
        assert_eq!(socket.token, Token(0));
    }
    assert!(reactor.sources.lock().is_empty());
}

#[test]
fn another_thread_ends_the_wait_for_the_sockets() {
    let reactor = new();
    let (to, from) = channel::bounded(1);
    let (waits, begun) = mpsc::channel();
    let other = thread::spawn(move || {
        begun.recv().unwrap();
        to.send_blocking(5).unwrap();
    });
    let received = block_on(&reactor, async {
        waits.send(()).unwrap();
        from.recv().await.unwrap()
    });
    assert_eq!(received, 5);
    other.join().unwrap();
}

#[test]
fn a_thread_that_slept_polls_the_sockets_when_the_one_that_polled_has_ended() {
    let reactor = new();
    let (socket, mut peer) = pair(&reactor);
    let (end, ended) = channel::bounded::<()>(1);
    let first = thread::spawn({
        let reactor = reactor.clone();
        move || block_on(&reactor, async { ended.recv().await.unwrap() })
    });
    while reactor.polled.try_lock().is_some() {
        thread::yield_now();
    }
    let second = thread::spawn({
        let reactor = reactor.clone();
        move || block_on(&reactor, poll_fn(|cx| socket.poll_readable(cx)))
    });
    while reactor.asleep.lock().is_empty() {
        thread::yield_now();
    }
    end.send_blocking(()).unwrap();
    first.join().unwrap();
    peer.write_all(b"hello").unwrap();
    second.join().unwrap();
}
