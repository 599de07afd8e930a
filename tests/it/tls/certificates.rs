//! The files of certificates and keys.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::Path,
};

use super::*;
use crate::support::{certificates::config, footlight, guest};

#[test]
fn a_renewed_certificate_is_shown_without_a_restart_and_a_broken_one_is_not() {
    let Some(certificates) = certificates() else { return };
    let server = serve(&certificates, guest("events"));
    let shown = || {
        let mut stream = certificates.connect(server.address("events"));
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
        stream.conn.peer_certificates().unwrap()[0].clone()
    };
    let mut stays = client(&certificates, &server);
    let first = certificates.current();
    assert_eq!(shown(), first);
    // Only one of the two files is new so far.
    let old_key = fs::read(certificates.file("cert.key")).unwrap();
    certificates.renew();
    let new_key = fs::read(certificates.file("cert.key")).unwrap();
    fs::write(certificates.file("cert.key"), old_key).unwrap();
    while server.count("the certificate from before is kept") == 0 {
        assert_eq!(shown(), first);
    }
    fs::write(certificates.file("cert.key"), new_key).unwrap();
    while shown() == first {}
    assert_eq!(shown(), certificates.current());
    stays.ask("hello", "hello");
}

/// What `run` and `check` say about a certificate and a key.
fn said(cert: &Path, key: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    let manifest = guest("events").config(&config(cert, key)).write(folder.path());
    let said = ["run", "check"].map(|command| {
        let output = footlight(&[command, manifest.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{command}");
        let said = [output.stdout, output.stderr].concat();
        String::from_utf8(said).unwrap()
    });
    let [run, check] = &said;
    let line = run.lines().next().unwrap().strip_prefix("footlight: ").unwrap();
    assert!(check.contains(line), "{check} has not {line}");
    line.into()
}

#[test]
fn what_is_wrong_with_the_files_is_told_with_the_file_and_what_to_do() {
    let Some(certificates) = certificates() else { return };
    let file = |name| certificates.file(name);
    let (cert, key) = (file("cert.pem"), file("cert.key"));
    certificates.openssl("pkey -in cert.key -aes128 -passout pass:x -out encrypted.key");
    certificates.openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out weak.key");
    fs::write(file("text"), "no PEM").unwrap();
    fs::write(file("broken.pem"), fs::read_to_string(&cert).unwrap().replace("MI", "M*")).unwrap();
    for (cert, key, at, words) in [
        (&file("missing"), &key, "missing", "cannot be read: No such file"),
        (&cert, &file("missing"), "missing", "relative to their manifest"),
        (&file("text"), &key, "text", "holds no certificate; `tls.cert` must name"),
        (&file("broken.pem"), &key, "broken.pem", "holds no certificate (base64 decode error"),
        (&key, &cert, "cert.key", "holds no certificate"),
        (&cert, &file("text"), "text", "holds no private key"),
        (&cert, &cert, "cert.pem", "holds no private key"),
        (&cert, &file("encrypted.key"), "encrypted.key", "that is not encrypted"),
        (&cert, &file("weak.key"), "weak.key", "RSA of 2048 to 8192 bits"),
        (&cert, &file("ca.key"), "ca.key", "the key is not the one of the certificate in"),
    ] {
        let said = said(cert, key);
        let (file, why) = said.split_once(": ").unwrap();
        assert!(file.ends_with(&format!("/{at}")) && why.contains(words), "{said}");
    }
}
