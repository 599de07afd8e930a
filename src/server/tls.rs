//! TLS at a listener (RFC 8446, and RFC 5246 for older clients), with a certificate that may be
//! renewed while the host runs.

use std::{
    fmt, fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
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

use super::config::TlsFiles;
use super::{places::Place, socket::Socket, stream::ClientStream, watched::Watched};
use crate::{lock::Lock, logger::ActorLog, regular};

/// How often, at most, the files are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// The most bytes of a file: a chain of certificates has a few KB.
const MAX_BYTES: usize = 256 << 10;
/// The most bytes that wait, encrypted, for a client to take them. One record has 16 KiB.
const MAX_WAITING: usize = 16 << 10;
/// The first byte of what a TLS client sends (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;

/// TLS at one listener.
pub struct Tls {
    /// What is offered to clients.
    acceptor: TlsAcceptor,
    /// The certificate.
    current: Arc<Current>,
}

/// The certificate that clients are shown, and where it comes from.
struct Current {
    /// The files.
    files: TlsFiles,
    /// What makes signatures.
    provider: Arc<CryptoProvider>,
    /// What is behind the lock, which is never held while anything waits.
    inner: Lock<Loaded>,
}

/// What was in the files.
struct Loaded {
    /// The certificate and its key.
    key: Arc<CertifiedKey>,
    /// What the files were like when they were last read, whatever came of it.
    stamp: Stamp,
    /// When they were last looked at. `None` while that is being done: a card that does not answer
    /// takes one thread, not one more each second.
    looked: Option<Instant>,
}

/// What tells each of the files from a later one of the same name, and from itself before its
/// rights were changed: its inode, and when that was changed. `None` if there is no file.
type Stamp = [Option<(u64, i64, i64)>; 2];

/// Why a client gets no TLS.
#[derive(Debug)]
pub enum TlsFailure {
    /// It speaks something else. Its connection, for an answer.
    NotTls(Socket),
    /// The handshake failed, or the connection did. The client has been sent an alert, if that
    /// was possible, and should get to read it.
    Failed(Socket, io::Error),
}

/// Why there is no certificate. The operator's fault.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub enum TlsError {
    /// A file can't be read.
    Io {
        /// The file.
        file: PathBuf,
        /// Why.
        error: String,
    },
    /// There is no certificate in its file, or it is broken.
    NoCertificate {
        /// The file.
        file: PathBuf,
    },
    /// There is no key in its file, or it is broken.
    NoKey {
        /// The file.
        file: PathBuf,
    },
    /// The key can't be used.
    Key {
        /// Its file.
        file: PathBuf,
        /// Why.
        error: Error,
    },
    /// The certificate can't be used.
    Certificate {
        /// Its file.
        file: PathBuf,
        /// Why.
        error: Error,
    },
    /// The key belongs to another certificate.
    Mismatch {
        /// The certificate's file and the key's.
        files: TlsFiles,
    },
}

impl Tls {
    /// Reads the certificate and its key.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn load(files: &TlsFiles) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        // Before they are read: what changes meanwhile is noticed at the next look.
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
        // Clients that come back keep what the next handshake is shortened with; the host keeps
        // nothing of them.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.ticketer = ring::Ticketer::new().map_err(failed)?;
        // WebSockets are asked for in HTTP/1.1. Who wants another protocol is told so.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), current })
    }

    /// Does the handshake with a client. The files are looked at first, so that a host that was
    /// left alone for long does not show an old certificate to the client that ends its rest.
    /// `place` is told of the bytes that come.
    ///
    /// # Errors
    /// See [`TlsFailure`].
    pub async fn accept(
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
        // Boxed, since a connection that is being made has large parts.
        match Box::pin(accept.into_fallible()).await {
            Ok(stream) => Ok(ClientStream::Tls(Box::new(stream))),
            Err((error, watched)) => Err(TlsFailure::Failed(watched.socket, error)),
        }
    }
}

/// A look at the files. It is over when this is dropped, also because nobody waits for it any more.
struct Look(Arc<Current>);

impl Look {
    /// One, if they should be looked at now and nobody does.
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
    /// Reads the files if they have changed. If they can't be used, as when one of the two is
    /// still to be renewed, that is told, and the next change waited for.
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

/// What the files are like now.
fn stamp(files: &TlsFiles) -> Stamp {
    [&files.cert, &files.key].map(|file| {
        let metadata = fs::metadata(file).ok()?;
        Some((metadata.ino(), metadata.ctime(), metadata.ctime_nsec()))
    })
}

/// Reads the certificate and its key, and sees whether they belong together.
fn read(files: &TlsFiles, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let TlsFiles { cert, key } = files;
    let chain: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&bytes(cert)?).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| TlsError::NoCertificate { file: cert.clone() })?;
    let der = PrivateKeyDer::from_pem_slice(&bytes(key)?);
    let der = der.map_err(|_| TlsError::NoKey { file: key.clone() })?;
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

/// A file's content, up to a bound.
fn bytes(file: &Path) -> Result<Vec<u8>, TlsError> {
    regular::read(file, MAX_BYTES)
        .map_err(|error| TlsError::Io { file: file.into(), error: error.to_string() })
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

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { file, error } => write!(
                f,
                "{}: cannot be read: {error}; `tls` must name two files that this user may read, \
                 relative to their manifest",
                file.display()
            ),
            Self::NoCertificate { file } => write!(
                f,
                "{}: holds no certificate; `tls.cert` must name a PEM file with the listener's \
                 certificate, and those that lead to its authority's after it (`fullchain.pem`)",
                file.display()
            ),
            Self::NoKey { file } => write!(
                f,
                "{}: holds no private key; `tls.key` must name a PEM file with one that is not \
                 encrypted (`openssl pkey -in FILE -out NEW` takes its passphrase off)",
                file.display()
            ),
            Self::Key { file, error } => write!(
                f,
                "{}: the key cannot be used: {error}; make it ECDSA on P-256 or P-384, Ed25519, \
                 or RSA of 2048 to 8192 bits",
                file.display()
            ),
            Self::Certificate { file, error } => write!(
                f,
                "{}: the certificate cannot be used: {error}; it must be of X.509, version 3",
                file.display()
            ),
            Self::Mismatch { files } => write!(
                f,
                "{}: the key is not the one of the certificate in {}; name two files that were \
                 made together, and the listener's own certificate first in its file",
                files.key.display(),
                files.cert.display()
            ),
        }
    }
}

impl std::error::Error for TlsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Key { error, .. } | Self::Certificate { error, .. } => Some(error),
            Self::Io { .. }
            | Self::NoCertificate { .. }
            | Self::NoKey { .. }
            | Self::Mismatch { .. } => None,
        }
    }
}
