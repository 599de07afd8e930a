//! An actor that asks a server by TLS. The server is a listener of Footlight itself.

use super::certificates;
use crate::support::{
    Actor, Client, Server, actors_root, certificates::Certificates, guest, program,
};

/// A host with an actor that may ask the server at this port, and a client. `roots` is a file with
/// the roots that the host trusts.
fn asking(port: u16, roots: &std::path::Path) -> (Server, Client) {
    let mut command = program();
    command.env("SSL_CERT_FILE", roots).env_remove("SSL_CERT_DIR");
    let allow = format!("allow = [\"https://127.0.0.1:{port}\", \"https://localhost:{port}\"]");
    let file = actors_root().join("tests/guests/asker-typed.wasm");
    let server = Server::start_by(command, Actor::file("asker", file).servers(&allow));
    let mut client = server.client("asker");
    client.expect("ready");
    (server, client)
}

/// A server with TLS, and its port.
fn server(certificates: &Certificates) -> (Server, u16) {
    let server = Server::of(guest("events").config(&certificates.config()));
    let port = server.address("events").port();
    (server, port)
}

/// Asks, and expects a failure with this text.
fn fails(client: &mut Client, url: &str, expected: &str) {
    client.text(&format!("fetch GET {url}"));
    let said = client.next();
    let said = said.to_text().unwrap();
    assert!(said.starts_with("failed: ") && said.contains(expected), "{said}");
}

#[test]
fn an_actor_asks_a_server_whose_certificate_the_systems_roots_have_signed() {
    let Some(certificates) = certificates() else { return };
    let (_server, port) = server(&certificates);
    let (_asker, mut client) = asking(port, &certificates.file("ca.pem"));
    client.ask(&format!("fetch GET https://127.0.0.1:{port}/healthz"), "200 ok\n");
    client.ask(&format!("send GET https://127.0.0.1:{port}/healthz"), "200 ok\n");
    // The certificate is for the address and not for this name.
    let url = format!("https://localhost:{port}/healthz");
    fails(&mut client, &url, "TLS with localhost: ");
}

#[test]
fn a_certificate_that_no_root_has_signed_is_refused() {
    let (Some(one), Some(other)) = (certificates(), certificates()) else { return };
    let (_server, port) = server(&one);
    let (_asker, mut client) = asking(port, &other.file("ca.pem"));
    let url = format!("https://127.0.0.1:{port}/healthz");
    fails(&mut client, &url, "TLS with 127.0.0.1: ");
}

#[test]
fn without_any_root_the_advice_says_what_to_install() {
    let Some(certificates) = certificates() else { return };
    let (_server, port) = server(&certificates);
    let (_asker, mut client) = asking(port, "/dev/null".as_ref());
    let url = format!("https://127.0.0.1:{port}/healthz");
    fails(&mut client, &url, "the system has no root certificates; install `ca-certificates`");
}
