//! A connection to a server, with or without TLS.

use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use smol::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use super::{failure::Failure, url::Host};
use crate::deadline::within;

/// A connection to a server.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Connects to the first of these addresses of a host that can be reached. `deadline` is that of the whole
/// request. No address gets more than a fair part of the time that is left.
pub(crate) async fn connect(
    (host, port): (&Host, u16),
    is_tls: bool,
    addresses: &[IpAddr],
    deadline: Instant,
) -> Result<Box<dyn Stream>, Failure> {
    let mut failure = Failure::failed("there is no address");
    for (index, address) in addresses.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let parts = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        let part = left.checked_div(parts).unwrap_or(Duration::ZERO);
        let address = SocketAddr::new(*address, port);
        failure = match within(part, TcpStream::connect(address)).await {
            Some(Ok(socket)) => {
                // An answer is not late because the request waits for more of itself.
                let _ = socket.set_nodelay(true);
                return if is_tls { tls(host, socket).await } else { Ok(Box::new(socket)) };
            }
            Some(Err(error)) => Failure::failed(format!("can't connect to {address}: {error}")),
            None => Failure::failed(format!("{address} does not answer")),
        };
    }
    Err(failure)
}

/// Does the TLS handshake.
#[cfg(feature = "tls")]
async fn tls(host: &Host, socket: TcpStream) -> Result<Box<dyn Stream>, Failure> {
    let stream = super::tls::connect(host, socket).await?;
    Ok(Box::new(stream))
}

/// Refuses TLS, which this build does not have.
#[cfg(not(feature = "tls"))]
async fn tls(_: &Host, _: TcpStream) -> Result<Box<dyn Stream>, Failure> {
    Err(Failure::failed("this footlight was built without TLS; build it with `--features tls`"))
}
