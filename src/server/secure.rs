//! Turns an accepted socket into a client's stream: with TLS if the listener uses it.

use std::{net::SocketAddr, sync::Arc};

use super::{
    context::ServerContext, endpoint::Endpoint, error_response::ErrorResponse, places::Place,
    socket::Socket, stream::ClientStream,
};

/// The client's stream: the socket itself.
#[cfg(not(feature = "tls"))]
pub(crate) async fn secure(
    socket: Socket,
    _: SocketAddr,
    _: &Arc<Place>,
    _: &Endpoint,
    _: &ServerContext,
) -> Result<ClientStream, (ClientStream, Option<ErrorResponse>)> {
    Ok(ClientStream::Plain(socket))
}

/// The client's stream: the socket itself, or TLS if the listener uses it.
///
/// # Errors
/// The handshake failed. Returns the socket, and the answer for a client that does not speak TLS.
#[cfg(feature = "tls")]
pub(crate) async fn secure(
    socket: Socket,
    peer: SocketAddr,
    place: &Arc<Place>,
    endpoint: &Endpoint,
    context: &ServerContext,
) -> Result<ClientStream, (ClientStream, Option<ErrorResponse>)> {
    use log::Level;

    use super::tls::TlsFailure;

    let Some(tls) = &endpoint.tls else { return Ok(ClientStream::Plain(socket)) };
    tls.accept(socket, Arc::downgrade(place), &context.actor.lines).await.map_err(|failure| {
        match failure {
            TlsFailure::NotTls(socket) => {
                let refusal = ErrorResponse::Bad("this port speaks TLS: write wss:// or https://");
                (ClientStream::Plain(socket), Some(refusal))
            }
            TlsFailure::Failed(socket, error) => {
                context.actor.stats.tls_failures.add(1);
                context.actor.lines.host(
                    Level::Info,
                    None,
                    format_args!("{peer} gets no TLS: {error}"),
                );
                (ClientStream::Plain(socket), None)
            }
        }
    })
}
