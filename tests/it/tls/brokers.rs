//! Brokers with TLS: a real mosquitto, with certificates of this test.

use std::path::Path;

use super::certificates;
use crate::{
    brokers::{ask, at_url, broker::Broker, guest, up},
    support::{Server, certificates::Certificates, program},
};

/// mosquitto with these certificates.
fn broker(certificates: &Certificates) -> Option<Broker> {
    let [cert, key] = ["cert.pem", "cert.key"].map(|name| certificates.file(name));
    Broker::mosquitto(&format!("certfile {}\nkeyfile {}", cert.display(), key.display()))
}

/// A host whose actor has the broker at this URL. It trusts the roots in this file.
fn host(url: &str, roots: &Path) -> Server {
    let mut command = program();
    command.env("SSL_CERT_FILE", roots).env_remove("SSL_CERT_DIR");
    Server::start_by(command, guest().extra(&at_url(url, "publish = [\"room/#\"]")))
}

#[test]
fn an_actor_publishes_at_a_broker_whose_certificate_its_authority_has_signed() {
    let Some(certificates) = certificates() else { return };
    let Some(broker) = broker(&certificates) else { return };
    let server = host(&format!("mqtts://{}", broker.address), &certificates.file("ca.pem"));
    let mut client = up(&server);
    assert_eq!(ask(&mut client, "kept mqtt room/a on"), "published");
    server.wait_for(&["connected with the broker mqtt at mqtts://127.0.0.1:"]);
    let (status, log) = server.stop();
    assert!(status.success() && !log.contains("are dropped"), "{log}");
}

#[test]
fn the_log_names_what_is_wrong_with_a_brokers_certificate() {
    let (Some(right), Some(other), Some(old)) = (certificates(), certificates(), certificates())
    else {
        return;
    };
    old.expire();
    let (Some(broker), Some(expired)) = (broker(&right), broker(&old)) else { return };
    let port = broker.address.port();
    let address = broker.address.to_string();
    for (to, roots, expected) in [
        // The certificate is for the address and not for this name.
        (format!("localhost:{port}"), &right, "not valid for name \"localhost\""),
        (address, &other, "UnknownIssuer"),
        (expired.address.to_string(), &old, "certificate expired"),
    ] {
        let server = host(&format!("mqtts://{to}"), &roots.file("ca.pem"));
        let line = server.wait_for(&["is not made", "TLS with ", "certificate", expected]);
        assert!(line.contains("SSL_CERT_FILE") == (expected == "UnknownIssuer"), "{line}");
    }
}

#[test]
fn a_broker_without_tls_is_no_broker_of_mqtts() {
    let Some(certificates) = certificates() else { return };
    let Some(plain) = Broker::mosquitto("") else { return };
    let server = host(&format!("mqtts://{}", plain.address), &certificates.file("ca.pem"));
    server.wait_for(&["is not made: TLS with 127.0.0.1: "]);
}
