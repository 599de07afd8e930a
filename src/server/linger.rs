//! Shuts a socket down after the last frame or answer.

use std::time::Duration;

use smol::{
    future::poll_once,
    io::{AsyncReadExt as _, AsyncWriteExt as _},
};

use super::{socket::Socket, stream::ClientStream};
use crate::deadline::within;

/// The most bytes that are discarded after the last frame. A client may still be sending, for
/// instance the rest of a message that is too large; it must get to read the close frame.
const LINGER_BYTES: usize = 16 << 20;

/// Shuts down the sending side. Waits only if the client `is_there`; otherwise it does not matter
/// whether anybody receives the end.
pub(crate) async fn finish(stream: &mut ClientStream, is_there: bool, deadline: Duration) {
    if is_there {
        within(deadline, stream.close()).await;
    } else {
        poll_once(stream.close()).await;
    }
}

/// Discards what the client still sends, up to a bound. It reads below TLS, since the content does
/// not matter. Without this, the kernel answers late bytes with a reset, which can overtake the
/// close frame.
pub(crate) async fn drain(socket: &mut Socket, deadline: Duration) {
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
