//! The names by which a request may call the host, where `origins` says which pages may connect.

use crate::{
    http::Connection,
    support::{Actor, Server, guest},
};

/// The status and the text for a request with this `Host`, without a field if it is empty.
fn ask(server: &Server, line: &str, host: &str, fields: &str) -> (u16, String) {
    let host = if host.is_empty() { String::new() } else { format!("Host: {host}\r\n") };
    let mut connection = Connection::open(server);
    connection.send(format!("{line}\r\n{host}{fields}\r\n"));
    let answer = connection.head();
    let len = answer.field("Content-Length").map_or(0, |len| len.parse().unwrap());
    let body = if answer.status == 101 { Vec::new() } else { connection.read(len) };
    (answer.status, String::from_utf8(body).unwrap())
}

/// The status of a handshake from a page.
fn handshake(server: &Server, host: &str, origin: &str) -> u16 {
    let fields = format!(
        "Origin: {origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    );
    ask(server, "GET /ws HTTP/1.1", host, &fields).0
}

/// A server that only its own pages may connect to.
fn strict(more: &str) -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), "a").unwrap();
    let config = format!("origins = [\"self\"]\nstatic = {:?}\n{more}", folder.path());
    (Server::of(guest("events").config(&config)), folder)
}

fn own_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    name.trim().split('.').next().unwrap().to_owned()
}

#[test]
fn a_page_of_another_name_that_leads_here_may_not_connect() {
    let (server, _page) = strict("names = [\"lamp.example\"]");
    let port = server.address("events").port();
    let own = own_name();
    for (host, scheme, expected) in [
        (format!("127.0.0.1:{port}"), "http", 101),
        (format!("localhost:{port}"), "http", 101),
        (format!("[::1]:{port}"), "http", 101),
        (format!("{own}:{port}"), "http", 101),
        (format!("{}.local:{port}", own.to_uppercase()), "http", 101),
        (format!("lamp.example:{port}"), "http", 101),
        ("lamp.example".into(), "https", 101),
        (format!("evil.example:{port}"), "http", 421),
        (format!("lamp.example.evil.example:{port}"), "http", 421),
        (format!("{own}.evil.example:{port}"), "http", 421),
    ] {
        assert_eq!(handshake(&server, &host, &format!("{scheme}://{host}")), expected, "{host}");
    }
    server.wait_for(&["is refused: 421 Misdirected Request", "names = [\"evil.example\"]"]);
}

#[test]
fn a_page_of_another_port_or_scheme_of_the_same_name_may_not_connect() {
    let (server, _page) = strict("");
    for (host, origin, expected) in [
        ("127.0.0.1:80", "http://127.0.0.1", 101),
        ("127.0.0.1:443", "https://127.0.0.1", 101),
        ("127.0.0.1", "http://127.0.0.1:80", 101),
        ("127.0.0.1", "https://127.0.0.1", 101),
        ("LOCALHOST:8080", "http://localhost:8080", 101),
        ("127.0.0.1:8080", "http://127.0.0.1:8081", 403),
        ("127.0.0.1:8080", "http://127.0.0.1", 403),
        ("127.0.0.1", "http://127.0.0.1:8080", 403),
        ("127.0.0.1:80", "https://127.0.0.1", 403),
        ("127.0.0.1:8080", "http://localhost:8080", 403),
        ("127.0.0.1", "ftp://127.0.0.1", 403),
        ("127.0.0.1", "http://127.0.0.1/", 403),
        ("127.0.0.1", "null", 403),
        ("127.0.0.1", "http://", 403),
    ] {
        assert_eq!(handshake(&server, host, origin), expected, "{host} {origin}");
    }
}

#[test]
fn under_another_name_neither_pages_nor_metrics_are_served_but_health_is() {
    let (server, _page) = strict("");
    for (line, host, expected) in [
        ("GET /a.txt HTTP/1.1", "127.0.0.1", 200),
        ("GET /a.txt HTTP/1.1", "evil.example", 421),
        ("GET / HTTP/1.1", "evil.example:8080", 421),
        ("GET /metrics HTTP/1.1", "evil.example", 421),
        ("OPTIONS /a.txt HTTP/1.1", "evil.example", 421),
        ("GET http://evil.example/a.txt HTTP/1.1", "127.0.0.1", 421),
        ("GET /healthz HTTP/1.1", "evil.example", 200),
        // What HAProxy asks by default.
        ("OPTIONS / HTTP/1.0", "", 200),
    ] {
        let (status, text) = ask(&server, line, host, "");
        let status = if status == 204 { 200 } else { status };
        assert_eq!(status, expected, "{line} {host}");
        if status == 421 {
            assert!(text.contains("add names = [\"evil.example\"] to the handler"), "{text}");
        }
    }
    let (_, metrics) = ask(&server, "GET /metrics HTTP/1.1", "localhost", "");
    assert!(metrics.contains("status=\"421\"} 5"), "{metrics}");
}

#[test]
fn without_origins_the_host_answers_to_any_name() {
    let server = Server::of(guest("events"));
    assert_eq!(handshake(&server, "evil.example", "http://evil.example"), 101);
    assert_eq!(ask(&server, "GET /metrics HTTP/1.1", "evil.example", "").0, 200);
}

#[test]
fn pages_without_an_origin_of_their_own_may_be_let_in() {
    let actor =
        |origin: &str| -> Actor { guest("events").config(&format!("origins = [{origin:?}]")) };
    for (allowed, origin, expected) in [
        ("null", "null", 101),
        ("null", "file://", 403),
        ("file://", "file://", 101),
        ("file://", "null", 403),
        ("file://", "http://127.0.0.1", 403),
        ("https://example.org", "https://example.org:443", 101),
        ("https://example.org", "HTTPS://EXAMPLE.ORG", 101),
        ("https://example.org", "http://example.org", 403),
    ] {
        let server = Server::of(actor(allowed));
        assert_eq!(handshake(&server, "127.0.0.1", origin), expected, "{allowed} {origin}");
    }
}

#[test]
fn check_tells_the_names_that_the_listener_is_known_by() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = |config: &str| {
        let actor = guest("events").config(config);
        let file = actor.write(folder.path());
        let output = crate::support::footlight(&["check", file.to_str().unwrap()]);
        String::from_utf8(output.stdout).unwrap()
    };
    let own = own_name();
    let names = format!("names   IP addresses, localhost, lamp.example, {own}, {own}.local");
    let report = manifest("origins = [\"self\"]\nnames = [\"lamp.example\"]");
    assert!(report.contains(&names) && report.contains("others get 421"), "{report}");
    assert!(!manifest("").contains("names   "));
}
