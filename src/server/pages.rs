//! Answers to plain HTTP requests, on the port of the WebSocket.

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
    endpoint::Endpoint,
    error_response::ErrorResponse,
    metrics,
    places::Place,
    request_head::Page,
    static_files::{self, Found},
    stream::ClientStream,
};

/// The page from which a person talks to the actor.
const CONSOLE: &str = include_str!("console.html");

/// What the console page may do: run what is in it, and open sockets.
const CONSOLE_FIELDS: &str = "Content-Security-Policy: default-src 'none'; \
     style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self' ws: wss:; \
     img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n";

/// What is to be sent after the head.
enum Body {
    /// This text.
    Text(String),
    /// This text, which is always the same.
    Static(&'static str),
    /// This many bytes of a file.
    File(std::fs::File, u64),
}

/// Answers a request for a page. A file has to have a place among the downloads, for which it waits;
/// all else only where it does not fit into what the kernel keeps for the client, so that a host
/// that is busy with downloads still says how it is.
///
/// # Errors
/// Outside: the request is refused. Inside: the socket or a file failed on the way, or the place
/// was lost.
pub async fn answer(
    stream: &mut ClientStream,
    page: Page,
    head_only: bool,
    network: Option<Network>,
    endpoint: &Arc<Endpoint>,
    context: &ServerContext,
) -> Result<io::Result<()>, ErrorResponse> {
    let enter = || context.door.downloads.enter(network);
    let place = OnceLock::new();
    let (head, body) = match page {
        Page::Health => {
            if let Some(why) = context.connections.trouble() {
                return Err(ErrorResponse::Unavailable(why));
            }
            text("text/plain; charset=utf-8", "ok\n".into())
        }
        Page::Metrics => text("text/plain; version=0.0.4; charset=utf-8", metrics::text(context)),
        Page::Console => console(),
        Page::File { path, known } => {
            let claimed =
                enter().ok_or(ErrorResponse::Unavailable("too many files are being sent"))?;
            place.get_or_init(|| claimed).begun().await;
            let is_root = path.is_empty();
            match static_files::find(endpoint.clone(), path, known, context.limits.file).await {
                Ok(found) => describe(found),
                Err(ErrorResponse::NotFound { .. }) if is_root && endpoint.console => console(),
                Err(refusal) => return Err(refusal),
            }
        }
    };
    context.stats.pages.add(1);
    if matches!(body, Body::File(_, len) if len > static_files::SEND_BUFFER as u64) {
        // Where it fails, more of the file is in memory.
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
        // Also the end belongs to the answer: there has to be room for it. A client that does not
        // wait for it has what it wants.
        let _ = stream.close().await;
        Ok(())
    });
    let place = match place.get() {
        Some(place) => place,
        None => {
            if let Some(sent) = poll_once(send.as_mut()).await {
                return Ok(sent);
            }
            // It has begun to send, and does not wait for its place.
            let Some(claimed) = enter() else { return Ok(Err(io::ErrorKind::TimedOut.into())) };
            place.get_or_init(|| claimed)
        }
    };
    let lost = async {
        place.lost().await;
        Err(io::ErrorKind::TimedOut.into())
    };
    Ok(send.or(lost).await)
}

/// The console page.
fn console() -> (String, Body) {
    let ty = "text/html; charset=utf-8";
    (head("200 OK", &typed(ty, CONSOLE.len(), CONSOLE_FIELDS)), Body::Static(CONSOLE))
}

/// A text that was made for this request.
fn text(ty: &str, text: String) -> (String, Body) {
    (head("200 OK", &typed(ty, text.len(), "")), Body::Text(text))
}

/// What was found in the `static` folder.
fn describe(found: Found) -> (String, Body) {
    match found {
        Found::File { file, len, tag, ty } => {
            let fields = format!("ETag: {tag}\r\n");
            (head("200 OK", &typed(ty, len, &fields)), Body::File(file, len))
        }
        Found::Known(tag) => {
            (head("304 Not Modified", &format!("ETag: {tag}\r\n")), Body::Static(""))
        }
        Found::Folder(path) => {
            // The path is absolute on this host: it can't lead to another.
            let encoded = path.split('/').map(encode).collect::<Vec<_>>().join("/");
            let fields = format!("Location: /{encoded}\r\nContent-Length: 0\r\n");
            (head("301 Moved Permanently", &fields), Body::Static(""))
        }
    }
}

/// A part of a path, as it stands in a URL.
fn encode(part: &str) -> String {
    percent_encoding::utf8_percent_encode(part, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The fields of an answer with a body.
fn typed(ty: &str, len: impl std::fmt::Display, more: &str) -> String {
    format!("Content-Type: {ty}\r\nContent-Length: {len}\r\n{more}")
}

/// An answer's head. The connection ends after every answer, and a browser asks again before
/// it shows what it has kept.
fn head(status: &str, fields: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{fields}Cache-Control: no-cache\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
}
