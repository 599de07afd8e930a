//! Why a listener's certificate can't be used.

use std::{fmt, path::PathBuf};

use futures_rustls::{pki_types::pem, rustls::Error};

use crate::{regular::Unread, server::config::TlsFiles};

/// Why a listener's certificate can't be used. The operator's fault.
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// A file can't be read.
    Io {
        /// The file that the manifest names.
        file: PathBuf,
        /// From the system.
        error: Unread,
    },
    /// The file contains no certificate, or is not valid PEM.
    NoCertificate {
        /// The file that the manifest names as `cert`.
        file: PathBuf,
        /// What is wrong with its text.
        error: pem::Error,
    },
    /// The file contains no private key, or is not valid PEM.
    NoKey {
        /// The file that the manifest names as `key`.
        file: PathBuf,
        /// What is wrong with its text.
        error: pem::Error,
    },
    /// The key can't be used.
    Key {
        /// The file that the manifest names as `key`.
        file: PathBuf,
        /// From the crypto library.
        error: Error,
    },
    /// The certificate can't be used.
    Certificate {
        /// The file that the manifest names as `cert`.
        file: PathBuf,
        /// From the crypto library.
        error: Error,
    },
    /// The key does not belong to the certificate.
    Mismatch {
        /// Both are named, because either may be the wrong one.
        files: TlsFiles,
    },
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
            Self::NoCertificate { file, error } => write!(
                f,
                "{}: holds no certificate{}; `tls.cert` must name a PEM file with the listener's \
                 certificate, and those that lead to its authority's after it (`fullchain.pem`)",
                file.display(),
                pem_problem(error)
            ),
            Self::NoKey { file, error } => write!(
                f,
                "{}: holds no private key{}; `tls.key` must name a PEM file with one that is not \
                 encrypted (`openssl pkey -in FILE -out NEW` takes its passphrase off)",
                file.display(),
                pem_problem(error)
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

/// The problem with a PEM file, in parentheses; empty if it just lacks the item. For two errors,
/// the library would print bytes as numbers, so they get a text here.
fn pem_problem(error: &pem::Error) -> String {
    match error {
        pem::Error::NoItemsFound => String::new(),
        pem::Error::MissingSectionEnd { .. } => " (an END line is missing)".into(),
        pem::Error::IllegalSectionStart { .. } => " (a BEGIN line is malformed)".into(),
        error => format!(" ({error})"),
    }
}

impl std::error::Error for TlsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            Self::NoCertificate { error, .. } | Self::NoKey { error, .. } => Some(error),
            Self::Key { error, .. } | Self::Certificate { error, .. } => Some(error),
            Self::Mismatch { .. } => None,
        }
    }
}
