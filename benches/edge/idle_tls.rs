//! The memory of TLS connections without traffic. `openssl` makes the certificate.

use std::{net::TcpStream, process::Command, sync::Arc};

use async_tungstenite::tungstenite::{self, Message, WebSocket};
use futures_rustls::{
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::ring},
};
use smol::block_on;

use super::common::{
    Result,
    arguments::Arguments,
    process,
    server::{Actor, Server},
};

/// The number of connections before the first look at the memory.
const FIRST: usize = 50;

/// Opens the connections.
pub(crate) fn measure(arguments: &Arguments) -> Result<()> {
    let connections: usize = arguments.number("connections", 2_000, 100)?;
    process::allow_descriptors(connections + 200)?;
    let folder = tempfile::tempdir()?;
    let arguments = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=x \
                     -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
                     -keyout key.pem -out cert.pem";
    let mut openssl = Command::new("openssl");
    let made = openssl.args(arguments.split_whitespace()).current_dir(folder.path()).output()?;
    if !made.status.success() {
        return Err(String::from_utf8_lossy(&made.stderr).into());
    }
    let [cert, key] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    let actor = Actor::echo()
        .limit("connections", connections + FIRST)
        .config(&format!("tls = {{ cert = {cert:?}, key = {key:?} }}"));
    let server = Server::start(&[actor])?;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&cert)?)?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = Arc::new(config);
    let open = || {
        let socket = TcpStream::connect(server.address("echo"))?;
        open(socket, config.clone(), server.url("echo"))
    };
    let watch = server.watch();
    let first: Result<Vec<_>> = (0..FIRST).map(|_| open()).collect();
    block_on(watch.wait_for_rest())?;
    let before = watch.memory()?;
    let clients: Result<Vec<_>> = (0..connections).map(|_| open()).collect();
    block_on(watch.wait_for_rest())?;
    let held = watch.memory()?.saturating_sub(before) / u64::try_from(connections)?;
    println!("{connections} connections with TLS: {held} bytes each");
    drop((first?, clients?));
    Ok(())
}

/// A client that has had one text echoed.
fn open(
    socket: TcpStream,
    config: Arc<ClientConfig>,
    url: &str,
) -> Result<WebSocket<StreamOwned<ClientConnection, TcpStream>>> {
    socket.set_nodelay(true)?;
    let name = ServerName::from(socket.peer_addr()?.ip());
    let stream = StreamOwned::new(ClientConnection::new(config, name)?, socket);
    let (mut client, _) = tungstenite::client(url, stream)?;
    client
        .send(Message::text("a text of some length, which is echoed once and then never again"))?;
    client.read()?;
    Ok(client)
}
