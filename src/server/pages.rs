//! The answers to plain HTTP requests, on the port of the WebSocket.

use std::{
    io,
    pin::pin,
    sync::{Arc, OnceLock},
};

use rustix::net::sockopt::set_socket_send_buffer_size;
use smol::{
    future::{FutureExt as _, poll_once},
    io::AsyncWriteExt as _,
};

use super::{
    addresses::Network,
    context::ServerContext,
    decision::Page,
    endpoint::Endpoint,
    error_response::ErrorResponse,
    metrics,
    places::Place,
    static_files::{self, Found},
    stream::ClientStream,
};

/// A page on which a person can talk to the actor.
const CONSOLE: &str = include_str!("console.html");

/// Lets the console page run its own script and open WebSockets, and nothing else.
const CONSOLE_FIELDS: &str = "Content-Security-Policy: default-src 'none'; \
     style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self' ws: wss:; \
     img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n";

/// What follows the head.
enum Body {
    /// Made for this request.
    Text(String),
    Static(&'static str),
    /// A file. The answer has this many of its bytes, even if the file grows meanwhile.
    File(std::fs::File, u64),
}

/// Answers a request for a page. A file first waits for a place among the downloads. Any other page
/// needs a place only if it does not fit into the kernel's send buffer. So a host that is busy with
/// downloads still answers `/healthz` and `/metrics`.
///
/// # Errors
/// The outer error: the request is refused. The inner error: the socket or the file failed, or the
/// download was evicted.
pub(crate) async fn answer(
    stream: &mut ClientStream,
    page: Page,
    head_only: bool,
    network: Option<Network>,
    endpoint: &Arc<Endpoint>,
    context: &ServerContext,
) -> Result<io::Result<()>, ErrorResponse> {
    let enter = || context.admission.downloads.enter(network);
    let place = OnceLock::new();
    let (head, body) = match page {
        Page::Health => {
            if let Some(why) = context.actor.unavailable() {
                return Err(ErrorResponse::Unavailable(why));
            }
            text("text/plain; charset=utf-8", "ok\n".into())
        }
        Page::Metrics => text("text/plain; version=0.0.4; charset=utf-8", metrics::text(context)),
        Page::Console => console(),
        Page::File { path, if_none_match } => {
            let claimed =
                enter().ok_or(ErrorResponse::Unavailable("too many files are being sent"))?;
            place.get_or_init(|| claimed).acquired().await;
            let is_root = path.is_empty();
            match static_files::find(
                endpoint.clone(),
                path,
                if_none_match,
                context.actor.limits.get(|limits| limits.file),
            )
            .await
            {
                Ok(found) => describe(found),
                Err(ErrorResponse::NotFound { .. }) if is_root && endpoint.console => console(),
                Err(refusal) => return Err(refusal),
            }
        }
    };
    context.actor.stats.pages.add(1);
    if matches!(body, Body::File(_, len) if len > static_files::SEND_BUFFER as u64) {
        // If this fails, the kernel keeps more of the file in memory.
        let _ = set_socket_send_buffer_size(stream.socket().get_ref(), static_files::SEND_BUFFER);
    }
    let progress = |bytes| {
        if let Some(place) = place.get() {
            Place::progress(place, bytes);
        }
    };
    let mut send = pin!(async {
        stream.write_all(head.as_bytes()).await?;
        match body {
            _ if head_only => {}
            Body::Text(text) => stream.write_all(text.as_bytes()).await?,
            Body::Static(text) => stream.write_all(text.as_bytes()).await?,
            Body::File(file, len) => static_files::send(stream, file, len, progress).await?,
        }
        stream.flush().await?;
        // The answer includes the end of the stream, so that needs room as well. A client that
        // closes earlier has what it wants.
        let _ = stream.close().await;
        Ok(())
    });
    let place = match place.get() {
        Some(place) => place,
        None => {
            if let Some(sent) = poll_once(send.as_mut()).await {
                return Ok(sent);
            }
            // It has begun to send, so it is broken off if no place is free.
            let Some(claimed) = enter() else { return Ok(Err(io::ErrorKind::TimedOut.into())) };
            place.get_or_init(|| claimed)
        }
    };
    let evicted = async {
        place.evicted().await;
        Err(io::ErrorKind::TimedOut.into())
    };
    Ok(send.or(evicted).await)
}

/// The console page.
fn console() -> (String, Body) {
    let ty = "text/html; charset=utf-8";
    (head("200 OK", &typed(ty, CONSOLE.len(), CONSOLE_FIELDS)), Body::Static(CONSOLE))
}

/// A text made for this request.
fn text(ty: &str, text: String) -> (String, Body) {
    (head("200 OK", &typed(ty, text.len(), "")), Body::Text(text))
}

/// The response for a file or folder that was found.
fn describe(found: Found) -> (String, Body) {
    match found {
        Found::File { file, len, tag, ty } => {
            let fields = format!("ETag: {tag}\r\n");
            (head("200 OK", &typed(ty, len, &fields)), Body::File(file, len))
        }
        Found::NotModified(tag) => {
            (head("304 Not Modified", &format!("ETag: {tag}\r\n")), Body::Static(""))
        }
        Found::Folder(path) => {
            // The path is absolute, so the redirect can't lead to another host.
            let encoded = path.split('/').map(encode).collect::<Vec<_>>().join("/");
            let fields = format!("Location: /{encoded}\r\nContent-Length: 0\r\n");
            (head("301 Moved Permanently", &fields), Body::Static(""))
        }
    }
}

/// Percent-encodes a part of a path.
fn encode(part: &str) -> String {
    percent_encoding::utf8_percent_encode(part, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The header fields of a response with a body.
fn typed(ty: &str, len: impl std::fmt::Display, more: &str) -> String {
    format!("Content-Type: {ty}\r\nContent-Length: {len}\r\n{more}")
}

/// A response's head. The connection closes after every response, and a browser revalidates its
/// cache before it shows a copy.
fn head(status: &str, fields: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{fields}Cache-Control: no-cache\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
}
