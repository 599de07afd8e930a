//! Sends a response, at the client's pace.

use std::{
    fs::File,
    io::{self, Read as _},
    pin::pin,
    sync::OnceLock,
};

use rustix::net::sockopt::set_socket_send_buffer_size;
use smol::{
    future::{FutureExt as _, poll_once},
    io::AsyncWriteExt as _,
    unblock,
};

use super::{
    addresses::Network,
    context::ServerContext,
    framing::RequestMeta,
    pace::Pace,
    places::Place,
    response::{Body, Response},
    stream::ClientStream,
};
use crate::convert::to_u64;

/// The bytes of a file that are read at a time, which are what a download keeps in memory.
const CHUNK: usize = 16 * 1024;

/// The size of the kernel's send buffer for a long body, in bytes. The kernel counts about double,
/// with its own overhead. By default, it would buffer some MB: a client that reads nothing would
/// hold that memory, and a slow client would make no visible progress for a long time.
pub(super) const SEND_BUFFER: usize = 64 * 1024;

/// Sends a response. `place` is its place among the downloads, if it has one. A response without one
/// needs a place only if it does not fit into the kernel's send buffer. So a host that is busy with
/// downloads still answers `/healthz` and `/metrics`.
///
/// # Errors
/// The socket or the file failed, the client takes less than `limits.rate`, or the download was
/// evicted. The response has begun, so no other can be sent.
pub(crate) async fn send(
    stream: &mut ClientStream,
    response: Response,
    meta: &RequestMeta,
    place: Option<Place>,
    network: Option<Network>,
    context: &ServerContext,
) -> io::Result<()> {
    let held = OnceLock::new();
    if let Some(place) = place {
        held.get_or_init(|| place);
    }
    if response.body.len() > SEND_BUFFER as u64 {
        // If this fails, the kernel keeps more of the body in memory.
        let _ = set_socket_send_buffer_size(stream.socket().get_ref(), SEND_BUFFER);
    }
    let pace = Pace::new(context.actor.limits.get(|limits| limits.rate));
    let progress = |bytes| {
        pace.progress(bytes);
        if let Some(place) = held.get() {
            Place::progress(place, bytes);
        }
    };
    let mut send = pin!(async {
        let (first, rest) = response.into_parts(meta, context.world.since_1970());
        write(stream, &first, &progress).await?;
        match rest {
            None | Some(Body::Unmade(_) | Body::Stream(_)) => {}
            Some(Body::Text(text)) => write(stream, text.as_bytes(), &progress).await?,
            Some(Body::Bytes(bytes)) => write(stream, &bytes, &progress).await?,
            Some(Body::File(file, len)) => write_file(stream, file, len, &progress).await?,
        }
        stream.flush().await?;
        if !meta.keep {
            // TLS confirms the end, which needs room as well. A client that closes earlier has what
            // it wants.
            let _ = stream.close().await;
        }
        Ok(())
    });
    let place = match held.get() {
        Some(place) => place,
        None => {
            if let Some(sent) = poll_once(send.as_mut()).await {
                return sent;
            }
            // It has begun to send, so it is broken off if no place is free.
            let claimed = context.admission.downloads.enter(network);
            let Some(claimed) = claimed else { return Err(io::ErrorKind::TimedOut.into()) };
            held.get_or_init(|| claimed)
        }
    };
    let given_up = async {
        place.evicted().or(pace.late()).await;
        Err(io::ErrorKind::TimedOut.into())
    };
    send.or(given_up).await
}

/// Writes bytes. Calls `progress` with how many of them the client or the kernel has taken.
async fn write(
    stream: &mut ClientStream,
    mut bytes: &[u8],
    progress: &impl Fn(usize),
) -> io::Result<()> {
    while !bytes.is_empty() {
        let taken = stream.write(bytes).await?;
        if taken == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        progress(taken);
        bytes = bytes.get(taken..).unwrap_or_default();
    }
    Ok(())
}

/// Writes `len` bytes of a file from its present position. It is read on the thread pool for blocking
/// calls, because a slow SD card must not block the sockets.
async fn write_file(
    stream: &mut ClientStream,
    file: File,
    len: u64,
    progress: &impl Fn(usize),
) -> io::Result<()> {
    let mut reader = file.take(len);
    let mut left = len;
    while left > 0 {
        let (back, chunk) = unblock(move || {
            let mut chunk = vec![0; CHUNK];
            let read = reader.read(&mut chunk).map(|len| {
                chunk.truncate(len);
                chunk
            });
            (reader, read)
        })
        .await;
        let chunk = chunk?;
        if chunk.is_empty() {
            return Err(io::Error::other("the file has become shorter"));
        }
        write(stream, &chunk, progress).await?;
        left = left.saturating_sub(to_u64(chunk.len()));
        reader = back;
    }
    Ok(())
}
