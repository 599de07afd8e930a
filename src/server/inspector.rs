//! What an inspector gets: the script of its page, and the stream of what an actor does.

use std::{io, time::Duration};

use rustix::net::sockopt::set_socket_send_buffer_size;
use smol::{Timer, future::FutureExt as _, io::AsyncReadExt as _};

use super::{
    context::ServerContext,
    error_response::ErrorResponse,
    framing::RequestMeta,
    inspecting::Inspecting,
    own_pages,
    response::{Body, Response},
    sending::SEND_BUFFER,
    stream::ClientStream,
};
use crate::{deadline::within, exchange::Command, inspection::inspector::Inspector};

/// Tells an inspector that there are too many.
const TOO_MANY: &str = "8 pages inspect actors of this host already; close one";

/// How long to wait after each text that is sent. What happens meanwhile is sent together, and the actor
/// shows itself no more often.
const PAUSE: Duration = Duration::from_millis(200);
/// How long nothing may be sent. A router might forget a connection that is quiet.
const QUIET: Duration = Duration::from_secs(15);
/// A line that a page ignores.
const COMMENT: &str = ":\n\n";
/// How long an inspector may take for one text.
const SLOWEST: Duration = Duration::from_secs(30);

/// The response for an inspector. A stream is sent by [`send`].
///
/// # Errors
/// There are too many inspectors.
pub(super) fn response(
    asked: Inspecting,
    context: &ServerContext,
) -> Result<Response, ErrorResponse> {
    if asked == Inspecting::Stream {
        let inspection = context.actor.lines.inspection();
        let inspector = inspection.and_then(Inspector::new);
        let inspector = inspector.ok_or(ErrorResponse::Unavailable(TOO_MANY))?;
        let response = Response::new(200).field("Content-Type", "text/event-stream");
        return Ok(response.body(Body::Stream(Box::new(inspector))));
    }
    Ok(own_pages::inspector())
}

/// What happens next.
enum Next {
    /// This is to be sent.
    Text(String),
    /// The inspector or the host is gone.
    End,
}

/// Sends a response with [`Body::Stream`], until the inspector closes the connection or is too slow, or
/// the host stops. Returns false, since the connection can't be used any more.
pub(super) async fn send(
    stream: &mut ClientStream,
    response: Response,
    meta: &RequestMeta,
    context: &ServerContext,
) -> bool {
    // If this fails, the kernel keeps more of what a slow inspector has not read.
    let _ = set_socket_send_buffer_size(stream.socket().get_ref(), SEND_BUFFER);
    let (head, rest) = response.into_parts(meta, context.world.since_1970());
    if !matches!(within(SLOWEST, stream.send(&head)).await, Some(Ok(()))) {
        return false;
    }
    let Some(Body::Stream(mut inspector)) = rest else { return false };
    loop {
        inspector.ask(|| context.actor.control.send(Command::Show).is_ok());
        let text = async { Next::Text(inspector.next().await) };
        let quiet = async {
            Timer::after(QUIET).await;
            Next::Text(COMMENT.into())
        };
        let stopped = async {
            context.stopped().await;
            Next::End
        };
        let next = stopped.or(gone(stream)).or(text).or(quiet).await;
        let Next::Text(text) = next else { return false };
        if !matches!(within(SLOWEST, stream.send(text.as_bytes())).await, Some(Ok(()))) {
            return false;
        }
        Timer::after(PAUSE).await;
    }
}

/// Waits until the inspector closes the connection. It has nothing more to say, so that ends it too.
async fn gone(stream: &mut ClientStream) -> Next {
    let _: io::Result<usize> = stream.read(&mut [0]).await;
    Next::End
}
