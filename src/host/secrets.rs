//! The files with secrets that manifests name: tokens, and keys of TLS.

use std::path::PathBuf;

use crate::{
    manifest::{Handler, Manifest},
    server::config::Listener,
};

/// The files with secrets of all manifests.
pub(super) fn secrets(manifests: &[Manifest]) -> impl Iterator<Item = &PathBuf> {
    manifests.iter().flat_map(secrets_of).map(|(_, secret)| secret)
}

/// The files with secrets of a manifest, with their keys.
pub(super) fn secrets_of(manifest: &Manifest) -> impl Iterator<Item = (&'static str, &PathBuf)> {
    listeners(manifest).flat_map(|listener| {
        let token = listener.token_file.iter().map(|file| ("`token_file`", file));
        token.chain(listener.tls.iter().map(|files| ("`key` of `tls`", &files.key)))
    })
}

/// The listeners of a manifest.
pub(super) fn listeners(manifest: &Manifest) -> impl Iterator<Item = &Listener> {
    manifest.handlers.iter().flat_map(|handler| match handler {
        Handler::WebSocketServer(config) => config.listeners.as_slice(),
        Handler::Filesystem(_) | Handler::HttpClient(_) => &[],
    })
}
