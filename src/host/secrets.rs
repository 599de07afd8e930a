//! The files with secrets that manifests name: tokens, keys of TLS, and credentials for brokers.

use std::{path::PathBuf, sync::Arc};

use crate::manifest::Manifest;

/// The files with secrets of all manifests.
pub(super) fn secrets<'m>(manifests: impl Iterator<Item = &'m Manifest>) -> Arc<[PathBuf]> {
    let mut all = Vec::new();
    for manifest in manifests {
        all.extend(secrets_of(manifest).into_iter().map(|(_, secret)| secret.clone()));
    }
    all.into()
}

/// The files with secrets of a manifest, with their keys.
pub(super) fn secrets_of(manifest: &Manifest) -> Vec<(&'static str, &PathBuf)> {
    let mut all = Vec::new();
    for listener in manifest.listeners() {
        all.extend(listener.token_file.iter().map(|file| ("`token_file`", file)));
        all.extend(listener.tls.iter().map(|files| ("`key` of `tls`", &files.key)));
    }
    for broker in manifest.brokers() {
        all.extend(broker.credentials_file.iter().map(|file| ("`credentials_file`", file)));
    }
    all
}
