//! Certificates for tests of TLS, and a TLS client that trusts them. openssl makes them.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use futures_rustls::{
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    rustls::{
        ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
        crypto::ring, version,
    },
};
use tempfile::TempDir;

use super::Raw;

/// A connection with TLS whose every wait has an end.
pub type TlsStream = StreamOwned<ClientConnection, TcpStream>;

/// An authority, and a certificate that it has signed.
pub struct Certificates {
    folder: TempDir,
}

impl Certificates {
    /// Makes an authority, and a certificate for 127.0.0.1.
    pub fn make() -> Self {
        let certificates = Self { folder: tempfile::tempdir().unwrap() };
        let extensions = "basicConstraints=critical,CA:FALSE\nsubjectAltName=IP:127.0.0.1\n\
            keyUsage=critical,digitalSignature\nauthorityKeyIdentifier=keyid\n";
        fs::write(certificates.file("extensions"), extensions).unwrap();
        let new_key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        // Each has another name.
        let name = certificates.folder.path().file_name().unwrap().to_str().unwrap();
        certificates.openssl(&format!(
            "req -x509 {new_key} -keyout ca.key -out ca.pem -days 2 -subj /CN={name} \
             -addext keyUsage=critical,keyCertSign"
        ));
        certificates.renew();
        certificates
    }

    /// Replaces the certificate by a new one with a new key.
    pub fn renew(&self) {
        self.replace(
            "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
             -extfile extensions -out next.pem",
        );
    }

    /// Replaces the certificate by one that was valid years ago.
    pub fn expire(&self) {
        let config = "[ca]\ndefault_ca=own\n[own]\ndatabase=index\nnew_certs_dir=.\nrand_serial=yes\n\
            default_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n";
        fs::write(self.file("ca.config"), config).unwrap();
        fs::write(self.file("index"), "").unwrap();
        self.replace(
            "ca -batch -notext -config ca.config -cert ca.pem -keyfile ca.key -in request.pem \
             -startdate 20200101000000Z -enddate 20200102000000Z -extfile extensions -out next.pem",
        );
    }

    /// Replaces the certificate and its key. With these arguments, openssl signs the request.
    fn replace(&self, sign: &str) {
        self.openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout next.key \
             -out request.pem -subj /CN=footlight",
        );
        self.openssl(sign);
        for name in ["key", "pem"] {
            fs::rename(self.file(&format!("next.{name}")), self.file(&format!("cert.{name}")))
                .unwrap();
        }
    }

    /// Runs openssl in the folder of the certificates.
    pub fn openssl(&self, arguments: &str) {
        let mut openssl = Command::new("openssl");
        let output = openssl.args(arguments.split(' ')).current_dir(self.folder.path()).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// A file in the folder of the certificates.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The part of a listener's `config` that names the two files.
    pub fn config(&self) -> String {
        config(&self.file("cert.pem"), &self.file("cert.key"))
    }

    /// The certificate that a server should show now.
    pub fn current(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(self.file("cert.pem")).unwrap()
    }

    /// A client's configuration that trusts the authority.
    pub fn client(&self, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.file("ca.pem")).unwrap()).unwrap();
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth()
    }

    /// Connects. TLS begins with the first read or write.
    pub fn connect(&self, address: SocketAddr) -> TlsStream {
        self.connect_by(self.client(&[&version::TLS13, &version::TLS12]), address)
    }

    /// The same with another configuration.
    pub fn connect_by(&self, config: ClientConfig, address: SocketAddr) -> TlsStream {
        Self::around(config, Raw::connect(address).socket)
    }

    /// Puts TLS around a connection. TLS begins with the first read or write.
    pub fn over(&self, socket: TcpStream) -> TlsStream {
        Self::around(self.client(&[&version::TLS13]), socket)
    }

    /// The same with a configuration.
    fn around(config: ClientConfig, socket: TcpStream) -> TlsStream {
        let name = ServerName::from(socket.peer_addr().unwrap().ip());
        StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), socket)
    }
}

/// The part of a listener's `config` that names these two files.
pub fn config(cert: &Path, key: &Path) -> String {
    format!("tls = {{ cert = {cert:?}, key = {key:?} }}")
}
