//! The end of a connection's socket, after its last frame or answer.

use std::time::Duration;

use smol::{
    future::poll_once,
    io::{AsyncReadExt as _, AsyncWriteExt as _},
};

use super::{socket::Socket, stream::ClientStream};
use crate::deadline::within;

/// The most bytes that are read and thrown away after the last frame, so that a peer that is
/// still sending, for instance a message that is too large, gets to read the close frame.
const LINGER_BYTES: usize = 16 << 20;

/// Says that nothing more will be sent. Whether that still reaches anybody does not matter, so
/// that only a peer that is still there is waited for.
pub async fn finish(stream: &mut ClientStream, is_there: bool, deadline: Duration) {
    if is_there {
        within(deadline, stream.close()).await;
    } else {
        poll_once(stream.close()).await;
    }
}

/// Reads what the peer still sends, up to a bound, and as it is: what TLS would make of it is of no
/// interest. Without this a kernel answers late bytes with a reset, which can overtake the close
/// frame.
pub async fn drain(socket: &mut Socket, deadline: Duration) {
    let drain = async {
        let mut buffer = [0; 4096];
        let mut left = LINGER_BYTES;
        while let Ok(n @ 1..) = socket.read(&mut buffer).await {
            match left.checked_sub(n) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    within(deadline, drain).await;
}
