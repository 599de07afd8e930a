//! By which names clients may call the host, and which pages may connect.

use std::fs;

use rustix::system::uname;

use crate::support::{Actor, Raw, Server, footlight, guest};

/// The status of a request to `path` with this `Host`.
fn ask(server: &Server, path: &str, host: &str, fields: &str) -> String {
    let mut client = Raw::connect(server.address("events"));
    client.send(
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Version: 13\r\n{fields}\r\n"
        )
        .as_bytes(),
    );
    String::from_utf8(client.read(12)).unwrap().split(' ').nth(1).unwrap().to_owned()
}

/// The status of a request for the socket by a page of `origin`. An empty one means none.
fn connect(server: &Server, host: &str, origin: &str) -> String {
    let mut fields = "Upgrade: websocket\r\nConnection: Upgrade\r\n".to_owned();
    if !origin.is_empty() {
        fields += &format!("Origin: {origin}\r\n");
    }
    ask(server, "/ws", host, &fields)
}

fn with(config: &str) -> Actor {
    guest("events").config(config)
}

/// The first part of this machine's host name.
fn label() -> String {
    let name = uname().nodename().to_string_lossy().to_lowercase();
    name.split('.').next().unwrap().to_owned()
}

#[test]
fn a_name_that_an_attacker_points_here_gets_421_for_the_socket_the_pages_and_the_metrics() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "a").unwrap();
    let server = Server::of(with(&format!("origins = [\"self\"]\nstatic = {:?}", folder.path())));
    let port = server.address("events").port();
    let evil = format!("evil.example:{port}");
    // For the browser, the page and the host have the same origin.
    assert_eq!(connect(&server, &evil, &format!("http://{evil}")), "421");
    assert_eq!(connect(&server, &evil, ""), "421");
    for path in ["/metrics", "/console", "/", "/a.txt", "/missing", "/ws"] {
        assert_eq!(ask(&server, path, &evil, ""), "421", "{path}");
        assert_ne!(ask(&server, path, &format!("127.0.0.1:{port}"), ""), "421", "{path}");
    }
    // What tells nothing is for health checks, which may use any name.
    assert_eq!(ask(&server, "/healthz", &evil, ""), "200");
    for head in ["OPTIONS / HTTP/1.0", "OPTIONS * HTTP/1.1\r\nHost: evil.example"] {
        let mut check = Raw::connect(server.address("events"));
        check.send(format!("{head}\r\n\r\n").as_bytes());
        let answer = String::from_utf8(check.read(12)).unwrap();
        assert!(answer.ends_with(" 204"), "{head}: {answer}");
    }
    // HTTP/1.0 may name no host. No browser sends that.
    let mut old = Raw::connect(server.address("events"));
    old.send(b"GET /metrics HTTP/1.0\r\n\r\n");
    assert_eq!(old.read(12), b"HTTP/1.1 200");
    server.wait_for(&["is refused: 421", "evil.example", "names = [\"evil.example\"]"]);
    let mut client = Raw::connect(server.address("events"));
    client.send(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut client.socket, &mut text).unwrap();
    assert!(text.contains("_requests_total{actor=\"events\",status=\"421\"} 8"), "{text}");
}

#[test]
fn the_answer_to_a_wrong_name_says_how_to_add_it() {
    let server = Server::of(with("origins = [\"self\"]"));
    let mut client = Raw::connect(server.address("events"));
    client.send(b"GET / HTTP/1.1\r\nHost: Device.example.org:80\r\nConnection: close\r\n\r\n");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut client.socket, &mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 421 Misdirected Request\r\n"), "{text}");
    assert!(text.contains("add names = [\"Device.example.org\"]"), "{text}");
}

#[test]
fn addresses_localhost_the_machines_names_and_listed_ones_are_known_at_any_port() {
    let server =
        Server::of(with("origins = [\"self\"]\nnames = [\"Device.example.org\", \"box\"]"));
    let label = label();
    for host in [
        "127.0.0.1",
        "192.0.2.7",
        "[::1]",
        "[::ffff:192.0.2.7]",
        "localhost",
        "LOCALHOST.",
        "app.localhost",
        "device.example.org",
        "DEVICE.example.org.",
        "box",
        &label,
        &label.to_uppercase(),
        &format!("{label}.local"),
        &format!("{label}.local."),
    ] {
        for (host, origin) in [
            (host.to_owned(), format!("http://{host}")),
            (host.to_owned(), format!("https://{host}")),
            (format!("{host}:8443"), format!("https://{host}:8443")),
        ] {
            assert_eq!(connect(&server, &host, &origin), "101", "{origin} at {host}");
        }
        assert_eq!(connect(&server, host, "http://evil.example"), "403", "{host}");
    }
    let longer = format!("{label}.evil.example");
    for host in ["example.org", "a.box", &longer, "localhost.evil.example", "127.1", "a,b"] {
        assert_eq!(connect(&server, host, &format!("http://{host}")), "421", "{host}");
    }
    assert_eq!(connect(&server, "u@localhost", ""), "400");
    assert_eq!(connect(&server, "", "http://"), "400");
}

#[test]
fn own_pages_have_the_name_and_the_port_of_the_request() {
    let server = Server::of(with("origins = [\"self\"]"));
    for (host, origin, expected) in [
        ("127.0.0.1:80", "http://127.0.0.1", "101"),
        ("127.0.0.1:443", "https://127.0.0.1", "101"),
        ("127.0.0.1", "http://127.0.0.1:80", "101"),
        ("localhost:8080", "http://LocalHost:8080", "101"),
        ("localhost", "https://localhost:8443", "403"),
        ("localhost:8080", "http://localhost:8081", "403"),
        ("localhost", "http://127.0.0.1", "403"),
        ("localhost", "app://localhost", "403"),
        ("localhost", "null", "403"),
        ("localhost", "file://", "403"),
        ("localhost", "http://localhost/", "403"),
        ("localhost", "http://localhost http://localhost", "403"),
        ("localhost", "http://localhost\r\nOrigin: http://localhost", "403"),
    ] {
        assert_eq!(connect(&server, host, origin), expected, "{origin} at {host}");
    }
    server.wait_for(&["is refused: 403", "\"https://localhost:8443\""]);
}

#[test]
fn only_listed_pages_may_connect_without_self_and_null_and_files_may_be_listed() {
    let server = Server::of(with(
        "origins = [\"null\", \"file://\", \"https://a.example\", \"tauri://localhost\"]",
    ));
    for (origin, expected) in [
        ("null", "101"),
        ("file://", "101"),
        ("https://a.example", "101"),
        ("https://a.example:443", "101"),
        ("HTTPS://A.example", "101"),
        ("tauri://localhost", "101"),
        ("", "101"),
        ("http://localhost", "403"),
        ("http://a.example", "403"),
        ("https://a.example:8443", "403"),
        ("file:///a", "403"),
        ("Null", "403"),
    ] {
        assert_eq!(connect(&server, "localhost", origin), expected, "{origin}");
    }
}

#[test]
fn without_origins_any_name_and_any_page_will_do() {
    let server = Server::of(guest("events"));
    assert_eq!(connect(&server, "evil.example", "http://evil.example"), "101");
    assert_eq!(connect(&server, "evil.example", "nonsense"), "101");
    assert_eq!(ask(&server, "/metrics", "evil.example", ""), "200");
}

#[test]
fn check_says_by_which_names_a_host_with_origins_is_known() {
    let note = |config: &str| {
        let folder = tempfile::tempdir().unwrap();
        let manifest = with(config).write(folder.path());
        let output = footlight(&["check", manifest.to_str().unwrap()]);
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        let is_on_names = |line: &&str| line.contains("note: ") && !line.contains("it exports");
        text.lines().find(is_on_names).map(str::to_owned)
    };
    let said = note("origins = [\"self\"]").unwrap();
    let label = label();
    for name in ["localhost, ", &label, &format!("{label}.local")] {
        assert!(said.contains(name), "{said}");
    }
    assert_eq!(note("origins = [\"self\"]\nnames = [\"a.example\"]"), None);
    assert_eq!(note(""), None);
}
