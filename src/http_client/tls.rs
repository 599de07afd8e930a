//! TLS with a server. The roots are the system's, which the operator can change.

use std::{io, sync::Arc};

use futures_rustls::{
    TlsConnector,
    client::TlsStream,
    pki_types::ServerName,
    rustls::{CertificateError, ClientConfig, Error, RootCertStore, crypto::ring},
};
use smol::{lock::OnceCell, net::TcpStream, unblock};

use super::{failure::Failure, url::Host};

/// The most encrypted bytes that wait for the server to read them. One record has 16 KiB.
const MAX_WAITING: usize = 16 << 10;

/// Read at the first request, and then kept: reading a hundred certificates takes a board a while.
static CONFIG: OnceCell<Arc<ClientConfig>> = OnceCell::new();

/// Does the handshake. The server's certificate has to be for this host.
pub(super) async fn connect(
    host: &Host,
    socket: TcpStream,
) -> Result<TlsStream<TcpStream>, Failure> {
    let config = CONFIG.get_or_try_init(|| unblock(read_roots)).await?.clone();
    let name = match host {
        Host::Name(name) => ServerName::try_from(name.to_string()).map_err(|_| {
            Failure::failed(format!("no certificate can be for a host with the name {name}"))
        })?,
        Host::Address(address) => ServerName::IpAddress((*address).into()),
    };
    let connecting = TlsConnector::from(config)
        .connect_with(name, socket, |session| session.set_buffer_limit(Some(MAX_WAITING)));
    let failed = |error| Failure::failed(format!("TLS with {host}: {error}{}", advice(&error)));
    connecting.await.map_err(failed)
}

/// What to do if no known root has signed the certificate.
fn advice(error: &io::Error) -> &'static str {
    use CertificateError::{BadSignature, UnknownIssuer};
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(Error::InvalidCertificate(UnknownIssuer | BadSignature)) => {
            "; if its authority is your own, name a file with the authority's certificate in SSL_CERT_FILE"
        }
        _ => "",
    }
}

/// Reads the system's roots. `SSL_CERT_FILE` and `SSL_CERT_DIR` can name others.
fn read_roots() -> Result<Arc<ClientConfig>, Failure> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    // A root that is not understood is no root of any server that this host could ask.
    let (known, _) = roots.add_parsable_certificates(found.certs);
    if known == 0 {
        let why = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
        return Err(Failure::failed(format!(
            "the system has no root certificates; install `ca-certificates`, or name a file in \
             SSL_CERT_FILE{why}"
        )));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::failed(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
