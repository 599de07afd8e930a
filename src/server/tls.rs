//! TLS for a listener (RFC 8446, and RFC 5246 for older clients). Its certificate can be renewed
//! while the host runs.

use std::{
    fmt, fs, io,
    os::unix::fs::MetadataExt as _,
    path::Path,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use futures_rustls::{
    TlsAcceptor,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
    rustls::{
        Error, InconsistentKeys, ServerConfig,
        crypto::{CryptoProvider, ring},
        server::{ClientHello, NoServerSessionStorage, ResolvesServerCert},
        sign::CertifiedKey,
    },
};
use log::Level;
use smol::unblock;

mod error;

pub(crate) use error::TlsError;

use super::config::TlsFiles;
use super::{places::Place, socket::Socket, stream::ClientStream, watched::Watched};
use crate::{lock::Lock, logger::ActorLog, regular};

/// The minimum time between two checks of the files.
const LOOK: Duration = Duration::from_secs(1);
/// The maximum size of a file, in bytes. A certificate chain has a few KB.
const MAX_BYTES: usize = 256 << 10;
/// The most encrypted bytes that wait for a client to read them. One record has 16 KiB.
const MAX_WAITING: usize = 16 << 10;
/// The first byte that a TLS client sends (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;

/// TLS for one listener.
pub(crate) struct Tls {
    /// Does the handshake.
    acceptor: TlsAcceptor,
    /// The certificate, which is also part of the acceptor. Kept to renew it.
    current: Arc<Current>,
}

/// The current certificate and its files.
struct Current {
    /// Where a renewed certificate is read from.
    files: TlsFiles,
    /// Loads keys.
    provider: Arc<CryptoProvider>,
    inner: Lock<Loaded>,
}

/// The content of the files.
struct Loaded {
    /// What new connections get.
    key: Arc<CertifiedKey>,
    /// Identifies the files as last read, even if that failed. So a broken file is reported once.
    stamp: Stamp,
    /// When the files were last checked; `None` during a check. So an SD card that does not answer
    /// blocks one thread, and not one more each second.
    looked: Option<Instant>,
}

/// Identifies the content of both files: inode and change time, which also differ after a change of
/// permissions. `None` for a missing file.
type Stamp = [Option<(u64, i64, i64)>; 2];

/// Why a client's TLS handshake failed.
#[derive(Debug)]
pub(crate) enum TlsFailure {
    /// The client does not speak TLS. Its connection, for an answer.
    NotTls(Socket),
    /// The handshake or the connection failed. The client was sent an alert if possible, and should
    /// get the chance to read it.
    Failed(Socket, io::Error),
}

impl Tls {
    /// Loads the certificate and its key.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub(crate) fn load(files: &TlsFiles) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        // Taken before the files are read, so that the next check notices a change in between.
        let stamp = stamp(files);
        let key = Arc::new(read(files, &provider)?);
        let inner = Lock::new(Loaded { key, stamp, looked: Some(Instant::now()) });
        let current = Arc::new(Current { files: files.clone(), provider, inner });
        let failed = |error| TlsError::Certificate { file: files.cert.clone(), error };
        let mut config = ServerConfig::builder_with_provider(current.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_no_client_auth()
            .with_cert_resolver(current.clone());
        // Clients keep the state that shortens their next handshake, so the host stores none.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.ticketer = ring::Ticketer::new().map_err(failed)?;
        // WebSockets use HTTP/1.1. A client that only offers other protocols gets an alert.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), current })
    }

    /// Does the handshake with a client. It checks the files first: after a long idle time, the
    /// next client must not see an expired certificate. `place` gets the progress.
    ///
    /// # Errors
    /// See [`TlsFailure`].
    pub(crate) async fn accept(
        &self,
        socket: Socket,
        place: Weak<Place>,
        lines: &Arc<ActorLog>,
    ) -> Result<ClientStream, TlsFailure> {
        let mut first = [0];
        match socket.peek(&mut first).await {
            Ok(1..) if first != [HANDSHAKE] => return Err(TlsFailure::NotTls(socket)),
            Ok(_) => {}
            Err(error) => return Err(TlsFailure::Failed(socket, error)),
        }
        if let Some(look) = Look::if_due(&self.current) {
            let lines = lines.clone();
            unblock(move || look.0.renew(&lines)).await;
        }
        let accept = self.acceptor.accept_with(Watched { socket, place }, |session| {
            session.set_buffer_limit(Some(MAX_WAITING))
        });
        // Boxed, because the state of a handshake is large.
        match Box::pin(accept.into_fallible()).await {
            Ok(stream) => Ok(ClientStream::Tls(Box::new(stream))),
            Err((error, watched)) => Err(TlsFailure::Failed(watched.socket, error)),
        }
    }
}

/// A check of the files. Ends when it is dropped, even if its task was cancelled.
struct Look(Arc<Current>);

impl Look {
    /// Starts a check if one is due and none is running.
    fn if_due(current: &Arc<Current>) -> Option<Self> {
        let mut inner = current.inner.lock();
        inner.looked.take_if(|looked| looked.elapsed() >= LOOK)?;
        Some(Self(current.clone()))
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        self.0.inner.lock().looked = Some(Instant::now());
    }
}

impl Current {
    /// Loads the files if they have changed. If they don't work, for instance because only one has
    /// been renewed yet, it logs that and waits for the next change.
    fn renew(&self, lines: &ActorLog) {
        let found = stamp(&self.files);
        if std::mem::replace(&mut self.inner.lock().stamp, found) == found {
            return;
        }
        match read(&self.files, &self.provider) {
            Ok(key) => {
                self.inner.lock().key = Arc::new(key);
                let cert = self.files.cert.display();
                lines.host(Level::Info, None, format_args!("{cert}: read again: it has changed"));
            }
            Err(error) => {
                let text = format_args!("{error}; the certificate from before is kept");
                lines.host(Level::Warn, None, text);
            }
        }
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.inner.lock().key.clone())
    }
}

/// Identifies the current content of the files.
fn stamp(files: &TlsFiles) -> Stamp {
    [&files.cert, &files.key].map(|file| {
        let metadata = fs::metadata(file).ok()?;
        Some((metadata.ino(), metadata.ctime(), metadata.ctime_nsec()))
    })
}

/// Loads the certificate and its key, and checks that they belong together.
fn read(files: &TlsFiles, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let TlsFiles { cert, key } = files;
    let chain: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&bytes(cert)?).collect();
    let chain = match chain {
        Ok(chain) if chain.is_empty() => Err(pem::Error::NoItemsFound),
        chain => chain,
    };
    let chain = chain.map_err(|error| TlsError::NoCertificate { file: cert.clone(), error })?;
    let der = PrivateKeyDer::from_pem_slice(&bytes(key)?);
    let der = der.map_err(|error| TlsError::NoKey { file: key.clone(), error })?;
    let signing = provider.key_provider.load_private_key(der);
    let signing = signing.map_err(|error| TlsError::Key { file: key.clone(), error })?;
    let key = CertifiedKey::new(chain, signing);
    match key.keys_match() {
        Ok(()) => Ok(key),
        Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
            Err(TlsError::Mismatch { files: files.clone() })
        }
        Err(error) => Err(TlsError::Certificate { file: cert.clone(), error }),
    }
}

/// A file's content, up to the maximum size.
fn bytes(file: &Path) -> Result<Vec<u8>, TlsError> {
    regular::read(file, MAX_BYTES).map_err(|error| TlsError::Io { file: file.into(), error })
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tls").field(&self.current.files).finish()
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Current").field(&self.files).finish()
    }
}
