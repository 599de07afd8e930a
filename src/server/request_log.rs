//! What the log says of requests: those that were refused, and those that opened a connection.

use std::{net::SocketAddr, sync::atomic::Ordering};

use log::Level;

use super::{context::ServerContext, endpoint::Endpoint, error_response::ErrorResponse};
use crate::exchange::connections::Open;

/// The most bytes of a request that the log shows.
const MAX_SHOWN: usize = 100;

/// Counts and logs a refused request. `bytes` is what has arrived of it.
pub(crate) fn log_refusal(
    peer: SocketAddr,
    bytes: &[u8],
    refusal: &ErrorResponse,
    context: &ServerContext,
) {
    context.actor.stats.refuse(refusal.status().0);
    let mut request = shown(bytes);
    if !request.is_empty() {
        // Escaped, because it comes from a client.
        request = format!(" ({request:?})");
    }
    let text = format_args!("{peer} is refused: {refusal}{request}");
    context.actor.lines.host(Level::Info, None, text);
}

/// Counts and logs a completed handshake. `unagreed` are the subprotocols that the client asked for,
/// if none was agreed. Only the first such client of a listener is in the log.
pub(crate) fn log_connected(
    peer: SocketAddr,
    open: &Open,
    unagreed: Option<&str>,
    endpoint: &Endpoint,
    context: &ServerContext,
) {
    let (actor, id) = (&context.actor, Some(open.session.id()));
    actor.stats.connections.add(1);
    actor.lines.host(Level::Debug, id, format_args!("connected from {peer}"));
    let Some(asked) = unagreed else { return };
    actor.stats.unagreed_subprotocols.add(1);
    if !endpoint.is_unagreed_logged.swap(true, Ordering::Relaxed) {
        // Escaped, because it comes from a client.
        let text = format_args!(
            "{peer} asks for the subprotocols {asked:?}, and `subprotocols` of this listener has none \
             of them; many clients hang up then; if the actor speaks one, add it; further such \
             clients are only counted"
        );
        actor.lines.host(Level::Warn, id, text);
    }
}

/// The method and the path of a request for the log, from what has arrived of it. The query is left
/// out, because it may have a token. Empty if nothing has arrived.
fn shown(bytes: &[u8]) -> String {
    let line = bytes.trim_ascii_start().split(|byte| matches!(byte, b'\r' | b'\n')).next();
    let line = line.unwrap_or_default();
    let mut parts = line.split(|byte| *byte == b' ');
    let method = parts.next().unwrap_or_default().len();
    let target = parts.next().map_or(0, |target| 1 + target.len());
    let known = line.get(..method + target).unwrap_or_default();
    let known = known.split(|byte| *byte == b'?').next().unwrap_or_default();
    let short = known.get(..MAX_SHOWN).unwrap_or(known);
    let more = if short.len() < known.len() { "…" } else { "" };
    String::from_utf8_lossy(short).into_owned() + more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_shows_the_method_and_the_path_without_the_query_and_not_more_than_100_bytes() {
        let most = format!("GET /{}", "x".repeat(95));
        let longer = format!("{most}x HTTP/1.1\r\n");
        for (bytes, text) in [
            (&b""[..], ""),
            (b"\r\n\r\n", ""),
            (b"GET /path HTTP/1.1\r\nHost: x\r\n\r\n", "GET /path"),
            (b"\r\nPOST /a?token=secret HTTP/1.1\n", "POST /a"),
            (b"GET http://host/a?token=secret HTTP/1.1\r\n", "GET http://host/a"),
            (b"GET /par", "GET /par"),
            (b"GET", "GET"),
            (b"SSH-2.0-client x y\r\n", "SSH-2.0-client x"),
            (b"\x16\x03\x01\xff", "\x16\x03\x01\u{fffd}"),
            (most.as_bytes(), &most),
            (longer.as_bytes(), &format!("{most}…")),
        ] {
            assert_eq!(shown(bytes), text, "{}", bytes.escape_ascii());
        }
    }
}
